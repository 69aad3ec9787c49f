r"""The arguments of a tool call are no text.

## What it does

Finds a tool call of an answer, streamed or not, whose `arguments` are an object, an array, null or missing. On the
OpenAI wires they are a text that holds JSON; an empty text is right. Ollama's own /api/chat and the Messages wire,
where an object is right, are not meant.

## Why it is bad

Clients read them with `json.loads`, which raises for an object; strict ones refuse the whole answer. What is kept
goes back as an object in the next request, where other servers refuse it.

## Example

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {}}}]}, "finish_reason": "tool_calls"}]}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, told
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    found = None if known is None else known.odd.get("arguments")
    if found is None:
        return ()
    missing = found.shown == "null"
    return odd(
        case,
        "arguments",
        summary=f"the arguments of a tool call are {'null or missing' if missing else 'no text'}",
        fix="let the server write them as a JSON text; until then let the client encode what is no text",
        severity=Severity.WARNING if missing else Severity.ERROR,
    )


RULE = Rule(
    name="response-args-not-string",
    code="NX933",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    telling=patterns(r"the JSON object must be str, bytes or bytearray, not (?:dict|list)"),
)
