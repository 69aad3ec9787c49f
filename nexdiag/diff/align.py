"""Two sequences side by side: what is equal, what became of what, what came and what went. Pure.

Equal beginnings and ends are trimmed, equal entries between them found, and what is left over in a gap is paired by
kinship. Law: never quadratic in long sequences; where an alignment would cost too much, a coarser one is given.
"""

import bisect
import difflib
import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

Pair = tuple[int | None, int | None]
"""Places in the left and in the right sequence; None where an entry has no counterpart."""
Kinship = Callable[[int, int], float]
"""How much two entries that are not equal have in common; 0 for what never becomes the other."""

_MOST_MATCHES = 250_000
"""Pairs of equal entries among which the longest chain is looked for: each is looked at once."""
_MOST_WORK = 500_000
"""Looks at pairs of equal entries that finding runs may take: it looks at each again for each run that it finds."""
_LONGEST = 4_000
"""Entries for which they are looked for at all; longer sequences are cut at entries that stand once in both."""
_MOST_KIN = 2_500
"""Pairs of which the kinship is worth the look."""


def aligned(left: Sequence[Hashable], right: Sequence[Hashable], kinship: Kinship) -> Iterator[Pair]:
    """All entries of both, each with its counterpart, in order."""
    start, ends = 0, (len(left), len(right))
    while start < min(ends) and left[start] == right[start]:
        start += 1
    while min(ends) > start and left[ends[0] - 1] == right[ends[1] - 1]:
        ends = ends[0] - 1, ends[1] - 1
    yield from ((place, place) for place in range(start))
    at = start, start
    for i, j, size in (*_equal(left, right, (start, ends[0]), (start, ends[1])), (*ends, 0)):
        yield from _gap(range(at[0], i), range(at[1], j), kinship)
        yield from zip(range(i, i + size), range(j, j + size), strict=True)
        at = i + size, j + size
    yield from zip(range(ends[0], len(left)), range(ends[1], len(right)), strict=True)


def _equal(
    left: Sequence[Hashable], right: Sequence[Hashable], these: tuple[int, int], those: tuple[int, int], *, cut: int = 0
) -> Iterator[tuple[int, int, int]]:
    """Runs of equal entries in these spans, in order: where they begin on either side, and how long they are."""
    before, after = left[slice(*these)], right[slice(*those)]
    if not before or not after:
        return
    matches = _matches(before, after)
    if matches * min(len(before), len(after), matches) <= _MOST_WORK:
        for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
            if block.size:
                yield these[0] + block.a, those[0] + block.b, block.size
        return
    if matches <= _MOST_MATCHES and max(len(before), len(after)) <= _LONGEST:
        yield from ((these[0] + a, those[0] + b, 1) for a, b in _chain(_all_pairs(before, after)))
        return
    anchors = _anchors(before, after) if cut == 0 else []
    at = these[0], those[0]
    for a, b in [(these[0] + a, those[0] + b) for a, b in anchors]:
        yield from _equal(left, right, (at[0], a), (at[1], b), cut=cut + 1)
        yield a, b, 1
        at = a + 1, b + 1
    if anchors:
        yield from _equal(left, right, (at[0], these[1]), (at[1], those[1]), cut=cut + 1)


def _matches(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """How many pairs of equal entries there are."""
    counts = Counter(right)
    return sum(counts[entry] for entry in left)


def _all_pairs(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """The places of all pairs of equal entries; those of one entry of the left from the last to the first."""
    places: dict[Hashable, list[int]] = {}
    for place in reversed(range(len(right))):
        places.setdefault(right[place], []).append(place)
    return ((a, b) for a, entry in enumerate(left) for b in places.get(entry, ()))


def _anchors(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Entries that stand once in both, the most of them that are in the same order."""
    counts, others = Counter(left), Counter(right)
    places = {entry: place for place, entry in enumerate(right) if others[entry] == 1}
    return _chain((a, places[entry]) for a, entry in enumerate(left) if counts[entry] == 1 and entry in places)


def _chain(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of these that are in the same order on both sides, each entry once; n log n (Hunt and Szymanski)."""
    seen: list[tuple[int, int]] = []
    tails: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for place, pair in enumerate(pairs):
        seen.append(pair)
        at = bisect.bisect_left(tails, pair[1])
        back.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [pair[1]]
        ends[at : at + 1] = [place]
    chain = ends[-1] if ends else -1
    found = []
    while chain >= 0:
        found.append(seen[chain])
        chain = back[chain]
    return found[::-1]


def _gap(these: range, those: range, kinship: Kinship) -> Iterator[Pair]:
    """Entries of which none has its equal: who became whom. Where there are too many, it goes by their order."""
    if not these or not those or len(these) * len(those) > _MOST_KIN:
        yield from itertools.zip_longest(these, those)
        return
    kin = [[kinship(i, j) for j in those] for i in these]
    best = _best(kin, len(those))
    i = j = 0
    while i < len(these) and j < len(those):
        if kin[i][j] > 0 and best[i][j] == best[i + 1][j + 1] + kin[i][j]:
            yield these[i], those[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield these[i], None
            i += 1
        else:
            yield None, those[j]
            j += 1
    yield from ((place, None) for place in these[i:])
    yield from ((None, place) for place in those[j:])


def _best(kin: list[list[float]], width: int) -> list[list[float]]:
    """The most kinship that can be had from entry i of the left and j of the right on, in their order."""
    best = [[0.0] * (width + 1) for _ in range(len(kin) + 1)]
    for i in reversed(range(len(kin))):
        for j in reversed(range(width)):
            best[i][j] = max(best[i + 1][j + 1] + kin[i][j], best[i + 1][j], best[i][j + 1])
    return best
