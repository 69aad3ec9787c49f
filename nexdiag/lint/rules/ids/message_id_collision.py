"""Two messages have the same id.

## What it does

Finds a message, or an item of the Responses wire, with the `id` of an earlier one in the same request.

## Why it is bad

OpenAI's Responses service refuses a list that holds an item twice. Clients that group or compact messages by their id
take two messages for one, and lose the second. It happens when ids are counted from the place in a list, and that
list is then cut or joined to another.

## Example

```json
{"server": "OpenAI", "url": "https://h/v1/responses", "request": {"model": "m", "input": [
  {"type": "message", "id": "msg_4", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
  {"type": "message", "id": "msg_4", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
  {"role": "user", "content": "next"}]}}
```

## Instead

```json
{"server": "OpenAI", "url": "https://h/v1/responses", "request": {"model": "m", "input": [
  {"type": "message", "id": "msg_4", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
  {"role": "user", "content": "next"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import EXTRA
from nexdiag.lint.seen.view import REFUSED_HERE


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    earlier = history.namesake
    if earlier is None:
        return
    at, name = history.at, str(now.value.get("id"))
    same = "the same message twice" if history.messages[earlier].raw == now.raw else "two different messages"
    yield Fault(
        summary=f"messages[{at}] has the id {shorten(name)}, which messages[{earlier}] has too",
        fix=f"leave messages[{at}] out if it is the same message, else give it an id of its own, or none",
        at=at,
        pointer=history.pointer(at, "/id"),
        evidence=(history.messages[earlier].shown(earlier), now.shown(at), f"{same} under the id {quote(name)}"),
        facts={"index": str(at), "id": name, "earlier": str(earlier)},
        about=(now.raw, b"namesake"),
        ids=(name,),
    )


def _ending(case: Case) -> Iterator[Fault]:
    """An item that the server keeps from an earlier response, and that is sent again."""
    fields, history = case.view.fields, case.history
    if not case.view.refused or not (fields.get("previous_response_id") or fields.get("conversation")):
        return
    said = case.view.said.words
    for at, message in enumerate(history.messages):
        name = message.value.get("id")
        if isinstance(name, str) and name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said):
            yield Fault(
                summary=f"messages[{at}] is sent again under the id {shorten(name)}, though the server keeps it",
                fix=f"leave messages[{at}] out: previous_response_id, or conversation, stands for it",
                at=at,
                pointer=history.pointer(at, "/id"),
                evidence=(message.shown(at), "the request goes on from one that the server keeps"),
                facts={"index": str(at), "id": name},
                about=(message.raw, b"kept"),
                ids=(name,),
                needs_words=True,
            )
            return


RULE = Rule(
    name="message-id-collision",
    code="NX404",
    family="ids",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    arriving=_arriving,
    on=EXTRA,
    ending=_ending,
    telling=patterns(
        r"duplicate item found with id",
        r"duplicate (?:message|item).{0,20}\bids?\b",
        r"(?:share|same|colliding|identical) (?:the same )?(?:message|item)[_ ]?ids?\b",
    ),
    words=patterns(r"item .{0,120} already exists"),
)
