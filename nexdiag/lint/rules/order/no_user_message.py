"""No message of the request is the user's.

## What it does

Finds a conversation without a user message. Where there is one and the server yet says that it found none, the server
cut the prompt: that is told too.

## Why it is bad

The templates of Qwen 3.5 and later look for the user's query and raise if there is none; hosted services that want
the user first refuse it as well. It happens when all text goes into the system prompt, and when a history is cut to
the window, by the client or by the server.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "system", "content": "Sort the list."}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Sort the list."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import USER


def _ending(case: Case) -> Iterator[Fault]:
    messages = case.history.messages
    at = next((at for at, message in enumerate(messages) if message.traits & USER and not message.answers), None)
    if at is None:
        yield Fault(
            summary="no message is the user's",
            fix="send what the model is asked as a user message",
            pointer="/messages",
            evidence=(f"messages[0] to messages[{len(messages) - 1}]: {_roles(case)}",),
            facts={"count": str(len(messages))},
            about=(messages[0].raw, b"no user"),
        )
    elif case.view.refused and any(pattern.search(case.view.said.words) for pattern in RULE.telling):
        yield Fault(
            summary=f"messages[{at}] is the user's, but the server did not see it: it cut the prompt to its window",
            fix="raise the server's context window (Ollama: num_ctx), or send a shorter history",
            pointer="/messages",
            evidence=(messages[at].shown(at),),
            facts={"count": str(len(messages))},
            about=(messages[at].raw, b"cut"),
            needs_words=True,
        )


def _roles(case: Case) -> str:
    return ", ".join(dict.fromkeys(message.role or "no role" for message in case.history.messages[:1000]))


RULE = Rule(
    name="no-user-message",
    code="NX112",
    family="order",
    page=__doc__ or "",
    ending=_ending,
    wires=("chat", "anthropic"),  # a request of the Responses wire may go on where another ended
    telling=patterns(
        r"no user (?:query|message|prompt|turn)s?\b.{0,20}\bfound",
        r"(?:must|should) (?:contain|have|include) at least one (?:message with role )?['\"`]?user",
        r"at least one user message",
    ),
    words=patterns(  # where all that was sent is the system prompt, which stands elsewhere in that dialect
        r"conversation must start with a user message",
        r"first message\b.{0,60}\bmust\b.{0,30}\buser",
        r"at least one message is required",
        r"\bmessages\b ?(?:parameter is illegal|参数非法)",  # GLM
        r"\bcontents (?:is not specified|are required|must not be empty)",
        r"expected last role user or tool\b.{0,80}\bgot ['\"`]?(?:RoleEnum\.)?system",
    ),
)
