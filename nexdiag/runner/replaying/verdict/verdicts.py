"""What came of each turn that was played again. Pure.

exact      each request is the recorded one, as matching has it, and the turn came out as it did: outcome, reply, error,
           tool runs, tokens
changed    a request has no recording, or is answered by a looser way of matching and differs, or the turn came out
           otherwise
missing    something that was recorded was not asked for
extra      more was asked for than was recorded
mended     the recorded request was refused, lint says why, and what is sent now is free of it, and of other errors
unchecked  it was cut short when it was recorded, or comes after a turn that was, or that is mended; or not all of it
           was asked for, and that is allowed

With a fault laid over an answer a turn may take more attempts than were recorded. It is exact all the same if the user
saw the same (outcome, reply, error), the same tools ran with the same outputs, and every request, retries included,
means what a recorded one means: then the model was told the same. Tokens are not compared in a turn that a fault
struck: an answer that broke off has told some, and is paid for, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange
from nexdiag.core.replayed import Divergence, Pair, TurnVerdict
from nexdiag.core.turn import Turn
from nexdiag.replay.answers import Answers
from nexdiag.runner.replaying.verdict.advice import NOTHING_KNOWN, Anew, again, of_fault
from nexdiag.runner.replaying.verdict.consequences import Missed, Root, roots
from nexdiag.runner.replaying.verdict.divergence import Views, differences, diverged, nearest_of, unasked
from nexdiag.runner.replaying.verdict.loosely import LOOSE, loosely
from nexdiag.runner.replaying.verdict.mended import mended

CUT_SHORT = ("unfinished", "cancelled")
_NAMED = 5
"""Exchanges that a note names; the others are counted."""
_BESIDE = "requests that belong to no turn"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation as it was played."""

    before: tuple[Turn, ...]
    """Its turns as they were recorded."""
    exchanges: tuple[Exchange, ...]
    """What was recorded in them."""
    after: tuple[Turn, ...]
    """The same as they came out now."""
    seconds: tuple[float, ...]
    """How long each took."""
    answers: Answers
    profile: Profile
    """Of the server that was recorded."""
    anew: Anew = NOTHING_KNOWN
    views: Views | None = None
    """Both bodies without what rules set aside, where that is known."""
    unplayed: bool = False
    """Whether recordings may be left over."""


def verdicts(played: Played) -> tuple[TurnVerdict, ...]:
    """How each turn came out, in order; then, with the number 0, what was asked beside them and has no recording."""
    judging = _Judging(played)
    found: list[TurnVerdict] = []
    for place, (before, after) in enumerate(zip(played.before, played.after, strict=True)):
        one = judging.turn(before, after)
        found.append(msgspec.structs.replace(one, seconds=played.seconds[place]))
        if one.outcome == "mended":
            why = f"it goes on from turn {before.number}, and the recorded answer to that is an error"
            found += unchecked(played.before[place + 1 :], why)
            break
    return unasked((*found, *judging.beside()), played.anew)


def unchecked(turns: Sequence[Turn], why: str = "a turn before it was cut short") -> Iterator[TurnVerdict]:
    """Turns that cannot be judged."""
    for turn in turns:
        cut = f"it was {turn.outcome} when it was recorded" if turn.outcome in CUT_SHORT else why
        yield TurnVerdict(number=turn.number, session=turn.session, said=turn.said, outcome="unchecked", note=cut)


def outside(exchanges: Sequence[Exchange]) -> Iterator[TurnVerdict]:
    """One verdict, with the number 0, for what was sent outside turns: nothing in a rerun asks for it."""
    if exchanges:
        named = ", ".join(f"{one.id} ({one.request.method} {one.request.path[:80]})" for one in exchanges[:_NAMED])
        more = f" and {len(exchanges) - _NAMED} more" if len(exchanges) > _NAMED else ""
        note = f"sent outside turns, and not asked for in a rerun: exchange {named}{more}"
        yield TurnVerdict(number=0, said="", outcome="unchecked", note=note)


