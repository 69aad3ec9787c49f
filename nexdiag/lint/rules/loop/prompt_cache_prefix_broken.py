r"""A chat changes what it sent before, and the prompt cache is lost from there on.

## What it does

Compares each request of a chat with the one before it. It names the first message that is another one now, or the field
before the messages (tools, system prompt), and the tokens that the server has to read again: as its usage tells, or
estimated (~). A history that says of itself that it was summed up is a remark; so is a loss of less than 1024 tokens,
and one of less than 64 is nothing.

## Why it is bad

Servers keep what they have read of a prompt, and bill or compute it only from the first change on. A clock in the
system prompt, tools in another order, or a note that is added to an old message and taken away again makes every
request as slow and as dear as the first.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "system", "content": "Now: 14:03."},
      {"role": "user", "content": "line of the file; line of the file; line of the file; line o"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Read."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 2100, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "system", "content": "Now: 14:04."},
      {"role": "user", "content": "line of the file; line of the file; line of the file; line o"},
      {"role": "assistant", "content": "Read."},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Good."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "line of the file; line of the file; line of the file; line o"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Read."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 2100, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "line of the file; line of the file; line of the file; line o"},
      {"role": "assistant", "content": "Read."},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Good."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

from collections.abc import Iterable, Iterator

from nexdiag.core.body import Link
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import read_message
from nexdiag.lint.seen.resent import Resent, resent
from nexdiag.lint.seen.view import View

_LEAST, _DEAR = 64, 1024
"""Tokens."""
_BYTES = 4
"""Of a token, about."""


class _Following:
    """The chats of a recording."""

    def take(self, case: Case) -> Iterator[Fault]:
        """Look at the next exchange."""
        found = resent(case)
        if found is None or found.back:
            return
        head = found.changed_head
        if found.kept and not head:
            return
        lost, about = _lost(found, whole=bool(head))
        if lost >= _LEAST:
            yield _fault(case, found, (lost, about), head)

    def end(self) -> Iterable[tuple[View, Fault]]:
        """All is told by then."""
        return ()


def _lost(found: Resent, *, whole: bool) -> tuple[int, str]:
    """Tokens that were sent before and have to be read again; `~` for an estimate."""
    sent, cached = found.before.view.answer.counted[0], found.now.view.answer.counted[1]
    if cached and sent:
        return max(0, sent - cached), ""
    if (whole or not found.common) and sent:
        return sent, "~"
    links: list[Link] = found.before.last.chain()[0 if whole else found.common :]
    return sum(len(link.raw) for link in links) // _BYTES, "~"


def _fault(case: Case, found: Resent, price: tuple[int, str], head: tuple[str, ...]) -> Fault:
    history, at, before = case.history, found.common, found.before.view.exchange
    lost, about = price
    old = found.before.last.at(at + 1)
    inside = not head and at < len(history.messages)
    what = listed(list(head)) if head else f"messages[{at}]"
    changed = "is another one than" if inside or head else "is gone, which was there"
    shown = () if head or old is None else (f"before: {read_message(old.raw).shown(at)}",)
    now = (f"now: {history.messages[at].shown(at)}",) if inside else ()
    weight = Severity.INFO if found.compacted or lost < _DEAR else Severity.WARNING
    old_role = None if old is None else read_message(old.raw).role
    note = ("the history was summed up: that is the price of it",) if found.compacted else ()
    return Fault(
        summary=f"{what} {changed} in exchange {before}: {about}{lost} tokens have to be read again",
        fix="only ever add to the end; put what changes (time, state, warnings) into the newest message",
        at=at if inside else None,
        pointer=f"/{head[0]}" if head else history.pointer(at),
        evidence=(*shown, *now, *note, f"exchange {before} sent {found.before.last.depth} messages"),
        facts={"tokens": f"{about}{lost}", "before": str(before)},
        about=(found.question, what.encode() if head else str(old_role).encode(), weight.encode()),
        weight=weight,
    )


RULE = Rule(
    name="prompt-cache-prefix-broken",
    code="NX973",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
