r"""A request in the middle of a chat is sent again though it was answered.

## What it does

Finds a request that equals the one before it in its chat, byte for byte, where that was answered whole. The first
request of a chat is left out: asking anew is no retry.

## Why it is bad

The answer was there, was paid, and was thrown away. It happens when a loop forgets to take the answer into the history,
when a cancelled turn sends the old history again, and when two programs serve one chat.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"},
      {"role": "assistant", "content": "hello"},
      {"role": "user", "content": "go on"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "sure"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"},
      {"role": "assistant", "content": "hello"},
      {"role": "user", "content": "go on"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "sure"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"},
      {"role": "assistant", "content": "hello"},
      {"role": "user", "content": "go on"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "sure"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

from collections.abc import Iterable, Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.resent import calls_or_text, resent
from nexdiag.lint.seen.view import View


class _Following:
    """The chats of a recording."""

    def take(self, case: Case) -> Iterator[Fault]:
        """Look at the next exchange."""
        found = resent(case)
        if found is None or not found.same or not _same_rest(found.before.view, case.view):
            return
        answers = any(message.role == "assistant" for message in case.history.messages)
        if not answers or not calls_or_text(found.before.view):
            return
        before = found.before.view
        yield Fault(
            summary=f"the request of exchange {before.exchange} is sent again as it was, though it was answered",
            fix="take the answer into the history before the next request; send again only what failed",
            evidence=(
                f"exchange {before.exchange}: {before.status} {quote(_said(before))}",
                f"exchange {case.view.exchange}: the same body",
            ),
            facts={"first": str(before.exchange)},
            about=(found.question, found.now.last.digest),
        )

    def end(self) -> Iterable[tuple[View, Fault]]:
        """All is told by then."""
        return ()


def _same_rest(before: View, now: View) -> bool:
    """Whether all other fields are the same too."""
    if before.sent is None or now.sent is None or before.url != now.url:
        return False
    rest = [
        [(field.key, field.value if isinstance(field.value, bytes) else field.value.digest) for field in sent.fields]
        for sent in (before.sent, now.sent)
    ]
    return rest[0] == rest[1] and before.sent.raw == now.sent.raw


def _said(view: View) -> str:
    message = view.answer.reply.message
    return message.text or ", ".join(f"calls {call.name}" for call in message.tool_calls)


RULE = Rule(
    name="retried-without-reason",
    code="NX972",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
