r"""The same request is sent again after an error that says it is wrong.

## What it does

Counts how often a body is sent again, byte for byte, after a refusal that speaks of the request itself: a 4xx that is
neither a limit, a timeout nor a lack of rights, or a 500 whose words blame template, arguments or fields. A body that
was let pass later is none: then the error was not about it.

## Why it is bad

The same request gets the same answer. The user waits for all attempts, often with growing pauses, and then hears of
"too many retries" instead of what is wrong.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "usr", "content": "hi"}]},
   "status": 400,
   "response": {"error": {"message": "role: Input should be 'user' or 'assistant'"}}},
  {"request": {"model": "m", "messages": [
      {"role": "usr", "content": "hi"}]},
   "status": 400,
   "response": {"error": {"message": "role: Input should be 'user' or 'assistant'"}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "hi"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

import re
from collections.abc import Iterable, Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_PASSING = frozenset({401, 403, 407, 408, 409, 423, 425, 429})
_FAILED = 500
_KEPT = 200
"""Refused bodies that are remembered."""
_WRONG = re.compile(
    r"template|jinja|alternate|\binvalid|\bmissing\b|must (?:be|have|not|contain|follow)|not supported|unsupported"
    r"|unexpected|unrecognized|unknown (?:field|param|arg|role)|failed to parse|cannot parse|parse error|validation"
    r"|required|expected|too (?:long|many|large)|exceed",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"overload|try again|rate.?limit|\bbusy\b|loading|unavailable|timed? ?out|temporar|capacity|quota", re.IGNORECASE
)


class _Refused:
    """A body that was refused, and what became of it."""

    def __init__(self, first: View) -> None:
        self.first = first
        self.again: View | None = None
        self.count = 0


class _Following:
    """The bodies that were refused for what is in them."""

    def __init__(self) -> None:
        self._refused: dict[object, _Refused] = {}
        self._over: list[_Refused] = []

    def take(self, case: Case) -> Iterable[Fault]:
        """Look at the next exchange."""
        view = case.view
        if view.exchange is None or view.sent is None or view.status is None:
            return ()
        wrong = _wrong(view)
        if not wrong and not self._refused:
            return ()
        key = _body(view)
        known = self._refused.get(key)
        if view.accepted:
            self._refused.pop(key, None)
        elif known is not None and wrong:
            known.again = known.again or view
            known.count += 1
        elif wrong:
            self._refused[key] = _Refused(view)
            if len(self._refused) > _KEPT:
                self._over += [one for one in (self._refused.pop(next(iter(self._refused))),) if one.count]
        return ()

    def end(self) -> Iterator[tuple[View, Fault]]:
        """The bodies that never passed."""
        for one in (*self._over, *self._refused.values()):
            if one.again is not None:
                yield one.again, _fault(one)


def _wrong(view: View) -> bool:
    """Whether the answer says that the request itself is wrong."""
    status = view.status or 0
    words = view.said.words if view.refused else ""
    if not view.refused or status in _PASSING or status > _FAILED or _LATER.search(words):
        return False
    return status < _FAILED or _WRONG.search(words) is not None


def _body(view: View) -> object:
    """What tells bodies apart: equal lists share their links."""
    if view.sent is None or view.sent.raw is not None:
        return view.url, view.sent and view.sent.raw
    values = (field.value for field in view.sent.fields)
    return view.url, tuple(value if isinstance(value, bytes) else value.digest for value in values)


def _fault(one: _Refused) -> Fault:
    times = "once more" if one.count == 1 else f"{one.count} more times"
    return Fault(
        summary=f"the request of exchange {one.first.exchange} was sent {times} as it was, after {one.first.status}",
        fix="do not retry what the server calls wrong: change the request, or tell the user what it said",
        evidence=(
            f"exchange {one.first.exchange}: {one.first.status} {both_ends(one.first.said.words, 200)}",
            f"again first in exchange {one.again.exchange if one.again else None}, with the same body",
        ),
        facts={"count": str(one.count), "status": str(one.first.status)},
        about=(f"{one.first.exchange}".encode(),),
    )


RULE = Rule(
    name="deterministic-error-retried",
    code="NX971",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