def unstruck(lines: Iterable[tuple[str, ...] | None]) -> Iterator[TurnVerdict]:
    """One verdict, with the number 0, for faults that struck nothing in any conversation: nothing was tried."""
    each = [set(told) for told in lines if told is not None]
    never = sorted(set.intersection(*each)) if each else []
    if never:
        yield TurnVerdict(number=0, said="", outcome="unchecked", note="; ".join(never))


class _Judging:
    """One conversation: who answered what in each turn, what had no answer, what followed from what."""

    def __init__(self, played: Played) -> None:
        self._played = played
        answers = played.answers
        self._left = {exchange.id for exchange in answers.unplayed()}
        pairing = answers.pairing()
        self._pairs: dict[int | None, list[Pair]] = defaultdict(list)
        for pair, (_, exchange) in zip(pairing.pairs, answers.pairs, strict=True):
            self._pairs[exchange.turn].append(pair)
        self._missed: dict[int | None, Missed] = {}
        self._recorded: dict[int | None, list[Exchange]] = defaultdict(list)
        for exchange in played.exchanges:
            self._recorded[exchange.turn].append(exchange)
        self._beside: list[Missed] = []
        numbers, recorded = {turn.number for turn in played.before}, {one.turn for one in played.exchanges}
        for one in sorted(self._all_missed(), key=lambda one: one.place):
            if one.turn in numbers:
                self._missed.setdefault(one.turn, one)  # what comes after it in the turn follows from it
            elif one.turn is None or one.turn not in recorded:  # else the turn has not come to its end
                self._beside.append(one)
        self._roots = {root.missed.turn: root for root in roots(self._missed.values(), played.exchanges)}
        self._own = {place for root in self._roots.values() for place in root.own}

    def _all_missed(self) -> Iterator[Missed]:
        """What had no answer, and what was answered by a looser way of matching, and differs."""
        answers = self._played.answers
        for place, number, miss in answers.misses:
            yield Missed(place=place, miss=miss, turn=number, session="", due=self._due(number))
        views = self._played.views
        for pair, (asked, exchange) in zip(answers.pairing().pairs, answers.pairs, strict=True):
            one = loosely(pair, asked, exchange, turn=exchange.turn, session="", views=views)
            if one is not None:
                yield one

    def beside(self) -> Iterator[TurnVerdict]:
        """One verdict, with the number 0, for requests that belong to no turn and have no recording."""
        if not self._beside:
            return
        known = self._played
        first, more = self._beside[0], len(self._beside) - 1
        told = diverged(
            first.miss, session=next((turn.session for turn in known.before), ""), anew=known.anew, views=known.views
        )
        note = f"{told.method} {told.path}: {told.why}" + (f"; and {more} more" if more else "")
        yield TurnVerdict(number=0, session=told.session, said=_BESIDE, outcome="extra", note=note, divergence=told)

    def turn(self, before: Turn, after: Turn) -> TurnVerdict:
        """How one turn came out."""
        missed = self._missed.get(before.number)
        seen = tuple(_came_out(before, after, tokens=not self._struck(before.number)))
        if missed is not None:
            return self._without_answer(before, missed, seen)
        left = [exchange.id for exchange in self._recorded[before.number] if exchange.id in self._left]
        note = ""
        if left:
            note = f"not asked for: exchange {', '.join(map(str, left[:_NAMED]))}{' and more' * (len(left) > _NAMED)}"
            note += ", which is allowed" if self._played.unplayed else ""
        without = "unchecked" if self._played.unplayed else "missing"
        outcome = "changed" if seen else without if left else "exact"
        faults = [pair.fault for pair in self._pairs[before.number] if pair.fault]
        told = None
        if seen and faults:
            why = f"struck by {', '.join(dict.fromkeys(faults))}, it came out otherwise"
            told = Divergence(
                turn=before.number, session=before.session, first=seen[0], why=why, advice=of_fault(faults)
            )
        return _verdict(before, outcome, seen, note=note or self._loosely(before.number), told=told)

    def _without_answer(self, before: Turn, missed: Missed, seen: tuple[Difference, ...]) -> TurnVerdict:
        root = self._roots.get(before.number)
        if root is None:
            own = " and differs by itself too" if missed.place in self._own else ""
            first = next(iter(self._roots))
            sent = self._sent(before, missed) if own else ()
            outcome = "changed" if missed.due is not None else "extra"
            return _verdict(before, outcome, (*sent, *seen), note=f"it comes after what changed in turn {first}{own}")
        sent = self._sent(before, missed)
        told = self._divergence(before, root, sent)
        if missed.due is not None:
            gone = mended(missed.due, missed.miss.request, self._played.profile)
            if gone:
                return self._mended(before, gone, sent, told)
        outcome = "changed" if missed.due is not None else "extra"
        return _verdict(before, outcome, (*sent, *seen), note=f"{told.method} {told.path}: {told.why}", told=told)

    def _mended(
        self, before: Turn, gone: tuple[str, ...], sent: tuple[Difference, ...], told: Divergence
    ) -> TurnVerdict:
        anew = f"take a new one: {again(self._played.anew, before.number)}"
        error = f"the recorded answer to turn {before.number} is an error"
        told = msgspec.structs.replace(told, consequences=0, advice=f"{error}; {anew}")
        return _verdict(before, "mended", sent, note=f"{', '.join(gone)} gone, nothing new; {error}; {anew}", told=told)

    def _sent(self, before: Turn, missed: Missed) -> tuple[Difference, ...]:
        """The request that was recorded at this place against the one that was sent."""
        nearest, shared = nearest_of(missed.miss, missed.due)
        if missed.due is None:
            return ()
        return differences(missed.miss, nearest, shared, turn=before.number, views=self._played.views)

    def _divergence(self, before: Turn, root: Root, sent: tuple[Difference, ...]) -> Divergence:
        one = root.missed
        known = self._played
        told = diverged(
            one.miss,
            due=one.due,
            turn=one.turn,
            session=before.session,
            anew=known.anew,
            views=known.views,
            found=sent,
            how=one.how,
        )
        return msgspec.structs.replace(told, consequences=len(root.consequences))

    def _due(self, turn: int | None) -> Exchange | None:
        """The recording that stood where the first request without one came."""
        return next((exchange for exchange in self._recorded[turn] if exchange.id in self._left), None)

    def _struck(self, turn: int) -> bool:
        return any(pair.fault for pair in self._pairs[turn])

    def _loosely(self, turn: int) -> str:
        """That a looser way of matching was needed, though nothing differs that counts."""
        ways = dict.fromkeys(pair.how for pair in self._pairs[turn] if pair.how in LOOSE)
        return f"matched by {' and '.join(ways)}" if ways else ""


def _verdict(
    turn: Turn, outcome: str, found: Sequence[Difference], *, note: str = "", told: Divergence | None = None
) -> TurnVerdict:
    return TurnVerdict(
        number=turn.number,
        session=turn.session,
        said=turn.said,
        outcome=outcome,
        differences=tuple(msgspec.structs.replace(one, session=turn.session) for one in found),
        note=note,
        divergence=told,
    )


def _came_out(before: Turn, after: Turn, *, tokens: bool) -> Iterator[Difference]:
    """What came of the turn: its end, the reply, the tool runs, the tokens."""
    pairs = [(field, getattr(before, field), getattr(after, field)) for field in ("outcome", "reply", "error")]
    pairs.append(("tools", _runs(before), _runs(after)))
    if tokens:
        pairs.append(("tokens", msgspec.to_builtins(before.usage), msgspec.to_builtins(after.usage)))
    for field, left, right in pairs:
        if left != right:
            yield Difference(pointer=f"({field})", left=left, right=right, turn=before.number)


def _runs(turn: Turn) -> list[dict[str, object]]:
    """The tool runs without their times."""
    return [
        {"name": run.name, "arguments": run.arguments, "output": run.output, "is_error": run.is_error}
        for run in turn.tool_runs
    ]
