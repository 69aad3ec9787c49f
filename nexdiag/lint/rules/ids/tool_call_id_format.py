"""A tool call's id does not have the form that the server wants.

## What it does

Finds a call, or an answer to none, whose id breaks the server's rule: nine letters and digits (Mistral), at most 40
characters (OpenAI; 64 for a `call_id` of the Responses wire), letters, digits, `_` and `-` (Anthropic). Where nobody
knows the server, only ids that are longer than 64 characters, or have other characters, are noted.

## Why it is bad

The server refuses the request, and every later one: the id stays in the history. It happens when a chat that was begun
with one provider goes on with another, or when a client makes up ids. Some servers even issue ids that they refuse.

## Example

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "call_1740241912345", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1740241912345", "content": "42"}]}}
```

## Instead

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "a1b2c3d4e", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "a1b2c3d4e", "content": "42"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History, answer_place
from nexdiag.lint.seen.message import ANSWERS, CALLS, MessageSeen
from nexdiag.lint.seen.view import REFUSED_HERE

_ANYWHERE = r"[a-zA-Z0-9_-]{1,64}"
"""What every server that is known to check takes, but Mistral's."""
_ITEM = r"[\s\S]{1,64}"
"""What the Responses wire takes for a `call_id`."""
_OF_ANY = r"[\s\S]"
_LENGTH = re.compile(r"\[\\s\\S\]\{[01],(\d+)\}")
"""The pattern of an id of which nothing but the length matters."""
_SAID_LENGTH = re.compile(r"maximum length (?:of )?(\d{1,4})\b", re.IGNORECASE)
_SAID_NINE = re.compile(r"(?:a-z, A-Z, 0-9|alphanumeric).{0,20} with (?:a )?length (?:of )?9\b", re.IGNORECASE)
_SAID_ANY = re.compile(r"non-empty string other than|tool call id .{0,60}has to be defined", re.IGNORECASE)
_SAID_START = re.compile(r"ID that (?:begins|starts) with ['\"](\w{1,20})['\"]", re.IGNORECASE)
_SPOKEN = patterns(
    r"tool.?call id was .{0,200}must be",
    r"tool.?call ids? (?:should|must) be alphanumeric",
    r"tool call id must be a non-empty string",
    r"tool call id .{0,60}has to be defined",
    r"tool call id has to be defined",
    r"tooluseid\b.{0,160}(?:constraint|pattern|length)",
    r"(?:tool_calls?\W{0,3}\d*\W{0,3}\.?id|call_id|tool_use_id|tool_use\.id|tool_call_id)\b.{0,80}"
    r"(?:string too long|does not match|should match|at most|invalid format|must match)",
)
_LACKED = patterns(
    r"\b(?:tool_use\.id|tool_calls?\W{0,3}\d{0,6}\W{0,3}id)\b\W{0,4}(?:field required|is required|missing)"
)
_START = patterns(r"expected an id that (?:begins|starts) with")


def _arriving(case: Case) -> Iterator[Fault]:
    wanted, weight = _wanted(case)
    if wanted is None:
        return
    history, now = case.history, case.history.now
    stated = case.profile.known and case.view.wire == "chat"
    for call_id, place in _ids(now, history, missing=stated):
        if re.fullmatch(wanted, call_id) is None:
            yield _fault(history, history.at, call_id, place, wanted, weight)


def _ending(case: Case) -> Iterator[Fault]:
    """A form that nothing but the server's words tells."""
    if not case.view.refused:
        return
    said = case.view.said.words
    start = _SAID_START.search(said)
    if start is not None:
        yield from _beginning(case, start[1])
    if not any(pattern.search(said) for pattern in _SPOKEN):
        return
    wanted, known = _by_words(said), _wanted(case)[0]
    odd = [
        (at, call_id, place)
        for at, message in enumerate(case.history.messages)
        if message.traits & (CALLS | ANSWERS)
        for call_id, place in _ids(message, case.history)
        if re.fullmatch(wanted, call_id) is None
    ]
    if known is not None and any(re.fullmatch(known, call_id) is None for _, call_id, _ in odd):
        return  # found as it arrived
    for at, call_id, place in sorted(odd, key=lambda one: not (one[1] and one[1] in said))[:1]:
        yield _fault(case.history, at, call_id, place, wanted, None)


def _beginning(case: Case, start: str) -> Iterator[Fault]:
    """The id of an item itself, which is not the call's."""
    for at, message in enumerate(case.history.messages):
        own = message.value.get("id")
        if isinstance(own, str) and own in case.view.said.words and not own.startswith(start):
            yield _fault(case.history, at, own, "/id", f"{re.escape(start)}.*", None)
            return


def _wanted(case: Case) -> tuple[str | None, Severity | None]:
    """The form that this server wants, and how much it matters where that does not depend on the server."""
    profile = case.profile
    if not profile.known:
        return _ITEM if case.view.wire == "responses" else _ANYWHERE, Severity.INFO
    if not profile.limits.tool_call_id:
        return None, None
    return _ITEM if case.view.wire == "responses" else profile.limits.tool_call_id, None


def _by_words(said: str) -> str:
    if _SAID_ANY.search(said):
        return r"(?!null$)[\s\S]+"
    if _SAID_NINE.search(said):
        return "[a-zA-Z0-9]{9}"
    length = _SAID_LENGTH.search(said)
    if length or "too long" in said:
        return rf"[\s\S]{{0,{int(length[1]) if length else 40}}}"
    return _ANYWHERE


def _ids(message: MessageSeen, history: History, *, missing: bool = False) -> Iterator[tuple[str, str]]:
    """Each id of a message with its place: those of its calls, and of answers to calls that nobody made.

    With `missing` also an empty text for each id that is not there.
    """
    for call in message.calls:
        if call.id is not None:
            yield call.id, f"{call.where}/id" if call.where else "/call_id"
        elif missing:
            yield "", call.where
    for call_id in message.answers:
        if call_id is None and missing:
            yield "", ""
        elif call_id is not None and call_id not in history.asked:
            yield call_id, answer_place(message, call_id)


def _in_words(wanted: str) -> str:
    """The form that is wanted, as a reader knows it: lengths in words, other patterns as they stand."""
    length = _LENGTH.fullmatch(wanted)
    return f"of at most {length[1]} characters" if length else f"of the form {wanted.replace(_OF_ANY, '.')}"


def _fault(history: History, at: int, call_id: str, place: str, wanted: str, weight: Severity | None) -> Fault:  # noqa: PLR0913, PLR0917 - what is said of one id
    form = _in_words(wanted)
    what = f"has the tool call id {quote(call_id, 60)} of {len(call_id)} characters" if call_id else "has no call id"
    odd = f"rewrite {shorten(call_id, 60)}" if call_id else "give the call an id"
    return Fault(
        summary=f"messages[{at}] {what}, not {form}",
        fix=f"{odd} wherever it stands (the call and its answer), to be {form}",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(history.messages[at].shown(at), f"id {quote(call_id)}, {len(call_id)} characters; wanted: {form}"),
        facts={"index": str(at), "id": call_id, "length": str(len(call_id))},
        about=(call_id.encode("utf-8", "replace"), b"form"),
        ids=(call_id,),
        weight=weight,
    )


RULE = Rule(
    name="tool-call-id-format",
    code="NX403",
    family="ids",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    arriving=_arriving,
    on=CALLS | ANSWERS,
    listens=lambda case: _wanted(case)[0] is not None,
    ending=_ending,
    telling=(*_SPOKEN, *_START, *_LACKED),
)
