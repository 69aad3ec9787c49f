"""A tool call comes back without its thought signature.

## What it does

Finds an assistant message whose first tool call lacks the signature that the model put on it: in the dialect of
OpenAI it stands in `extra_content.google.thought_signature` of the call. Where the recording holds the answer, that
shows whether there was one. Where it does not, it goes by the profile, and looks at the messages after the user's last
one: of earlier turns no signature is wanted. Of parallel calls only the first one is signed.

## Why it is bad

Gemini 3 refuses the request. Clients that rebuild a tool call from id, name and arguments lose every field that they
do not know, and a history from another model never had it.

## Example

```json
{"server": "Gemini", "status": 400, "request": {"model": "gemini-3-pro-preview", "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "a"}]},
 "response": [{"error": {"code": 400, "status": "INVALID_ARGUMENT",
   "message": "Function call is missing a thought_signature in functionCall parts."}}]}
```

## Instead

```json
{"server": "Gemini", "request": {"model": "gemini-3-pro-preview", "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"},
     "extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "a"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Origin
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import CALLS, MessageSeen

_DEPTH = 4
_TEXTS = frozenset({"arguments", "input", "content"})
"""What the model wrote itself may speak of signatures as well."""


def _arriving(case: Case) -> Iterator[Fault]:
    """What an answer of this recording carried, and its message does not."""
    history = case.history
    if history.now.role != "assistant" or _signed(history.now):
        return
    made = case.past.made(history.now)
    if made is not None and made.signed:
        yield _fault(history, history.at, made)


def _ending(case: Case) -> Iterator[Fault]:
    """What this server wants, or says that it misses, in the turn that is running."""
    view, messages = case.view, case.history.messages
    told = view.refused and RULE.explains(view.said.words, view.status)
    if not told and case.profile.refusal(RULE.name, case.model, view.wire) is None:
        return
    lacking = [at for at, message in enumerate(messages) if message.calls and not _signed(message)] if told else []
    begin = next((at for at in range(len(messages) - 1, -1, -1) if _asks(messages[at])), 0)
    running = [at for at in range(begin, len(messages)) if messages[at].calls and not _signed(messages[at])]
    for at in running or lacking:
        made = case.past.made(messages[at])
        if told or made is None or made.signed:
            yield _fault(case.history, at, made)


def _asks(message: MessageSeen) -> bool:
    return message.role == "user" and message.talks


def _signed(message: MessageSeen) -> bool:
    """Whether the first call, or the message itself, carries a signature; gateways put it in either."""
    calls = message.value.get("tool_calls")
    first = calls[0] if isinstance(calls, list) and calls else calls
    rest = {key: value for key, value in message.value.items() if key != "tool_calls"}
    return (
        _holds(first, _DEPTH) or _holds(rest, _DEPTH) or any("__thought__" in (call.id or "") for call in message.calls)
    )


def _holds(value: object, depth: int) -> bool:
    if isinstance(value, list):
        return depth > 0 and any(_holds(entry, depth - 1) for entry in value[:50])
    if not isinstance(value, dict):
        return False
    return any(
        ("signature" in key.lower() and bool(inner)) or (depth > 0 and _holds(inner, depth - 1))
        for key, inner in value.items()
        if key not in _TEXTS
    )


def _fault(history: History, at: int, made: Origin | None) -> Fault:
    message = history.messages[at]
    call = message.calls[0]
    carried = f", though {made} carried one" if made is not None and made.signed else ""
    return Fault(
        summary=f"the call of {quote(call.name)} in messages[{at}] comes back without a thought signature{carried}",
        fix="keep the fields of a tool call that you do not know, extra_content among them, and send them back",
        at=at,
        pointer=history.pointer(at, call.where),
        evidence=(message.shown(at),),
        facts={"index": str(at), "name": call.name, "position": str(at)},
        about=(message.raw,),
        ids=(f":{call.name}`", f"`{call.name}`") if call.name else (),
    )


RULE = Rule(
    name="thought-signature-missing",
    code="NX755",
    family="reasoning",
    page=__doc__ or "",
    arriving=_arriving,
    on=CALLS,
    listens=lambda case: case.past.signed,
    ending=_ending,
    wires=("chat",),
    telling=patterns(
        r"missing an? .?thought[_ ]?signature",
        r"thought[_ ]?signature.{0,40}(?:is|are|was) (?:missing|required|not (?:provided|set|present))",
    ),
)
