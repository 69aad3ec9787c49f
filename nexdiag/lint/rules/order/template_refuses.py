r"""The model's own chat template raises when it renders these messages.

## What it does

Renders the messages of each request with the chat template that was given (`--template`), as the server does, and
finds the message at which it raises. Without a template it only recognises a server's words about one, where no
other rule explains them.

## Why it is bad

A local server turns messages into a prompt with the template that comes with the model. What the template does not
foresee it refuses, and with it the whole request: 400 on some servers, 500 on others, though it would fail again.
What passes with one model fails with the next one, on the same server. How it is done, and where servers differ, is
told in docs/how-to/chat-templates.md.

## Example

```json
{"server": "llama.cpp", "status": 500,
 "response": {"error": {"code": 500, "message": "\n------------\nError: Jinja Exception: Unsupported content block"}}}
```

## Instead

```json
{"server": "llama.cpp", "status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.template.conversation import conversation_of
from nexdiag.lint.template.outcome import Refused, Untold

if TYPE_CHECKING:  # it brings jinja2, which nobody needs who gives no template
    from nexdiag.lint.template.chat_template import ChatTemplate

_EXPLAINED = "alternat|system|developer|user query|no user|tool|function|role|thinking|channel|argument|image"
"""What other rules explain."""

_OWN = (
    r"unsupported content\[\]\.type",
    r"\b(?:image|audio|video) input is not supported",
    r"cannot continue an assistant message that contains tool calls",
    r"cannot have 2 or more assistant messages at the end",
    r"must contain either 'content' or 'tool_calls'",
    r"expected 'content' to be a string or an array",
    r"non-assistant messages must contain 'content'",
    r"failed to parse (?:messages|tools)",
)
"""What llama.cpp itself says (server_checks.py)."""


def _check(case: Case) -> Iterator[Fault]:
    template = case.template
    if template is None or not case.history.messages:
        return
    fields = case.view.fields
    asked = conversation_of({name: fields.get(name) for name in fields}, case.view.wire)
    outcome = template.outcome(asked)
    if isinstance(outcome, Untold):
        yield Fault(
            summary=f"the template could not be rendered to its end: {outcome.why}",
            fix="nothing to change in the request: whether this template would refuse it is not known",
            evidence=(f"template {template.source.name}",),
            weight=Severity.INFO,
        )
    elif isinstance(outcome, Refused):
        yield _fault(case, template, outcome)


def _fault(case: Case, template: "ChatTemplate", outcome: Refused) -> Fault:
    messages, at = case.history.messages, outcome.at
    at = at if at is not None and at < len(messages) else None
    by = "llama.cpp itself" if outcome.by == "server" else "the chat template"
    if at is not None:
        what, pointer = f"messages[{at}]", case.history.pointer(at)
    elif outcome.tools:
        what, pointer = "the tools", "/tools"
    else:
        what, pointer = "the messages", f"/{case.history.list_name}"
    return Fault(
        summary=f"{by} refuses {what}: {both_ends(outcome.words, 200)}",
        fix=f"change {what} so that the template takes it; the same request fails again, however often it is sent",
        at=at,
        pointer=pointer,
        evidence=(
            *((messages[at].shown(at),) if at is not None else ()),
            f"rendered as {template.manner} does, with {template.source.name}",
        ),
        facts={"words": outcome.words} | ({"index": str(at)} if at is not None else {}),
        about=(messages[at].raw if at is not None else b"", outcome.words.encode("utf-8", "replace")),
    )


RULE = Rule(
    name="template-refuses",
    code="NX120",
    family="order",
    page=__doc__ or "",
    check=_check,
    concerns=lambda view: view.chats or not view.asked,
    words=patterns(
        r"jinja exception", r"jinja template", r"chat[ _]template", r"generate parser for this template", *_OWN
    ),
    telling=patterns(
        r"(?:jinja exception:|rendering prompt with jinja template|chat template error)"
        rf"(?!.*(?:{_EXPLAINED}))"
    ),
    last_resort=True,
    unknown=Severity.ERROR,  # whoever gives the template knows what the server has
    elsewhere=Severity.ERROR,
)
