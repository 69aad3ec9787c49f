"""Whether a command has told what its page shows: its words, with what varies from run to run as classes.

Classes: times and sizes with their unit, decimals, ports, process ids, long hexadecimal ids, dates, paths below a
temporary directory. A whole number without a unit stays itself: "2 exchanges" must be two. `…` and `...` stand for
anything within a line; a line of nothing else stands for any lines.

Law: pure.
"""

import re
from collections.abc import Sequence

_CLASSES = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"), "<date>"),
    (re.compile(r"(?:127\.0\.0\.1|localhost)([:-])\d+"), r"127.0.0.1\1<port>"),
    (re.compile(r"\bpid \d+"), "pid <n>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), "<id>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|k?B|MB|MiB|kB|tok|min|%)(?![\w])"), "<n> u"),
    (re.compile(r"\b\d+\.\d+k?\b"), "<n>"),
    (re.compile(r"\s+"), " "),
)
_ANY = re.compile(r"…|\.\.\.")


def plain(line: str) -> str:
    """A line without what varies."""
    for pattern, word in _CLASSES:
        line = pattern.sub(word, line)
    return line.strip()


def missing(shown: Sequence[str], *streams: str) -> list[str]:
    """The lines of a page that were not told; each line told serves once.

    The order is not compared: a program and its recorder write into one terminal at the same time.
    """
    told = [plain(line) for stream in streams for line in stream.splitlines()]
    lacking = []
    for line in shown:
        wanted = plain(line)
        if not _ANY.sub("", wanted).strip():
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _ANY.split(wanted)))
        found = next((at for at, one in enumerate(told) if pattern.fullmatch(one)), None)
        if found is None:
            lacking.append(line)
        else:
            del told[found]
    return lacking
