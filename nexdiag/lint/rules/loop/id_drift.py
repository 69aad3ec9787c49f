r"""Another model or build answers in the middle of a chat.

## What it does

Finds an answer whose `model` or `system_fingerprint` is another one than that of the answer before it in the chat,
though the request asked for the same model.

## Why it is bad

It is seldom wrong, and often the reason for what else is odd: a gateway that falls back to another model, an alias that
moved, a fleet of servers of several versions. Prompt caches and recorded seeds do not hold across it.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"}]},
   "status": 200,
   "response": {"model": "m-2026-01", "choices": [
      {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"},
      {"role": "assistant", "content": "hello"},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m-mini", "choices": [
      {"message": {"role": "assistant", "content": "Well."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"}]},
   "status": 200,
   "response": {"model": "m-2026-01", "choices": [
      {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"},
      {"role": "assistant", "content": "hello"},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m-2026-01", "choices": [
      {"message": {"role": "assistant", "content": "Well."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

from collections.abc import Iterable, Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.resent import Resent, resent
from nexdiag.lint.seen.view import View


class _Following:
    """The chats of a recording."""

    def take(self, case: Case) -> Iterator[Fault]:
        """Look at the next exchange."""
        found = resent(case)
        if found is None or found.before.view.fields.get("model") != case.view.fields.get("model"):
            return
        for name, read in (("model", _model), ("system_fingerprint", _fingerprint)):
            before, now = read(found.before.view), read(case.view)
            if before and now and before != now:
                yield _fault(found, name, before, now)
                return

    def end(self) -> Iterable[tuple[View, Fault]]:
        """All is told by then."""
        return ()


def _model(view: View) -> str:
    return view.answer.model


def _fingerprint(view: View) -> str:
    """As the answer gives it; of a stream, its first chunk."""
    answer = view.answer
    if answer.plain:
        return answer.told.fingerprint
    value = answer.events[0].value if answer.events else answer.value
    found = value.get("system_fingerprint") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _fault(found: Resent, name: str, old: str, new: str) -> Fault:
    return Fault(
        summary=f"the answer's {name} is {shorten(new, 80)}; before, it was {shorten(old, 80)}",
        fix="name the very version of the model, and look whether a gateway falls back or spreads requests",
        evidence=(
            f"exchange {found.before.view.exchange}: {name} {shorten(old, 80)}",
            f"now: {name} {shorten(new, 80)}",
        ),
        facts={"name": name, "before": old, "after": new},
        about=(found.question, name.encode()),
    )


RULE = Rule(
    name="id-drift",
    code="NX976",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    unknown=Severity.INFO,
    elsewhere=Severity.INFO,  # no server refuses it
)
