"""A daemon or its worker was restarted more than three times in ten minutes.

## What it does

Counts, in a daemon's log, the starts of the daemon that no orderly stop comes before, and the workers of a chat that
ended and were started again. More than three within 600 seconds are a storm, and so is a pause that the log tells of.

## Why it is bad

Whatever kills the process kills it again: the cause stands in the lines before each restart. Meanwhile the daemon
pauses the chat, and questions wait.

## Example

```json
{"daemon_log": [
  "2026-05-20T14:03:31.040Z [ERROR] Coordinator-0: nex subprocess exited exit status: 1 — will restart",
  "2026-05-20T14:03:34.040Z [ERROR] Coordinator-0: nex subprocess exited exit status: 1 — will restart",
  "2026-05-20T14:03:37.040Z [ERROR] Coordinator-0: nex subprocess exited exit status: 1 — will restart",
  "2026-05-20T14:03:40.040Z [ERROR] Coordinator-0: nex subprocess exited exit status: 1 — will restart"]}
```

## Instead

```json
{"daemon_log": [
  "2026-05-20T14:03:12.131Z [INFO] Coordinator-0: nex subprocess running (pid 41240)",
  "2026-05-20T14:03:31.040Z [ERROR] Coordinator-0: nex subprocess exited exit status: 1 — will restart",
  "2026-05-20T14:03:33.040Z [INFO] Coordinator-0: nex subprocess running (pid 41266)"]}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.codec import logline
from nexdiag.core.turn import LogLine
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen

_MOST = 3
_WITHIN = 600.0
"""Seconds."""
_START = re.compile(r"Daemon starting\b")
_STOP = re.compile(r"\b(?:daemon (?:stopped|exiting)|shutting down|shutdown)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"((?:coordinator|chat|agent)[- ]\d+): .*(?:will restart|restarting|its worker died)", re.IGNORECASE
)
_PAUSE = re.compile(
    r"((?:coordinator|chat|agent)[- ]\d+): .*(?:\d+ crashes in last|pauses after \w+ internal errors)", re.IGNORECASE
)
_HANDED = re.compile(r"cooperative-handoff|no respawn", re.IGNORECASE)

Restart = tuple[float, RowSeen]


def _state(state: StateSeen) -> Iterator[Fault]:
    restarts: dict[str, list[Restart]] = {}
    paused: dict[str, RowSeen] = {}
    running = False
    for row in state.log:
        line = logline.reference(row.text)
        if line is None:
            continue
        who, running = _restarted(line, running=running)
        if who:
            restarts.setdefault(who, []).append((line.at, row))
        if (pause := _PAUSE.search(line.text)) and not _HANDED.search(line.text):
            paused.setdefault(pause[1].lower(), row)
    for who in dict.fromkeys((*restarts, *paused)):
        storm = _densest(restarts.get(who, []))
        if len(storm) > _MOST or who in paused:
            yield _fault(who, storm, paused.get(who))


def _restarted(line: LogLine, *, running: bool) -> tuple[str, bool]:
    """Who was restarted, if anybody; and whether the daemon runs."""
    if _START.search(line.text):
        return ("the daemon" if running else ""), True
    if _STOP.search(line.text):
        return "", False
    found = None if _HANDED.search(line.text) else _AGAIN.search(line.text)
    return (found[1].lower() if found else ""), running


def _densest(restarts: list[Restart]) -> list[Restart]:
    """The most restarts that lie within ten minutes."""
    best: list[Restart] = []
    start = 0
    for end, (at, _) in enumerate(restarts):
        while at - restarts[start][0] > _WITHIN:
            start += 1
        if end + 1 - start > len(best):
            best = restarts[start : end + 1]
    return best


def _fault(who: str, storm: list[Restart], pause: RowSeen | None) -> Fault:
    rows = [row for _, row in storm] or ([pause] if pause is not None else [])
    span = round(storm[-1][0] - storm[0][0]) if storm else 0
    told = f"was restarted {len(storm)} times within {span} s" if len(storm) > _MOST else "paused after crashes"
    last = pause if pause is not None else rows[-1]
    shown = [rows[0]] if last is rows[0] else [rows[0], last]
    return Fault(
        summary=f"{who} {told}",
        fix="read what stands before each restart, and mend that; then restart the service",
        pointer=rows[0].place,
        evidence=tuple(f"{row.place}: {shorten(row.text, 160)}" for row in shown),
    )


RULE = Rule(
    name="restart-storm",
    code="NX857",
    family="state",
    page=__doc__ or "",
    state=_state,
)
