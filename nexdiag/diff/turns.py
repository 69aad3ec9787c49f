"""Two recordings side by side: which session, turn and exchange of one corresponds to which of the other. Pure.

Turns by what was said, exchanges by what was asked; what has no equal is paired by kinship, in order.
"""

from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.core.body import Link
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, Turn
from nexdiag.diff.align import aligned
from nexdiag.diff.conversation import NAMES, fields_of, list_of, shared_depth

_NEAR = 400
_FEW = 20
"""Messages by which two counts of them may differ and still be near."""


Exchanges = tuple[Exchange | None, Exchange | None]
"""Of which one may have no counterpart."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A turn with what belongs to it, or what belongs to none."""

    session: str = ""
    turn: Turn | None = None
    exchanges: tuple[Exchange, ...] = ()
    log: tuple[LogLine, ...] = ()


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the left and what corresponds to it."""

    left: Part | None
    right: Part | None
    chat: int
    """Which pair of conversations it is of."""
    exchanges: tuple[Exchanges, ...] = ()
    """The exchanges of both, side by side; none where one of them is missing."""


def beside(left: Cassette, right: Cassette) -> Iterator[Beside]:
    """All parts of both, in order; recordings of which one has no turns are compared by exchanges alone."""
    flat = not left.turns or not right.turns
    before, after = _sessions(left, flat=flat), _sessions(right, flat=flat)
    loose = before.pop(None, []), after.pop(None, [])
    yield from _parts(*loose, 0)
    sides = list(before.values()), list(after.values())
    pairs = aligned(list(before), list(after), lambda i, j: _alike(_first_said(sides[0][i]), _first_said(sides[1][j])))
    for chat, (i, j) in enumerate(pairs, 1):
        mine = sides[0][i] if i is not None else []
        yours = sides[1][j] if j is not None else []
        yield from _parts(mine, yours, chat)


def exchanges_beside(
    left: Sequence[Exchange], right: Sequence[Exchange]
) -> Iterator[tuple[Exchange | None, Exchange | None]]:
    """The exchanges of two parts."""
    keys = [[_asked(one) for one in side] for side in (left, right)]
    for i, j in aligned(keys[0], keys[1], lambda i, j: _kinship(left[i], right[j])):
        yield left[i] if i is not None else None, right[j] if j is not None else None


def said_by(part: Part) -> list[str]:
    """What is spoken in a part: by the user, the model and the tools."""
    turn = part.turn
    if turn is None:
        return []
    return [turn.said, *([turn.reply] if turn.reply else []), *(run.output for run in turn.tool_runs)]


def _first_said(parts: Sequence[Part]) -> str | None:
    return next((one.turn.said for one in parts if one.turn is not None), None)


def _sessions(cassette: Cassette, *, flat: bool) -> dict[str | None, list[Part]]:
    """The parts of each session; under no name, what belongs to no turn."""
    if flat:
        return {None: [Part(exchanges=cassette.exchanges, log=cassette.log)]}
    held: dict[tuple[str, int], list[Exchange]] = {}
    lines: dict[tuple[str, int], list[LogLine]] = {}
    known = {(turn.session, turn.number) for turn in cassette.turns}
    loose = [one for one in cassette.exchanges if one.turn is None or (one.session, one.turn) not in known]
    spare = [one for one in cassette.log if one.turn is None or (one.session, one.turn) not in known]
    for exchange in cassette.exchanges:
        held.setdefault((exchange.session, exchange.turn or 0), []).append(exchange)
    for line in cassette.log:
        lines.setdefault((line.session, line.turn or 0), []).append(line)
    found: dict[str | None, list[Part]] = {}
    if loose or spare:
        found[None] = [Part(exchanges=tuple(loose), log=tuple(spare))]
    for turn in cassette.turns:
        key = turn.session, turn.number
        part = Part(session=turn.session, turn=turn, exchanges=tuple(held.get(key, ())), log=tuple(lines.get(key, ())))
        found.setdefault(turn.session, []).append(part)
    return found


def _parts(left: Sequence[Part], right: Sequence[Part], chat: int) -> Iterator[Beside]:
    keys = [[None if one.turn is None else one.turn.said for one in side] for side in (left, right)]
    found = []
    for i, j in aligned(keys[0], keys[1], lambda i, j: _alike(keys[0][i], keys[1][j])):
        mine, yours = left[i] if i is not None else None, right[j] if j is not None else None
        is_loose = (mine or yours or Part()).turn is None
        both = (mine or Part(), yours or Part()) if is_loose or (mine and yours) else (Part(), Part())
        pairs = tuple(exchanges_beside(both[0].exchanges, both[1].exchanges))
        found.append(Beside(left=mine, right=yours, chat=chat, exchanges=pairs))
    for place in range(len(found) - 1):
        moved = _moved(found[place].exchanges, found[place + 1].exchanges)
        for at, pairs in enumerate(moved):
            found[place + at] = msgspec.structs.replace(found[place + at], exchanges=pairs)
    return iter(found)


def _moved(
    here: tuple[Exchanges, ...], there: tuple[Exchanges, ...]
) -> tuple[()] | tuple[tuple[Exchanges, ...], tuple[Exchanges, ...]]:
    """An exchange at the end of a turn that one side lacks, beside the next turn's first on that side if it is nearer.

    A message that one side counts as the user's begins a turn there, and none on the other.
    """
    paired = max((at for at, pair in enumerate(here) if None not in pair), default=-1) + 1
    if not there or paired == len(here):
        return ()
    spare, (left, right) = here[paired], there[0]
    if left is None or right is None or _asked(left) == _asked(right):
        return ()
    one, other, rest = (spare[0], right, left) if spare[1] is None else (left, spare[1], right)
    if one is None or _begins_alike(one, other) <= _begins_alike(left, right):
        return ()
    lone = (None, rest) if spare[0] is None else (rest, None)
    return (*here[:paired], *here[paired + 1 :]), ((one, other), lone, *there[1:])


def _begins_alike(left: Exchange, right: Exchange) -> float:
    """How much of two conversations is the same from the beginning on."""
    chains = [_conversation(one) for one in (left, right)]
    if chains[0] is None or chains[1] is None or left.request.path != right.request.path:
        return 0.0
    return shared_depth(chains[0], chains[1]) / max(chains[0].depth, chains[1].depth)


def _alike(left: str | None, right: str | None) -> float:
    mine, yours = set((left or "")[:_NEAR].split()), set((right or "")[:_NEAR].split())
    return 0.01 + len(mine & yours) / max(1, len(mine | yours))


def _asked(exchange: Exchange) -> object:
    """What a request asks: equal for equal requests."""
    body = exchange.request.body
    if body.raw is not None:
        parts: object = body.raw
    else:
        parts = tuple((one.key, one.value if isinstance(one.value, bytes) else one.value.digest) for one in body.fields)
    return exchange.request.method, exchange.request.path, parts


def _kinship(left: Exchange, right: Exchange) -> float:
    """Where it was asked, the same attempt, and how near the conversations are in length."""
    counts = [_messages(one) for one in (left, right)]
    near = max(0.0, 1 - abs(counts[0] - counts[1]) / _FEW)
    where = left.request.path == right.request.path and left.request.method == right.request.method
    return 0.01 + 0.5 * where + 0.2 * (left.attempt == right.attempt) + 0.3 * near


def _messages(exchange: Exchange) -> int:
    link = _conversation(exchange)
    return 0 if link is None else link.depth


def _conversation(exchange: Exchange) -> Link | None:
    fields = fields_of(exchange.request) or {}
    return next((list_of(fields[name]) for name in NAMES if name in fields), None)
