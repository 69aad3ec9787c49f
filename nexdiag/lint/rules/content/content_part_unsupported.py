"""A part of a message's content is of a type that the server does not take there.

## What it does

Looks at the parts of a content that is a list, where it is known which types the server takes of which role: an image
in a tool's output, a thought in a message of the assistant, a type that the server does not know. An image in the
user's message is another fault.

## Why it is bad

The server refuses the request, and every later one. It happens when a client keeps the parts of one provider's answers
and sends them to another, and when a tool gives back a picture.

## Example

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": [
    {"type": "thinking", "thinking": "I must count."}, {"type": "text", "text": "42"}]},
  {"role": "user", "content": "Sure?"}]}}
```

## Instead

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": [{"type": "text", "text": "42"}]},
  {"role": "user", "content": "Sure?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import listed, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import PARTS


def _arriving(case: Case) -> Iterator[Fault]:
    history, now, taken = case.history, case.history.now, case.profile.limits.parts
    if not taken or now.role is None:
        return
    kinds = [part.get("type") if isinstance(part, dict) else None for part in now.content]
    odd = [place for place, kind in enumerate(kinds) if f"{now.role}:{kind}" not in taken]
    if not odd:
        return
    at, kind = history.at, str(kinds[odd[0]])
    known = [one.partition(":")[2] for one in taken if one.startswith(f"{now.role}:")]
    yield Fault(
        summary=f"messages[{at}], of role {now.role}, holds a part of type {shorten(kind, 40)}",
        fix=f"take that part out of messages[{at}], or write it as text",
        at=at,
        pointer=history.pointer(at, f"/content/{odd[0]}"),
        evidence=(now.shown(at), f"of role {now.role} are taken: {listed(known)}"),
        facts={"index": str(at), "role": now.role, "type": kind},
        about=(now.raw, b"part"),
    )


RULE = Rule(
    name="content-part-unsupported",
    code="NX311",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=PARTS,
    wires=("chat",),
    words=patterns(
        r"unexpected content chunk types? in",
        r"chunk cannot be used in \S+ message",
        r"\bcontent (?:part|block|chunk)\b.{0,60}\btypes?\b",
        r"unsupported content\b",
        r"\b(?:audio|video) input is not supported",
        r"invalid content type",
        r"both thinking chunks in `?content`? and a top-level",
    ),
    unknown=None,  # which types a server takes has to be known
)
