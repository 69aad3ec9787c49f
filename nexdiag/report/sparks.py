"""Numbers as a row of small bars, for a terminal: the tokens of each request, and how they grow."""

from collections.abc import Sequence

from nexdiag.report.wording import tokens

_BARS = "▁▂▃▄▅▆▇█"
_BETWEEN = "  "


def grown(numbers: Sequence[int], width: int) -> str:
    """`1.2k ▂  3.4k ▆  3.9k ▇`: those that fit, the first and the last among them; empty for fewer than two."""
    known = [number for number in numbers if number > 0]
    if len(known) < 2:  # noqa: PLR2004 - one alone does not grow
        return ""
    most = max(known)
    told = [f"{tokens(number)} {_BARS[min(len(_BARS) - 1, number * (len(_BARS) - 1) // most)]}" for number in known]
    room = max(2, width // (max(map(len, told)) + len(_BETWEEN)))
    if len(told) <= room:
        return _BETWEEN.join(told)
    head = max(1, (room - 1) // 2)
    tail = max(1, room - 1 - head)
    return _BETWEEN.join([*told[:head], "…", *told[-tail:]])
