"""Files → what a report may say of places in them: paths within the repository, lines of exchanges, pages of rules.

It looks at files again, by name: a report is asked for these alone where its format names places.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.lint import pages, rules
from nexdiag.report.sources import Sources
from nexdiag.runner.cassettes import files as recordings

_EXCHANGE = re.compile(rb'\{\s{0,4}"exchange"\s{0,4}:\s{0,4}(\d{1,9})')
_FOREIGN = re.compile(rb"\s{0,100}\S")


def sources(named: Iterable[str], found: Iterable[str], here: Path) -> Sources:
    """What is known of these files and of the rules that found something; what cannot be read is left out."""
    files = list(dict.fromkeys(named))
    return Sources(
        paths={file: path for file in files if (path := path_of(Path(file), here))},
        lines={file: lines for file in files if (lines := lines_of(Path(file)))},
        pages={rule: page for rule in dict.fromkeys(found) if (page := _page(rule))},
    )


def path_of(file: Path, here: Path) -> str:
    """The path from the top of the repository that `here` is in, else from `here`; empty where it is outside."""
    try:
        real, home = (here / file).resolve(), here.resolve()
        top = next((one for one in (home, *home.parents) if (one / ".git").exists()), home)
        return real.relative_to(top).as_posix()
    except (OSError, ValueError, RuntimeError):  # a loop of links; a null byte; outside
        return ""


def lines_of(file: Path) -> dict[int, int]:
    """The line of each exchange, from 1; nothing for a file in which no line is one."""
    try:
        raw = recordings.read(file)
    except CassetteError:
        return {}
    found: dict[int, int] = {}
    ours = raw.startswith(b'{"cassette"')
    place = 0
    for number, line in enumerate(raw.split(b"\n"), start=1):
        head = _EXCHANGE.match(line)
        if ours and head is not None:
            found.setdefault(int(head[1]), number)
        elif not ours and _FOREIGN.match(line):
            found[place] = number
            place += 1
    return found if ours or file.name.endswith(".jsonl") else {}


def _page(rule: str) -> str:
    try:
        return pages.page(rules.find(rule))
    except UsageError:  # what is no rule's to find has no page
        return ""
