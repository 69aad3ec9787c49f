"""Two logs, line by line: what was said anew, what is missing, what came with another level. Pure."""

import re
from collections.abc import Iterator, Sequence

from nexdiag.core.difference import Difference
from nexdiag.core.turn import LogLine
from nexdiag.diff.align import aligned
from nexdiag.diff.reading import Reading, fact

_VOLATILE = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"  # a uuid
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"  # a date, a time
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"
    r"|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"  # a hash
    r"|(?<=:)\d{4,5}\b"  # a port
    r"|(?i:\b(?:pid|port|process|thread|tid|turn)\b[ =:#]*)\d+"
    r"|\b\d+(?:\.\d+)?\s?(?:ms|µs|us|ns|s|sec|seconds|min)\b"  # how long it took
    r"|(?i:\brequest[_ -]?id[=: ]+)[^\s,;]+"
    r"|\[redacted(?: [0-9a-f]{8})?\]"
    r"|(?:/tmp|/var/folders)/[^\s:,;'\")]+"
)
_NUMBER = re.compile(
    r"(?P<kept>(?i:\b(?:status|code|exit|exited|answered|http|signal|error)\b)"
    r"(?:[ =:#]+(?:with|code|status|by))*[ =:#]*\d+)"
    r"|\d+"
)
"""Any number but one that tells how something came out."""


def compare_logs(left: Sequence[LogLine], right: Sequence[LogLine], reading: Reading) -> Iterator[Difference]:
    """All differences of two logs; counts in a line are the model's doing in two live runs."""
    keys = [
        [(line.level, line.source, normal(line.text, live=reading.live)) for line in side] for side in (left, right)
    ]
    for i, j in aligned(keys[0], keys[1], lambda i, j: _kinship(left[i], right[j])):
        if i is not None and j is not None and keys[0][i] == keys[1][j]:
            if left[i].text != right[j].text:
                reading.asides.add("log", f"(log)/{i}", left[i].text, right[j].text)
            continue
        told = [_told(left[i]) if i is not None else None, _told(right[j]) if j is not None else None]
        one = fact("log", f"(log)/{i if i is not None else j}", *told)
        if not reading.asides.takes(one):
            yield one


def normal(text: str, *, live: bool = False) -> str:
    """A line without what each run has of its own."""
    plain = _VOLATILE.sub("…", text)
    return _NUMBER.sub(lambda found: found["kept"] or "…", plain) if live else plain


def _told(line: LogLine) -> str:
    return f"{line.level} {line.text}" if line.level else line.text


def _kinship(left: LogLine, right: LogLine) -> float:
    """Lines that share most of their words are one line that changed; others came and went."""
    if left.source != right.source:
        return 0.0
    mine, yours = (set(normal(line.text, live=True).split()) for line in (left, right))
    shared = len(mine & yours) / max(1, len(mine | yours))
    return shared if shared * 2 >= 1 else 0.0
