"""A daemon's log holds lines that the daemon did not log.

## What it does

Finds lines that are not in the log's format: what the process wrote on its stderr, a traceback, a panic. Lines that
follow each other are one finding, and equal ones are counted. A traceback or a panic is a warning, all else a remark.
In a recording only tracebacks and panics are told: other programs' lines may stand there.

## Why it is bad

Programs that read the log pass over such lines, and so does who searches it by level: a crash that stands only there is
seen by nobody.

## Example

```json
{"daemon_log": [
  "2026-05-20T14:03:11.482Z [INFO] Daemon starting (PID 41207, socket daemon.sock)",
  "thread 'main' panicked at src/chat.rs:120:9:",
  "byte index 400 is not a char boundary"]}
```

## Instead

```json
{"daemon_log": [
  "2026-05-20T14:03:11.482Z [INFO] Daemon starting (PID 41207, socket daemon.sock)",
  "2026-05-20T14:03:12.482Z [FATAL] src/chat.rs:120: byte index 400 is not a char boundary"]}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.codec import logline
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import LOG, RowSeen, StateSeen

_CRASH = re.compile(
    r"^Traceback \(most recent call last\)|\bpanicked at\b|^panic: |^fatal error: |\bSegmentation fault\b"
    r"|^\s*at .+\(.+:\d+:\d+\)$|^Fatal Python error|^Uncaught \w*(?:Error|Exception)"
)
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")
_MOST = 20
"""Findings of one log."""


def _state(state: StateSeen) -> Iterator[Fault]:
    alike: dict[str, list[list[RowSeen]]] = {}
    for lines in _blocks(state.log):
        begins = next((place for place, row in enumerate(lines) if _CRASH.search(row.text)), 0)
        block = lines[begins:]
        alike.setdefault(_NUMBERS.sub("#", _last(block)[:200]), []).append(block)
    for blocks in list(alike.values())[:_MOST]:
        crash = next((row for row in blocks[0] if _CRASH.search(row.text)), None)
        if crash is not None or blocks[0][0].file.startswith(LOG):
            yield _fault(blocks, crash)


def _blocks(log: tuple[RowSeen, ...]) -> Iterator[list[RowSeen]]:
    """Lines that follow each other and are not in the format."""
    block: list[RowSeen] = []
    for row in log:
        good = logline.reference(row.text) is not None
        if block and (good or row.file != block[-1].file):
            yield block
            block = []
        if not good and row.text.strip():
            block.append(row)
    if block:
        yield block


def _last(block: list[RowSeen]) -> str:
    """The line that names the fault: of a traceback the first behind its frames, of a panic its first two."""
    if block[0].text.startswith("Traceback"):
        behind = (row.text for row in block[1:] if row.text[:1].strip())
        return next(behind, block[-1].text).strip()
    return " ".join(row.text.strip() for row in block[:2])


def _fault(blocks: list[list[RowSeen]], crash: RowSeen | None) -> Fault:
    block = blocks[0]
    more = (f"{len(blocks) - 1} more like it, the last at {blocks[-1][0].place}",) if len(blocks) > 1 else ()
    lines = f"{len(block)} lines that are" if len(block) > 1 else "a line that is"
    what = "a crash" if crash is not None else lines + " not in the log's format"
    shown = block[:2] if len(block) <= 3 else [*block[:2], block[-1]]  # noqa: PLR2004 - a traceback's reason is last
    return Fault(
        summary=f"{what}: {shorten(_last(block), 160)}",
        fix="mend what crashed there" if crash is not None else "log through the daemon's log, not on stderr",
        pointer=block[0].place,
        evidence=(*(f"{row.place}: {shorten(row.text, 160)}" for row in shown), *more),
        weight=None if crash is not None else Severity.INFO,
    )


RULE = Rule(
    name="log-line-unreadable",
    code="NX863",
    family="state",
    page=__doc__ or "",
    state=_state,
)
