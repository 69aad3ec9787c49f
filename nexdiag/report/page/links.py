"""Messages of requests as numbers: each stands after one other, and what follows in a row is told as a row.

Keyed by the whole past of a message, not by its text, so that what is said twice does not break a row in two.
"""

from collections.abc import Callable

from nexdiag.core.body import Link

_NONE = -1


class Links:
    """All links of a run, numbered in the order in which they came."""

    def __init__(self, store: Callable[[bytes], int]) -> None:
        """`store` keeps the text of a message and gives its number."""
        self.runs: list[list[int]] = []
        """Rows: the number of the link before the first, the number of the first's text, how many. Within a row both
        numbers go up by one."""
        self.total = 0
        self._store = store
        self._numbers: dict[bytes, int] = {}
        self._text = _NONE

    def number(self, link: Link | None) -> int | None:
        """The number of a list, which is the number of its last entry."""
        fresh: list[Link] = []
        while link is not None and link.digest not in self._numbers:
            fresh.append(link)
            link = link.before
        number = self._numbers[link.digest] if link is not None else _NONE
        for entry in reversed(fresh):
            number = self._numbers[entry.digest] = self._add(number, self._store(entry.raw))
        return number if number != _NONE else None

    def _add(self, before: int, text: int) -> int:
        if self.runs and before == self.total - 1 and text == self._text + 1:
            self.runs[-1][2] += 1
        else:
            self.runs.append([before, text, 1])
        self._text = text
        self.total += 1
        return self.total - 1
