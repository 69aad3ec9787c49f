r"""The arguments of a tool call have the type that another dialect wants.

## What it does

Finds arguments that are an object where the OpenAI dialects want its JSON text (`tool_calls`, `function_call`), and
arguments that are a text where an object is wanted: the `input` of a `tool_use` block, and Ollama's own `/api/chat`.
Where the address is not known, a text counts as wrong only if the server says so. Arguments that are missing count
only if the server asks for them.

## Why it is bad

The server cannot read the request at all, and refuses it. It happens when messages of one dialect are sent to the
address of another, and when a converter forgets the arguments.

## Example

```json
{"url": "http://h:11434/api/chat", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Add."},
  {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": "{\"n\": 1}"}}]},
  {"role": "tool", "content": "2"}]}}
```

## Instead

```json
{"url": "http://h:11434/api/chat", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Add."},
  {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {"n": 1}}}]},
  {"role": "tool", "content": "2"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.codec import jsontext
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import text_place
from nexdiag.lint.seen.message import CALLS, CallSeen, kind_of
from nexdiag.lint.seen.view import REFUSED_HERE

_OWN = "/api/chat"
"""Ollama's own path."""
_OURS = ("ollama", "unknown")
"""Profiles of servers that may have that path."""
_SAID_PATH = re.compile(r"(?:^|[\s(])(/\w[\w./-]*)")
"""In what people write of a server: `Ollama Cloud (/v1)`."""
_WANTS_OBJECT = patterns(
    r"^(?!.*error parsing tool call).*ToolCallFunctionArguments",
    r"unmarshal string into Go struct field .{0,80}\barguments",
    r"(?:tool_use|tooluse).{0,20}\binput\b.{0,60}(?:dictionary|object|dict|document)",
    r"value looks like object, but can't find closing",
)


def _arriving(case: Case) -> Iterator[Fault]:
    native = _native(case)
    for call in case.history.now.calls:
        if type(call.arguments) is str and not native and call.where.startswith("/tool_calls"):
            continue  # as nearly all are sent
        wanted = _wanted(case, call)
        kind = kind_of(call.arguments)
        if wanted is None or kind in wanted:
            continue
        if wanted == ("object",) and call.where.startswith("/content") and kind not in ("string", "null"):
            continue  # tool-args-not-object: no dialect wants that
        missing = call.arguments is None
        yield _fault(case, case.history.at, call, kind, wanted[0], missing=missing)


def _ending(case: Case) -> Iterator[Fault]:
    """A text where nothing but the server's words tells that an object was wanted; of Ollama, if it says nothing."""
    said = case.view.said
    if not case.view.refused or _native(case):
        return
    if not said.tells and _either(case):
        wanted, wrong = "string", "object"
    elif any(pattern.search(said.words) for pattern in _WANTS_OBJECT) and "/v1" not in (_path(case) or ""):
        wanted, wrong = "object", "string"
    else:
        return
    for at, message in enumerate(case.history.messages):
        for call in message.calls:
            if kind_of(call.arguments) == wrong and call.where and text_place(message, call) and _readable(call):
                yield _fault(case, at, call, wrong, wanted)
                return


def _readable(call: CallSeen) -> bool:
    """Whether the arguments are what they should be but for their type."""
    try:
        return not isinstance(call.arguments, str) or jsontext.read(call.arguments) is not None
    except ValueError:  # tool-args-not-json
        return False


def _wanted(case: Case, call: CallSeen) -> tuple[str, ...] | None:
    """The JSON types that are right at this place, the best first; None where anything is, or nobody knows."""
    if call.where.startswith("/content"):
        return ("object",)
    if text_place(case.history.now, call) is None:  # free text, or a call of no form at all
        return None
    if _native(case):
        return ("object",)
    return ("string", "object") if _either(case) else ("string",)


def _either(case: Case) -> bool:
    """Whether it is Ollama, and nobody knows which of its two addresses was asked."""
    return case.profile.name == "ollama" and _path(case) is None


def _native(case: Case) -> bool:
    """Whether Ollama's own address was asked."""
    memo = case.view.memo
    found = memo.get(_OWN)
    if found is None:
        found = memo[_OWN] = _by_path_or_field(case)
    return bool(found)


def _by_path_or_field(case: Case) -> bool:
    """By the path; else by a field that no other dialect has."""
    path = _path(case)
    if path is None:
        return case.profile.name in _OURS and "options" in case.view.fields and "messages" in case.view.fields
    return path.rstrip("/").endswith(_OWN)


def _path(case: Case) -> str | None:
    """The path of the request; else the one that is named beside the server."""
    if case.view.path is not None or not case.view.server:
        return case.view.path
    said = _SAID_PATH.search(case.view.server[:200])
    return said[1] if said else None


def _fault(case: Case, at: int, call: CallSeen, kind: str, wanted: str, *, missing: bool = False) -> Fault:  # noqa: PLR0913 - what is said of one call
    history = case.history
    block, name = call.where.startswith("/content"), shorten(call.name or "a tool", 60)
    field = "input" if block else "arguments"
    found = "without arguments" if missing else f"with arguments of type {kind}"
    place = call.where if block or not call.where else f"{call.where}/function"
    as_sent = "the object itself" if wanted == "object" else "the object as a JSON text"
    return Fault(
        summary=f"messages[{at}] calls {name} {found}, but {wanted} is wanted there",
        fix=f"send {as_sent} as the {field} of messages[{at}]{' ({} for none)' if missing else ''}",
        at=at,
        pointer=history.pointer(at, place if missing else f"{place}/{field}"),
        evidence=(history.messages[at].shown(at), f"{field}: {quote(str(call.arguments)[:400])} is of type {kind}"),
        facts={"index": str(at), "id": call.id or "", "name": call.name, "kind": kind},
        about=(history.messages[at].raw, call.where.encode()),
        ids=(call.id,) if call.id else (),
        needs_words=missing,
    )


RULE = Rule(
    name="tool-args-wrong-type",
    code="NX453",
    family="arguments",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    arriving=_arriving,
    on=CALLS,
    ending=_ending,
    telling=(
        *_WANTS_OBJECT,
        *patterns(
            r"\barguments\b.{0,40}expected a string",
            r"\barguments\b.{0,60}(?:should|must) be a (?:valid )?string",
            r"unmarshal \w+ into Go struct field .{0,80}\barguments of type string",
        ),
    ),
    words=patterns(
        r"(?:missing field|required).{0,20}\barguments",
        r"\barguments\b.{0,40}(?:field required|is required|missing)",
        r"\binput\b.{0,20}(?:field required|input should be (?:a valid dictionary|an object))",
        r"invalid type: (?:map|sequence), expected a string",
    ),
)
