"""Two recordings side by side: which session, turn and exchange of one corresponds to which of the other. Pure.

Turns by what was said, exchanges by what was asked; what has no equal is paired by kinship, in order.
"""

from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, Turn
from nexdiag.diff.align import aligned
from nexdiag.diff.conversation import NAMES, fields_of, list_of

_NEAR = 400
_FEW = 20
"""Messages by which two counts of them may differ and still be near."""


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


def beside(left: Cassette, right: Cassette) -> Iterator[Beside]:
    """All parts of both, in order; recordings of which one has no turns are compared by exchanges alone."""
    flat = not left.turns or not right.turns
    before, after = _sessions(left, flat=flat), _sessions(right, flat=flat)
    pairs = aligned(list(before), list(after), lambda i, j: 0.01)
    for chat, (i, j) in enumerate(pairs):
        mine = list(before.values())[i] if i is not None else []
        yours = list(after.values())[j] if j is not None else []
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


def _sessions(cassette: Cassette, *, flat: bool) -> dict[str, list[Part]]:
    """The parts of each session; what belongs to no turn comes first."""
    if flat:
        return {"": [Part(exchanges=cassette.exchanges, log=cassette.log)]}
    held: dict[tuple[str, int], list[Exchange]] = {}
    lines: dict[tuple[str, int], list[LogLine]] = {}
    known = {(turn.session, turn.number) for turn in cassette.turns}
    loose = [one for one in cassette.exchanges if one.turn is None or (one.session, one.turn) not in known]
    spare = [one for one in cassette.log if one.turn is None or (one.session, one.turn) not in known]
    for exchange in cassette.exchanges:
        held.setdefault((exchange.session, exchange.turn or 0), []).append(exchange)
    for line in cassette.log:
        lines.setdefault((line.session, line.turn or 0), []).append(line)
    found: dict[str, list[Part]] = {}
    if loose or spare:
        found["(outside)"] = [Part(exchanges=tuple(loose), log=tuple(spare))]
    for turn in cassette.turns:
        key = turn.session, turn.number
        part = Part(session=turn.session, turn=turn, exchanges=tuple(held.get(key, ())), log=tuple(lines.get(key, ())))
        found.setdefault(turn.session, []).append(part)
    return found


def _parts(left: Sequence[Part], right: Sequence[Part], chat: int) -> Iterator[Beside]:
    keys = [[None if one.turn is None else one.turn.said for one in side] for side in (left, right)]
    for i, j in aligned(keys[0], keys[1], lambda i, j: _alike(keys[0][i], keys[1][j])):
        yield Beside(left=left[i] if i is not None else None, right=right[j] if j is not None else None, chat=chat)


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
    fields = fields_of(exchange.request) or {}
    link = next((list_of(fields[name]) for name in NAMES if name in fields), None)
    return 0 if link is None else link.depth
