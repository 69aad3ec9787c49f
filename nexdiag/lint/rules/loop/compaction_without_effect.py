r"""A history was summed up, and is no shorter than before.

## What it does

Finds a request whose history was rewritten, with words that say so (a summary, results that were cleared), and which is
not at least a twentieth shorter than the one before it; what came since is not counted. In a daemon's log it finds
lines that tell of a compaction from n to n.

## Why it is bad

The context is as full as before, so that it is done again with the next request, and costs a call and the prompt cache
each time, until the window is full. Often all that is large is among what the compaction protects.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "ls?"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "a.txt b.txt c.txt d.txt e.txt f.txt g.txt h.txt, all"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Eight files."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "[Summary] The user asked for a list of the files; ls told of a.txt to h.txt."},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "a.txt b.txt c.txt d.txt e.txt f.txt g.txt h.txt, all"},
      {"role": "assistant", "content": "Eight files."},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "That is all."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "ls?"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "a.txt b.txt c.txt d.txt e.txt f.txt g.txt h.txt, all"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Eight files."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "messages": [
      {"role": "user", "content": "ls?"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "a.txt b.txt c.txt d.txt e.txt f.txt g.txt h.txt, all"},
      {"role": "assistant", "content": "Eight files."},
      {"role": "user", "content": "And?"}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "That is all."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

import re
from collections.abc import Iterable, Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.resent import resent
from nexdiag.lint.seen.state import RowSeen, StateSeen
from nexdiag.lint.seen.view import View

_SHORTER = 0.95
_LOGGED = re.compile(
    r"compacted (?:\([^)]*\): )?(\d+)(?: tokens before, | ?(?:->|→) ?)(\d+)|(?:Δ|delta)\s*-?0\b",
    re.IGNORECASE,
)


class _Following:
    """The chats of a recording."""

    def take(self, case: Case) -> Iterator[Fault]:
        """Look at the next exchange."""
        found = resent(case)
        if found is None or not found.compacted:
            return
        before = sum(len(link.raw) for link in found.before.last.chain())
        rewritten = found.rewritten()
        now = sum(len(link.raw) for link in [*found.now.last.chain()[: found.common], *rewritten])
        if now < before * _SHORTER:
            return
        at = found.common
        yield Fault(
            summary=f"the history was summed up from {before} to {now} bytes: nothing is gained",
            fix="sum up what is large (old tool results first), and do nothing where little would be freed",
            at=at if at < len(case.history.messages) else None,
            pointer=case.history.pointer(at),
            evidence=(
                f"exchange {found.before.view.exchange}: {found.before.last.depth} messages, {before} bytes",
                f"exchange {case.view.exchange}: {at + len(rewritten)} messages in their place, {now} bytes",
            ),
            facts={"before": str(before), "after": str(now)},
            about=(found.question,),
        )

    def end(self) -> Iterable[tuple[View, Fault]]:
        """All is told by then."""
        return ()


def _state(state: StateSeen) -> Iterator[Fault]:
    vain: list[RowSeen] = []
    for row in state.log:
        found = _LOGGED.search(row.text)
        if found and (found[1] is None or int(found[2]) >= int(found[1])):
            vain.append(row)
    if vain:
        more = (f"{len(vain) - 1} more, the last at {vain[-1].place}",) if len(vain) > 1 else ()
        yield Fault(
            summary=f"the log tells of {len(vain)} compactions that freed nothing",
            fix="sum up what is large (old tool results first), and do nothing where little would be freed",
            pointer=vain[0].place,
            evidence=(f"{vain[0].place}: {shorten(vain[0].text, 160)}", *more),
        )


RULE = Rule(
    name="compaction-without-effect",
    code="NX974",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    state=_state,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
