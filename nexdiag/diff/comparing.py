"""Two recordings → Comparison: the one entry of this room. Facts, no opinion. Pure.

turns        which turn and exchange corresponds to which       answered   status, words, calls, usage
requests     address, conversation, tools, parameters           streams    kinds of events, how they ended
diverging    the first divergence, consequences                 logs, timing
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from itertools import islice, zip_longest

import msgspec

from nexdiag.codec.wire import wire_of
from nexdiag.core.cassette import Cassette
from nexdiag.core.comparison import ASPECTS, Comparison, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import REFUSED, Exchange
from nexdiag.core.turn import ToolRun
from nexdiag.diff.answered import answer_of, compare_answers, meaning_of
from nexdiag.diff.aside import Asides
from nexdiag.diff.diverging import diverging, weighs
from nexdiag.diff.logs import compare_logs
from nexdiag.diff.reading import REPLAY, RUN, Reading, Views, fact
from nexdiag.diff.requests import Chat
from nexdiag.diff.streams import compare_streams
from nexdiag.diff.timing import compare_times, is_timed
from nexdiag.diff.turns import Beside, Part, beside, said_by

_LOOKED_AT = 50
"""Answers by which it is told whether two recordings have answers in common."""


def compare_cassettes(
    left: Cassette,
    right: Cassette,
    *,
    mode: str = "",
    views: Views | None = None,
    ignored: Iterable[str] = (),
) -> Comparison:
    """Compare two recordings; `mode` is chosen by their answers where it is not given.

    `ignored` are pointers and aspects that are set aside too. `views` gives two requests with marks for what is
    volatile in them: without it, nothing in a request but ids of calls is.
    """
    asides = Asides(ignored)
    reading = Reading(mode or mode_of(left, right), asides, views)
    reading.logs = bool(left.log and right.log)
    reading.replies = all(any(turn.reply is not None for turn in one.turns) for one in (left, right))
    reading.answers = _is_answered(left) and _is_answered(right)
    chats: dict[int, Chat] = {}
    rows: list[Row] = []
    for pair in beside(left, right):
        rows += _part(pair, chats.setdefault(pair.chat, Chat(reading)), reading)
    marked, first = diverging(rows)
    return Comparison(
        left=side_of(left),
        right=side_of(right),
        mode=reading.mode,
        rows=marked,
        first=first,
        aside=asides.told(),
        unchecked=tuple(_unchecked(left, right)),
    )


def mode_of(left: Cassette, right: Cassette) -> str:
    """`run` for two runs in which a model answered anew; `replay` where answers are the same, or there are none.

    They are the same if any has the same bytes, or the same id, or if most of them say the same.
    """
    bodies, ids, said = [], [], list[list[Hashable]]()
    for cassette in (left, right):
        answered = list(islice(filter(_by_a_model, cassette.exchanges), _LOOKED_AT))
        bodies.append({one.response.body for one in answered if one.response is not None and one.response.body})
        replies = [answer_of(one).reply for one in answered]
        ids.append({one.response_id for one in replies if one is not None and one.response_id})
        said.append([meaning_of(one) for one in replies if one is not None])
    if not bodies[0] or not bodies[1] or bodies[0] & bodies[1] or ids[0] & ids[1]:
        return REPLAY
    same = (Counter(said[0]) & Counter(said[1])).total()
    return REPLAY if 2 * same > max(map(len, said)) else RUN


def _by_a_model(exchange: Exchange) -> bool:
    """Whether a model answered: a refusal, or a list of models, is the same in any two runs."""
    response = exchange.response
    return response is not None and response.status < REFUSED and wire_of(exchange.request.path) is not None


def side_of(cassette: Cassette) -> Side:
    """What is told of a recording."""
    header = cassette.header
    return Side(
        name=cassette.name,
        server=header.profile,
        model=header.model,
        origin=header.origin,
        created=header.created,
        turns=len(cassette.turns),
        exchanges=len(cassette.exchanges),
    )


def _part(pair: Beside, chat: Chat, reading: Reading) -> Iterator[Row]:
    """The row of a turn, and those of its exchanges."""
    left, right = (Part() if one is None and _is_loose(pair) else one for one in (pair.left, pair.right))
    if left is None or right is None:
        chat.carried.diverged = True
        chat.carried.text(*(text for one in (left, right) if one is not None for text in said_by(one)))
        yield from _alone(left, right, reading)
        return
    yield from _turn(left, right, chat, reading)
    for one, other in pair.exchanges:
        yield _exchange(one, other, chat, reading)
    if chat.carried.diverged and _parted(left, right):
        chat.carried.text(*said_by(left), *said_by(right))


def _parted(left: Part, right: Part) -> bool:
    """Whether a turn came out otherwise: what was said in it may stay in the history of one side alone."""
    ends = [
        (
            None if part.turn is None else (part.turn.outcome, part.turn.reply, len(part.turn.tool_runs)),
            tuple(None if one.response is None else one.response.status for one in part.exchanges),
        )
        for part in (left, right)
    ]
    return ends[0] != ends[1]


def _is_loose(pair: Beside) -> bool:
    """Whether it belongs to no turn."""
    return (pair.left or Part()).turn is None and (pair.right or Part()).turn is None


def _alone(left: Part | None, right: Part | None, reading: Reading) -> Iterator[Row]:
    """A turn that one side lacks: one difference, and its exchanges as what comes of it."""
    part = left or right
    if part is None:
        return
    what = part.turn.said if part.turn is not None else ""
    one = fact("turn", "(turn)", what if left else None, what if right else None)
    found = () if reading.asides.takes(one) else (one,)
    yield Row(left=_place(left), right=_place(right), title=what, differences=found)
    for exchange in part.exchanges:
        row = _lacking(exchange if left else None, exchange if right else None)
        yield msgspec.structs.replace(row, differences=(), consequence=True)


def _turn(left: Part, right: Part, chat: Chat, reading: Reading) -> Iterator[Row]:
    found = [one for one in _of_turn(left, right, chat) if not reading.asides.takes(one)]
    if reading.logs:
        found += compare_logs(left.log, right.log, reading)
    if left.turn is None and right.turn is None and not found:
        return
    said = right.turn.said if right.turn is not None else "outside of turns"
    found.sort(key=lambda one: ASPECTS.index(one.aspect))
    yield Row(left=_place(left), right=_place(right), title=said, differences=tuple(found))


def _of_turn(left: Part, right: Part, chat: Chat) -> Iterator[Difference]:
    before, after = left.turn, right.turn
    if before is None or after is None:
        return
    asked = bool(left.exchanges and right.exchanges)
    if before.said != after.said and not asked:
        yield fact("turn", "(said)", before.said, after.said)
    if before.outcome != after.outcome:
        yield fact("turn", "(outcome)", before.outcome, after.outcome)
    elif before.error != after.error:
        yield fact("turn", "(error)", before.error, after.error)
    told = not asked or (chat.reading.replies and not (chat.reading.live and _answers_differ(left, right)))
    if before.reply != after.reply and told:
        yield fact("turn", "(reply)", before.reply, after.reply)
    for place, (mine, yours) in enumerate(zip_longest(before.tool_runs, after.tool_runs)):
        if mine is None or yours is None:
            chat.carried.text(*(one.output for one in (mine, yours) if one is not None))
            chat.carried.diverged = True
            runs = (None if one is None else _ran(one) for one in (mine, yours))
            yield fact("turn", f"(tool_runs)/{place}", *runs)
            continue
        if (mine.name, mine.output, mine.is_error) == (yours.name, yours.output, yours.is_error):
            continue
        chat.carried.pair(mine.output, yours.output)
        chat.carried.diverged = True
        yield fact("turn", f"(tool_runs)/{place}", _ran(mine), _ran(yours))


def _answers_differ(left: Part, right: Part) -> bool:
    """Whether the models said different things in a turn: then a reply that differs comes of it."""
    replies = [[answer_of(one).reply for one in side.exchanges] for side in (left, right)]
    said = [[None if one is None else meaning_of(one) for one in side] for side in replies]
    return said[0] != said[1]


def _ran(run: ToolRun) -> str:
    return f"{run.name}{' failed' if run.is_error else ''}: {run.output}"


def _exchange(left: Exchange | None, right: Exchange | None, chat: Chat, reading: Reading) -> Row:
    if left is None or right is None:
        row = _lacking(left, right)
        kept = tuple(one for one in row.differences if not reading.asides.takes(one))
        return msgspec.structs.replace(row, differences=kept)
    found, carried = chat.compare(left, right)
    answered: list[Difference] = []
    if reading.answers:
        answered = [*compare_answers(left, right, reading, chat.carried), *compare_streams(left, right, reading)]
    found += [chat.carried.again(one) if carried else one for one in answered]
    for one in answered:
        chat.carried.place(one)
    chat.carried.diverged |= any(map(weighs, found))
    found += compare_times(left, right, reading)
    return Row(left=_at(left), right=_at(right), title=_title(right), differences=tuple(found), carried=carried)


def _lacking(left: Exchange | None, right: Exchange | None) -> Row:
    """An exchange that one side lacks."""
    title = _title(left or right)
    one = fact("turn", "(exchange)", title if left else None, title if right else None)
    return Row(left=_at(left), right=_at(right), title=title, differences=(one,))


def _place(part: Part | None) -> Place | None:
    if part is None:
        return None
    return Place(turn=None if part.turn is None else part.turn.number, session=part.session)


def _at(exchange: Exchange | None) -> Place | None:
    return None if exchange is None else Place(turn=exchange.turn, session=exchange.session, exchange=exchange.id)


def _title(exchange: Exchange | None) -> str:
    return "" if exchange is None else f"{exchange.request.method} {exchange.request.path}"


def _is_answered(cassette: Cassette) -> bool:
    """Whether it tells what came of any request: a bare request does not."""
    return any(one.response is not None or one.failure is not None for one in cassette.exchanges)


def _unchecked(left: Cassette, right: Cassette) -> Iterator[str]:
    sides = (("left", left), ("right", right))
    for name, one in sides:
        if one.tear:
            yield f"the end of the {name} file: {one.tear}"
    for what, has in (
        ("turns", [bool(one.turns) for _, one in sides]),
        ("answers", [_is_answered(one) for _, one in sides]),
        ("logs", [bool(one.log) for _, one in sides]),
        ("times", [any(map(is_timed, one.exchanges)) for _, one in sides]),
    ):
        lacks = [name for (name, _), there in zip(sides, has, strict=True) if not there]
        if lacks:
            yield f"{what}: {' and '.join(lacks)} {'have' if len(lacks) > 1 else 'has'} none"
