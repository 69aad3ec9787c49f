r"""The finish reason does not fit the answer.

## What it does

Finds an answer that calls tools and says `stop`; one that says `tool_calls` and calls none; one whose arguments
break off in the middle of their JSON and that does not say `length`; and one that used all the tokens it was
allowed and does not say so. Calls with `stop` are right where the request named the tool to call, and OpenAI's
models say so at times.

## Why it is bad

Clients decide by it what to do next. With `stop` some end the turn and never run the tools; with `tool_calls` and
no call some wait or raise; with arguments that were cut they run a torn call, or keep it in a history that is
refused.

## Example

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "stop"}]}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import cut_off, served, told
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.told import Told

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_OPENAI = ("openai", "azure")


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.finish or known.error or not served(case):
        return
    if known.finish in ("stop", "tool_calls"):
        yield from _torn(case, known) or _called(case, known) or _full(case, known)


def _torn(case: Case, known: Told) -> tuple[Fault, ...]:
    torn = next((call for call in known.calls if cut_off(call.arguments)), None)
    if torn is None:
        return ()
    return (
        Fault(
            summary=f"the arguments of a tool call break off, and the finish reason is {known.finish}, not length",
            fix="allow the model more tokens, and let the client check that arguments are whole before it runs a tool",
            evidence=(f"the arguments of {torn.name or 'a tool'} end in {torn.arguments[-40:]!r}", *_used(case, known)),
            weight=Severity.ERROR,
        ),
    )


def _called(case: Case, known: Told) -> tuple[Fault, ...]:
    if known.calls and known.finish == "stop" and not _forced(case):
        often = case.profile.name.startswith(_OPENAI)
        return (
            Fault(
                summary="the answer calls tools, and its finish reason is stop",
                fix="let the client go by the calls that came, and not by the finish reason",
                evidence=(f"calls {', '.join(call.name for call in known.calls[:5])}",),
                weight=Severity.INFO if often else Severity.WARNING,
            ),
        )
    if not known.calls and known.finish == "tool_calls":
        return (
            Fault(
                summary="the finish reason is tool_calls, and no tool is called",
                fix="let the client take it for a plain answer, or ask again; see how the server parses tool calls",
                weight=Severity.WARNING if known.text else Severity.ERROR,
            ),
        )
    return ()


def _full(case: Case, known: Told) -> tuple[Fault, ...]:
    used = _used(case, known)
    if not used or known.finish != "stop" or known.calls:
        return ()
    return (
        Fault(
            summary="the answer used all the tokens it was allowed, and its finish reason is stop, not length",
            fix="allow the model more tokens; take the answer for one that may be cut",
            evidence=used,
            about=(b"full",),
            weight=Severity.INFO,
        ),
    )


def _used(case: Case, known: Told) -> tuple[str, ...]:
    output = None if known.usage is None else known.usage.output
    fields = case.view.fields
    limit = next((one for name in _LIMITS if type(one := fields.get(name)) is int), None)
    if output is None or limit is None or not 1 < limit <= output:
        return ()
    return (f"{output} tokens were used, and {limit} allowed",)


def _forced(case: Case) -> bool:
    """Whether the request named the tool: then OpenAI itself says stop."""
    choice = case.view.fields.get("tool_choice")
    return isinstance(choice, dict) or choice == "required"


RULE = Rule(
    name="finish-reason-mismatch",
    code="NX931",
    family="answer",
    page=__doc__ or "",
    check=_check,
    suspects=patterns(r"finish_reason\W{0,4}\w{0,12}.{0,12} instead of", r"always (?:returns )?finish_reason"),
    consequence_of=("tool-call-leaked-as-text", "sse-tool-delta-no-index"),
)
