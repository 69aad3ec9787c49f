r"""The arguments of a tool call are JSON, but no object.

## What it does

Finds a call whose `arguments` read as JSON of another type: a string, a list, a number, null. A string that holds an
object within was encoded twice. The `input` of a `tool_use` block that is a list, a number or a boolean counts as well.

## Why it is bad

A tool takes its arguments by name. Chat templates go through the names and fail (`'str object' has no attribute
'items'`), newer servers refuse the request outright, and the call stays in the history of every later one.

## Example

```json
{"server": "SGLang", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Weather?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "\"Beijing\""}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]}}
```

## Instead

```json
{"server": "SGLang", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Weather?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Beijing\"}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.codec import jsontext
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import text_place
from nexdiag.lint.seen.message import ODD_ARGUMENTS, CallSeen, kind_of

_TEMPLATES = {
    "string": "str object",
    "array": "list object",
    "boolean": "bool object",
    "null": "None",
}
"""What a template calls such a value."""


def _arriving(case: Case) -> Iterator[Fault]:
    now = case.history.now
    for call in now.calls:
        said = call.arguments
        if call.where.startswith("/content") and kind_of(said) in ("array", "number", "boolean"):
            yield _fault(case, call, f"{call.where}/input", said)
        if not isinstance(said, str) or said.lstrip()[:1] in ("{", "") or (place := text_place(now, call)) is None:
            continue
        try:
            value = jsontext.read(said)
        except ValueError:  # tool-args-not-json
            continue
        yield _fault(case, call, place, value)


def _fault(case: Case, call: CallSeen, place: str, value: object) -> Fault:
    history, at = case.history, case.history.at
    kind, twice = kind_of(value), _holds_object(value)
    named = _TEMPLATES.get(kind, f"{type(value).__name__} object")
    wrong = "an object encoded twice" if twice else f"JSON of type {kind}"
    return Fault(
        summary=f"messages[{at}] calls {shorten(call.name or 'a tool', 60)} with arguments that are {wrong}",
        fix=(
            f"encode the arguments of messages[{at}] once"
            if twice
            else f'send an object with a name for each argument in messages[{at}], or "{{}}" for none'
        ),
        at=at,
        pointer=history.pointer(at, place),
        evidence=(history.now.shown(at), f"arguments {quote(str(call.arguments)[:400])} read as {kind}"),
        facts={"index": str(at), "id": call.id or "", "name": call.name, "kind": named},
        about=(history.now.raw, call.where.encode()),
        ids=(call.id,) if call.id else (),
    )


def _holds_object(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return isinstance(jsontext.read(value), dict)
    except ValueError:
        return False


RULE = Rule(
    name="tool-args-not-object",
    code="NX452",
    family="arguments",
    page=__doc__ or "",
    arriving=_arriving,
    on=ODD_ARGUMENTS,
    # on each wire: blocks are sent on two
    telling=patterns(r"arguments\W{0,3} must be (?:a |an )?(?:valid )?(?:json )?(?:object|dict)"),
    suspects=patterns(  # said of a server that hands its template the text, as well
        r"has no attribute ['\"`]?items\b",
        r"can only get item pairs from a mapping",
        r"(?:filter|method):? ['\"`]?items\b",
    ),
    words=patterns(
        r"arguments\b.{0,80}(?:not|expected|should be|must be) .{0,30}\b(?:object|dict|dictionary|mapping)\b",
        r"invalid (?:tool|function)(?:.?call)?(?:'s)? arguments",
        r"tool_?use.{0,20}\binput\b.{0,60}(?:dictionary|object|dict)",
        r"function_?call\.args\b",
    ),
)
