r"""An answer has another shape than its wire gives it.

## What it does

Finds `tool_calls` that are an object instead of an array, a call without a name or an id, a body without a choice,
a choice without a message, content that is neither text nor parts, the input of a `tool_use` block that is no
object, and a body that belongs to another wire than the path that was asked.

## Why it is bad

Typed clients refuse the whole answer; others lose the call, or raise where they least expect it.

## Example

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}}, "finish_reason": "tool_calls"}]}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.codec.wire import wire_of
from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, served, told, weight
from nexdiag.lint.quoting import listed, quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.told import Told
from nexdiag.lint.seen.tools import tools_of
from nexdiag.lint.seen.view import is_rpc

_ENVELOPES = ("data", "result", "response", "payload", "body")
"""Names under which gateways put what they got; DashScope's own API says `output`, and is another wire."""
_KINDS = (
    ("calls", "tool_calls are no array of calls", "let the server send an array; an object is a list of one"),
    ("choices", "the answer has no choice", "ask again, and look for an error in the server's log"),
    ("message", "a choice has no message", "let the server send the message of each choice"),
    ("content", "the content is neither text nor parts", "let the server send a text, null, or a list of parts"),
    ("name", "a tool call has no name", "let the server name the tool that is called"),
    ("input", "the input of a tool call is no object", "let the server send an object, {} for none"),
)


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or known.error:
        return
    if known.odd:
        for kind, summary, fix in _KINDS:
            if kind == "choices" and case.view.status is None:
                continue  # nobody knows how this ended
            yield from odd(case, kind, summary=summary, fix=fix)
        if "id" in known.odd and "name" not in known.odd:
            fix = "let the server give each call an id of its own: its result is matched by it"
            yield from odd(case, "id", summary="a tool call has no id", fix=fix, severity=Severity.WARNING)
    yield from _unfilled(case, known)
    foreign = tuple(_foreign(case, known))
    yield from foreign or _wrapped(case, known)


def _unfilled(case: Case, known: Told) -> Iterator[Fault]:
    """A call of Messages of whose input no piece came, though its tool wants some: the stream lost it."""
    if known.shape != "anthropic" or not known.streamed or not any(one.arguments in ("", "{}") for one in known.calls):
        return
    needing = {tool.name for tool in tools_of(case.view).tools if _wants(tool.schema)}
    started: dict[str, object] = {}
    filled: set[str] = set()
    for event in case.view.answer.events:
        value = event.value if isinstance(event.value, dict) else {}
        block, delta, place = value.get("content_block"), value.get("delta"), str(value.get("index"))
        if isinstance(block, dict) and block.get("type") == "tool_use" and not block.get("input"):
            started[place] = block.get("name")
        if isinstance(delta, dict) and delta.get("type") == "input_json_delta":
            filled.add(place)
    for index, name in started.items():
        if index not in filled and isinstance(name, str) and name in needing:
            yield Fault(
                summary=f"the stream calls {quote(name)} and never tells its input, which the tool requires",
                fix="let the server send the input in input_json_delta events, between start and stop of the block",
                evidence=(f"content block {index} has no input_json_delta",),
                facts={"tool": name},
                weight=weight(case, Severity.ERROR),
            )


def _wants(schema: object) -> bool:
    return isinstance(schema, dict) and isinstance(wanted := schema.get("required"), list) and bool(wanted)


def _wrapped(case: Case, known: Told) -> tuple[Fault, ...]:
    """A right answer in an envelope of the gateway's own."""
    if known.shape or known.streamed or not served(case):
        return ()
    value = case.view.answer.value
    if not isinstance(value, dict) or "choices" in value:
        return ()
    name = next((name for name in _ENVELOPES if _holds_choices(value.get(name))), None)
    if name is None or is_rpc(case.view):
        return ()
    return (
        Fault(
            summary=f"the answer stands in {quote(name)}, inside an envelope of the server's own",
            fix=f"let the gateway send what is in {name} as the body; until then the client has to unwrap it",
            evidence=(f"the body has {listed(sorted(map(str, value)))}",),
            weight=Severity.ERROR,
        ),
    )


def _holds_choices(value: object) -> bool:
    entries = value.get("choices") if isinstance(value, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    return isinstance(first, dict) and ("message" in first or "delta" in first)


def _foreign(case: Case, known: Told) -> Iterator[Fault]:
    """A body of another wire, or of none, where the path says which was asked."""
    view = case.view
    wire = wire_of(view.url) if view.url else None
    if wire is None or known.shape == wire or known.odd or view.failure is not None or not served(case):
        return
    if not view.asks_chat or view.status is None or not view.answer.text.strip():
        return
    if known.streamed and not known.shape:
        return
    yield Fault(
        summary=f"the answer is {f'of the {known.shape} wire' if known.shape else 'none of any wire'}, not of {wire}",
        fix="see that the base URL leads to the server's API, in the dialect that the client speaks",
        evidence=(f"{view.url}",),
        weight=weight(case, Severity.ERROR),
    )


RULE = Rule(
    name="response-shape-mismatch",
    code="NX934",
    family="answer",
    page=__doc__ or "",
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
)
