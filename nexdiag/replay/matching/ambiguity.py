"""How long an expression may take, told from how it is written: a bound of the steps on any text of a length. Pure.

`re` tries one way to fit after another. The bound counts them: those of parts that follow each other multiply, those
of a repeated part multiply with each turn. Where the next character alone decides how it goes on, there is one way.
What is not understood has all ways there are: the bound may be too high, never too low.
"""

import re
import re._constants as kinds  # type: ignore[import-not-found]  # the standard library has no types for it
import re._parser as parser  # type: ignore[import-not-found]  # the only one who reads patterns as `re` does
from collections.abc import Sequence
from math import inf
from typing import Any

import msgspec

_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_SINGLE = (kinds.LITERAL, kinds.NOT_LITERAL, kinds.ANY, kinds.IN)
_PLAIN = 0x180
"""Characters below are looked at one by one; those above by these that stand for their sorts."""
_RARE = tuple(map(ord, "٣\u2003文😀"))
_ODD = frozenset(map(ord, "kKsSiIåÅµß"))
"""Characters that equal rare ones where case does not count."""
_SCAN = 1 / 16
"""Steps that one character costs where one set is repeated: `re` does that at once."""
Chars = frozenset[int]


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Of one part."""

    ways: float
    """In how many it may fit from one place on, as far as what follows can be tried on them."""
    steps: float
    """That all of them cost, without those of `scans`."""
    scans: float
    """How often the text may be run through by sets that are repeated."""
    first: Chars
    """What it may begin with."""
    empty: bool
    """Whether it may fit the empty text."""


class _Sets:
    """Sets of characters, over those that decide."""

    def __init__(self, flags: int) -> None:
        """With the flags of the whole expression."""
        self.all: Chars = frozenset((*range(_PLAIN), *_RARE))
        self.flags = flags
        self._cased = bool(flags & re.IGNORECASE)
        self._ascii = bool(flags & re.ASCII)

    def of(self, kind: Any, value: Any) -> Chars:  # noqa: ANN401 - the tree of the standard library's parser
        """What one item that is a character may be; more than that where it is not understood."""
        if kind is kinds.ANY:
            return self.all
        if kind is kinds.IN:
            return self._in(value)
        made = self._item(kind, value)
        return self._folded(self.all - made if kind is kinds.NOT_LITERAL else made)

    def _in(self, items: Any) -> Chars:  # noqa: ANN401 - likewise
        turned = bool(items) and items[0][0] is kinds.NEGATE
        made: set[int] = set()
        for kind, value in items[turned:]:
            rare = kind is kinds.CATEGORY or not turned  # a range of rare ones does not hold all of its sort
            made |= {one for one in self._item(kind, value) if rare or one < _PLAIN}
        return self._folded(self.all - made if turned else frozenset(made))

    def _item(self, kind: Any, value: Any) -> Chars:  # noqa: ANN401 - likewise
        if kind is kinds.CATEGORY:
            return frozenset(one for one in self.all if self._sort(str(value), chr(one)))
        if kind is kinds.RANGE:
            low, high = value
        elif kind in (kinds.LITERAL, kinds.NOT_LITERAL):
            low = high = value
        else:
            return self.all
        near = {ord(one) for one in (chr(low).lower(), chr(low).upper()) if self._cased and len(one) == 1}
        rare = {*_sorts(low, high), *(near & self.all)} if high >= _PLAIN and kind is not kinds.NOT_LITERAL else ()
        return frozenset((*range(low, min(high + 1, _PLAIN)), *rare))

    def _sort(self, name: str, one: str) -> bool:
        digit, space, word = one.isdecimal(), one.isspace(), one.isalnum() or one == "_"
        held = digit if "DIGIT" in name else space if "SPACE" in name else word
        held = held and (one.isascii() or not self._ascii)
        return held != ("NOT" in name)

    def _folded(self, made: Chars) -> Chars:
        if not self._cased:
            return made
        both = {ord(other) for one in made for other in (chr(one).lower(), chr(one).upper()) if len(other) == 1}
        odd = [_RARE[2]] if made & _ODD else []
        return made | {one if one in self.all else _RARE[2] for one in both} | frozenset(odd)


class _Reading:
    """Of one expression, for texts of one length."""

    def __init__(self, sets: _Sets, size: int) -> None:
        self.sets = sets
        self._size = size

    def sequence(self, parts: Sequence[Any], after: Chars) -> Bound:
        """Parts that follow each other; `after` is what may come behind them."""
        bound = Bound(ways=1, steps=1, scans=0, first=after, empty=True)
        for kind, value in reversed(parts):
            here = self._part(kind, value, bound.first | after if bound.empty else bound.first)
            bound = Bound(
                ways=here.ways * bound.ways,
                steps=here.steps + here.ways * bound.steps,
                scans=here.scans + _times(here.ways, bound.scans),
                first=here.first | bound.first if here.empty else here.first,
                empty=here.empty and bound.empty,
            )
        return bound

    def _part(self, kind: Any, value: Any, after: Chars) -> Bound:  # noqa: ANN401 - the standard library's tree
        if kind in _REPEATS or kind is kinds.POSSESSIVE_REPEAT:
            least, most, parts = value
            made = self._repeat(least, most, parts, after)
        elif kind is kinds.BRANCH:
            made = self._branch(value[1], after)
        elif kind is kinds.SUBPATTERN:
            _, more, less, parts = value
            made = self._group(more, less, parts, after)
        elif kind is kinds.ATOMIC_GROUP:
            made = self.sequence(value, after)
        else:
            made = self._place(kind, value, after)
        once = kind in (kinds.POSSESSIVE_REPEAT, kinds.ATOMIC_GROUP)
        return msgspec.structs.replace(made, ways=1) if once else made

    def _place(self, kind: Any, value: Any, after: Chars) -> Bound:  # noqa: ANN401 - likewise
        """What fits in one way at most."""
        first, steps, ways = self.sets.all, inf, inf
        if kind in _SINGLE:
            first, steps, ways = self.sets.of(kind, value), 1.0, 1.0
        elif kind is kinds.AT:
            first, steps, ways = after, 1.0, 1.0
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):  # what they run through is not used up
            steps, ways = self._steps(self.sequence(value[1], self.sets.all)), 1.0
        elif kind is kinds.GROUPREF:
            steps, ways = self._size * _SCAN, 1.0
        return Bound(ways=ways, steps=steps, scans=0, first=first, empty=kind not in _SINGLE)

    def _group(self, more: int, less: int, parts: Any, after: Chars) -> Bound:  # noqa: ANN401 - the standard library's tree
        outer = self.sets
        self.sets = _Sets((outer.flags | more) & ~less)
        made = self.sequence(parts, after)
        self.sets = outer
        return made

    def _branch(self, branches: Any, after: Chars) -> Bound:  # noqa: ANN401 - likewise
        bounds = [self.sequence(branch, after) for branch in branches]
        firsts = [one.first | after if one.empty else one.first for one in bounds]
        apart = len(frozenset[int]().union(*firsts)) == sum(map(len, firsts))
        ways = [one.ways for one in bounds]
        return Bound(
            ways=max(ways) if apart else sum(ways),
            steps=1 + sum(one.steps for one in bounds),
            scans=sum(one.scans for one in bounds),
            first=frozenset[int]().union(*(one.first for one in bounds)),
            empty=any(one.empty for one in bounds),
        )

    def _repeat(self, least: int, most: int, parts: Any, after: Chars) -> Bound:  # noqa: ANN401 - likewise
        alone = self.sequence(parts, after)
        inner = self.sequence(parts, after | alone.first) if most > 1 else alone
        low = parts.getwidth()[0]
        turns = min(most, self._size // max(low, 1) + 1)
        decided = least == most or not (inner.first & after or inner.empty)
        if len(parts) == 1 and parts[0][0] in _SINGLE:
            steps, scans = 1 + (turns * _SCAN if most <= self._size else 0.0), float(most > self._size)
        elif inner.ways == 1:  # each turn uses up what it ran through
            steps, scans = 1 + turns * (inner.steps + 1), inner.scans * (2 if low else turns)
        else:
            times = _power(inner.ways, turns)
            steps, scans = times * (inner.steps + 1), _times(times, inner.scans)
        ways = 1.0 if decided else float(turns - min(least, turns) + 1)
        ways *= _power(inner.ways, turns) if inner.ways != 1 else 1
        return Bound(ways=ways, steps=steps, scans=scans, first=inner.first, empty=least == 0 or inner.empty)

    def _steps(self, bound: Bound) -> float:
        return bound.steps + bound.scans * self._size * _SCAN

    def whole(self, tree: Any) -> float:  # noqa: ANN401 - likewise
        """The steps of looking for it everywhere in a text."""
        return self._size * self._steps(self.sequence(tree, frozenset()))


def cost(text: str, size: int) -> float:
    """The most steps that looking for an expression may take in a text of `size` characters; infinity for no bound."""
    tree = parser.parse(text)
    return _Reading(_Sets(tree.state.flags), size).whole(tree)


def _sorts(low: int, high: int) -> frozenset[int]:
    """Those that stand for the rare ones of a range."""
    if high - low > _PLAIN * 8:
        return frozenset(_RARE)
    return frozenset(_sort_of(chr(one)) for one in range(max(low, _PLAIN), high + 1))


def _sort_of(one: str) -> int:
    digit, space, word, other = _RARE
    return digit if one.isdecimal() else space if one.isspace() else word if one.isalnum() else other


def _times(several: float, what: float) -> float:
    return several * what if what else 0.0


def _power(ways: float, turns: int) -> float:
    try:
        return 2 * float(ways) ** turns
    except OverflowError:
        return inf
