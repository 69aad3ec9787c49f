"""The list of messages is empty.

## What it does

Finds a request to a chat-completions route whose list of messages has no entry.

## Why it is bad

Hosted services refuse it. llama.cpp lets it pass, and the model makes something up: nobody asked it anything. It
happens when a client cuts its history to the window and keeps nothing, or sends before the user has spoken.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": []}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case


def _check(case: Case) -> Iterator[Fault]:
    if not case.history.messages and case.view.fields.holds_list("messages"):
        yield Fault(
            summary="messages is an empty list",
            fix="send at least one user message",
            pointer="/messages",
            evidence=("messages []",),
        )


RULE = Rule(
    name="empty-messages",
    code="NX102",
    family="order",
    page=__doc__ or "",
    check=_check,
    wires=("chat", "anthropic"),
    concerns=lambda view: view.asks_chat,
    telling=patterns(
        r"invalid 'messages': empty array",
        r"\bmessages cannot be empty",
        r"conversation must have at least one message",
        r"\bcontents is not specified",
        r"\bcontents (?:is|are) required",
    ),
    words=patterns(
        r"\bmessages\b ?(?:parameter is illegal|参数非法)",  # GLM
        r"no user (?:query|message)s?\b.{0,20}\bfound",  # a template that looks for one
        r"\bmessages\b.{0,100}\b(?:empty|at least (?:one|1)|too short|minimum length)\b",
    ),
    elsewhere=Severity.WARNING,  # a model that was asked nothing answers something
    silent_if_accepted=True,
)
