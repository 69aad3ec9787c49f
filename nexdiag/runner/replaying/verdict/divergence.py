"""What a miss teaches: where a request parted from its recording, in words, and what to do about it. Pure.

`diverged` is for reports, `explain` for the client itself: the JSON body of a 599. Both know the request as a recorder
would have kept it: no secret is in them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from nexdiag.codec.chat.error import both_ends
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Divergence, TurnVerdict
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict import compared
from nexdiag.runner.replaying.verdict.advice import NOTHING_KNOWN, Anew, Name, advise, record

_LONGEST = 300
"""Characters of a value that a client is told."""
_LEAD = 40
"""Characters before the place where two long texts begin to differ."""


Views = Callable[[Exchange, Request], tuple[object, object]]
"""Both bodies as values, the recorded one first, with marks for what rules set aside."""


def _by_id(exchange: Exchange) -> str:
    return str(exchange.id)


def diverged(  # noqa: PLR0913 - all that may be known of a request's place
    miss: Miss,
    *,
    due: Exchange | None = None,
    turn: int | None = None,
    session: str = "",
    anew: Anew = NOTHING_KNOWN,
    views: Views | None = None,
    found: tuple[Difference, ...] | None = None,
    how: str = "",
    name: Name = _by_id,
) -> Divergence:
    """Where a request without a recording parted from the nearest one.

    `due` is the recording that stood at this place of the turn, where that is known: it is the nearest unless another
    shares more. `anew` is what is known of how to record again; by `views` a difference that a rule sets aside is none.
    `found` are the differences, where somebody has them already. `how` is the looser way in which it was answered all
    the same. `name` says how an exchange is called: of several files, with its own.
    """
    nearest, shared = nearest_of(miss, due)
    if not found:
        found = differences(miss, nearest, shared, views=views)
    told = Divergence(
        turn=turn,
        session=session,
        method=miss.request.method,
        path=miss.request.path,
        nearest=None if nearest is None else nearest.id,
        nearest_turn=None if nearest is None else nearest.turn,
        shared=shared,
        sent=compared.messages(miss.request),
        recorded=0 if nearest is None else compared.messages(nearest.request),
        first=found[0] if found else None,
        more=max(len(found) - 1, 0),
        ambiguous=tuple(one.id for one in miss.ambiguous),
    )
    told = msgspec.structs.replace(told, why=_why(told, miss, nearest, how=how, name=name))
    return msgspec.structs.replace(told, advice=advise(told, miss, anew, name=name))


def unasked(found: Sequence[TurnVerdict], anew: Anew) -> tuple[TurnVerdict, ...]:
    """The same; the first turn that nobody asked for says what to do, where nothing of its conversation tells more."""
    told = {turn.session for turn in found if turn.divergence is not None}
    each = []
    for one in found:
        turn = one
        if one.outcome == "missing" and one.session not in told:
            told.add(one.session)
            why = one.note or "nobody asked for it"
            bare = Divergence(turn=one.number, session=one.session, why=why)
            advice = f"if it is no more asked for, {record(bare, anew)}; if it should be, see why the client stopped"
            turn = msgspec.structs.replace(one, divergence=msgspec.structs.replace(bare, advice=advice))
        each.append(turn)
    return tuple(each)


def differences(
    miss: Miss, nearest: Exchange | None, shared: int, *, turn: int | None = None, views: Views | None = None
) -> tuple[Difference, ...]:
    """In what a request differs from the recording that is nearest; nothing where it does not differ."""
    if nearest is None or miss.used:
        return ()
    turn = nearest.turn if turn is None else turn
    found = compared.differences(nearest.request, miss.request, shared=shared, turn=turn)
    return found if views is None else compared.counting(found, views(nearest, miss.request))


def nearest_of(miss: Miss, due: Exchange | None) -> tuple[Exchange | None, int]:
    """The recording that a request is compared with, and how many messages both share."""
    if due is None or miss.used or (miss.nearest is not None and miss.nearest.id == due.id):
        return miss.nearest, miss.shared
    shared = compared.shared_messages(due.request, miss.request)
    return (miss.nearest, miss.shared) if miss.nearest is not None and miss.shared > shared else (due, shared)


def explain(  # noqa: PLR0913 - as `diverged`
    miss: Miss,
    *,
    file: str = "",
    turn: int | None = None,
    anew: Anew = NOTHING_KNOWN,
    views: Views | None = None,
    name: Name = _by_id,
) -> dict[str, dict[str, Any]]:
    """The body of a 599: what was asked, what is nearest, where the two part, and what to do."""
    if file:
        anew = msgspec.structs.replace(anew, file=file)
    told = diverged(miss, turn=turn, anew=anew, views=views, name=name)
    error: dict[str, Any] = {
        "type": "nexdiag_unmatched",
        "message": f"{told.method} {told.path}: {told.why}",
        "turn": told.turn if told.turn is not None else told.nearest_turn,
        "nearest": told.nearest,
        "shared": told.shared,
    }
    if told.first is not None:
        left, right = shown(told.first)
        error |= {"pointer": told.first.pointer, "recorded": left, "sent": right, "more": told.more}
    if told.ambiguous:
        error["ambiguous"] = list(told.ambiguous)
    return {"error": error | {"hint": told.advice}}


def in_words(told: Divergence) -> str:
    """Why, with both values of the first difference: for an error, which has nothing but its words."""
    if told.first is None:
        return told.why
    left, right = ("nothing" if text is None else repr(text) for text in shown(told.first))
    where = f"; from the first of them it differs in {told.first.pointer}" if told.ambiguous else ""
    return f"{told.why}{where}: recorded {left}, sent {right}" + (f"; and {told.more} more" if told.more else "")


def shown(one: Difference) -> tuple[str | None, str | None]:
    """Both values as texts, of a sane length: long ones from a little before the place where they part."""
    left = None if one.kind == "added" else _text(one.left)
    right = None if one.kind == "removed" else _text(one.right)
    if left is None or right is None or max(len(left), len(right)) <= _LONGEST:
        return (None if left is None else both_ends(left, _LONGEST)), (
            None if right is None else both_ends(right, _LONGEST)
        )
    start = max(_same(left, right) - _LEAD, 0)
    return _from(left, start), _from(right, start)


def _same(left: str, right: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))


def _from(text: str, start: int) -> str:
    end = start + _LONGEST
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, RecursionError):
        return repr(type(value))


def _why(told: Divergence, miss: Miss, nearest: Exchange | None, *, how: str, name: Name) -> str:
    """What is wrong, without the values."""
    if miss.ambiguous:
        ids = " and ".join(map(name, miss.ambiguous))
        return f"exchanges {ids} fit this request equally well, and differ: none of them was taken"
    if nearest is None:
        return "every recorded exchange has been played, and this request came on top"
    which = f"exchange {name(nearest)}" + (f" (turn {nearest.turn})" if nearest.turn is not None else "")
    if how:
        return f"answered by --match {how} from {which}, which is not the recording of this request: {_apart(told)}"
    if miss.used:
        return f"{which} answers this request, and it has already been played"
    played = ", and has already been played" if miss.played and nearest is miss.nearest else ""
    return f"no recording of this request; {which} is nearest{played}: {_apart(told)}"


def _apart(told: Divergence) -> str:
    words = []
    if not told.shared == told.sent == told.recorded:
        words.append(f"it {_beginning(told)} ({told.sent} sent, {told.recorded} recorded)")
    if told.first is not None:
        words.append(f"it first differs in {told.first.pointer or 'its body'} ({told.first.kind})")
    return "; ".join(words) or "its body is another one"


def _beginning(told: Divergence) -> str:
    """What both share from the first message on: behind the first that differs nothing is said to be equal."""
    if told.shared:
        return f"shares its first {told.shared} messages" if told.shared > 1 else "shares its first message"
    return "differs from the first message on" if told.sent and told.recorded else "shares no message"
