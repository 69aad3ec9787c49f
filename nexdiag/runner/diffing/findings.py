"""What lint finds on two sides: what is new, what is gone, what is still there. By rule and place, never by words."""

import re
from collections import deque
from collections.abc import Callable, Hashable, Sequence

from nexdiag.core.cassette import Cassette
from nexdiag.core.comparison import Findings, Row
from nexdiag.core.finding import Finding
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.judge import judge_subject
from nexdiag.runner.linting.subjects import Recording

_PLACE = re.compile(r"/\d+(?=/|$)")


def judged(cassette: Cassette, choice: Choice) -> tuple[str, tuple[Finding, ...]]:
    """The profile by which a side is judged, and what is found, the cause first."""
    found = next(iter(judge_subject(Recording(name=cassette.name, cassette=cassette), choice)))
    return found.profile, found.findings


def beside(left: Sequence[Finding], right: Sequence[Finding], rows: Sequence[Row]) -> Findings:
    """Which is which: the same place of the same row, then the same row, then the same place of any."""
    sides = [row.left for row in rows], [row.right for row in rows]
    places = [{one.exchange: at for at, one in enumerate(side) if one is not None} for side in sides]
    gone, new, still = list(left), list(right), list[Finding]()
    for key in (_exact, _of_row, _anywhere):
        waiting: dict[Hashable, deque[int]] = {}
        for at, finding in enumerate(gone):
            waiting.setdefault(key(finding, places[0]), deque()).append(at)
        rest, met = [], set[int]()
        for finding in new:
            same = waiting.get(key(finding, places[1]))
            if same:
                met.add(same.popleft())
                still.append(finding)
            else:
                rest.append(finding)
        new, gone = rest, [one for at, one in enumerate(gone) if at not in met]
    return Findings(new=tuple(new), gone=tuple(gone), still=tuple(still))


_Key = Callable[[Finding, dict[int | None, int]], Hashable]


def _exact(finding: Finding, rows: dict[int | None, int]) -> Hashable:
    return finding.rule, rows.get(finding.location.exchange), finding.location.pointer


def _of_row(finding: Finding, rows: dict[int | None, int]) -> Hashable:
    return finding.rule, rows.get(finding.location.exchange), _PLACE.sub("/*", finding.location.pointer or "")


def _anywhere(finding: Finding, rows: dict[int | None, int]) -> Hashable:
    del rows
    return finding.rule, _PLACE.sub("/*", finding.location.pointer or "")
