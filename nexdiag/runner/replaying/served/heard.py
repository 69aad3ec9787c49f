"""What clients asked of a served recording, judged: who answered whom, and how each turn came out. Pure.

A turn is exact if each of its exchanges was asked for in its own words, or in words that differ only by what a rule
sets aside. Where a fault struck, that is so only if its client asked again, and had what was recorded. Requests that
belong to no turn (a list of models, a title) stand together as turn 0, where something is to be said of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.codec.fault import decode
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Divergence, Pair, TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.core.turn import Turn
from nexdiag.lint.subject import profile_of
from nexdiag.replay.faults.laying import SPENDS
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.matching.volatile import Volatile
from nexdiag.report.visible import words_only
from nexdiag.report.wording import count
from nexdiag.runner.replaying.age import expired
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.placed import BESIDE, Key, key_of, placed, said_in
from nexdiag.runner.replaying.served.together import Recording, Share
from nexdiag.runner.replaying.verdict.advice import Anew, again, of_fault
from nexdiag.runner.replaying.verdict.consequences import Missed, roots
from nexdiag.runner.replaying.verdict.divergence import Views, diverged, unasked
from nexdiag.runner.replaying.verdict.loosely import loosely
from nexdiag.runner.replaying.verdict.mended import mended

_IN_ITS_WORDS = frozenset({"same", "rule", "again"})
_NAMED = 5
"""Turns that an advice names; of more it says that there are."""
_ASIDE = "requests that belong to no turn"
_AFTER_MENDED = "it comes after a turn that is mended: nobody knows what follows"


def heard(share: Share, how: How, *, now: float | None = None, seconds: float = 0.0) -> Run:
    """The run that the requests come to. `now` is the unix time at which they came, `seconds` how long it took."""
    cassette = share.recording.cassette
    name = cassette.header.scenario.name if cassette.header.scenario is not None else ""
    return Run(
        name=name or share.recording.path.name,
        cassette=cassette,
        profile=profile_of(cassette).name,
        how="served",
        pairing=share.pairing,
        replayed=unasked(tuple(_Verdicts(share, how, now).all()), anew_of(share.recording)),
        seconds=seconds,
        expired="" if now is None else expired(cassette.header, how.max_age, now),
    )


def judged(share: Share, how: How, *, now: float, seconds: float = 0.0) -> Replayed:
    """The same, and why it may not pass although each turn came out as it was recorded."""
    run = heard(share, how, now=now, seconds=seconds)
    one = Replayed(path=str(share.recording.path), run=run)
    if run.expired and how.expired == "fail" and not run.differs:
        hint = f"record it again: {again(anew_of(share.recording), None)}"
        return msgspec.structs.replace(one, what=run.expired, hint=hint, code=1)
    return one


def anew_of(recording: Recording) -> Anew:
    """What is known of how it was made, and what was just run against it."""
    header = recording.cassette.header
    ours = not header.command and header.scenario is not None
    return Anew(
        file=str(recording.path),
        command=words_only(header.command),
        upstream=header.origin,
        run=recording.run,
        ours=ours,
    )


def views_of(recording: Recording, how: How, now: float | None) -> Views:
    """Reads a recorded request and one that was sent by the rules of the replay. Made when it is first wanted."""
    made: list[Volatile] = []

    def views(recorded: Exchange, asked: Request) -> tuple[object, object]:
        if not made:
            made.append(Volatile(parse(how.ignore), recording.cassette.exchanges))
        return made[0].views(recorded, asked, now)

    return views


class _Verdicts:
    def __init__(self, share: Share, how: How, now: float | None) -> None:
        self._cassette = share.recording.cassette
        self._leftover = how.unplayed
        self._exchanges: dict[Key, list[Exchange]] = defaultdict(list)
        for exchange in self._cassette.exchanges:
            self._exchanges[key_of(exchange)].append(exchange)
        self._pairs: dict[int, list[Pair]] = defaultdict(list)
        for pair in share.pairing.pairs:
            self._pairs[pair.exchange].append(pair)
        self._unplayed = frozenset(share.pairing.unplayed)
        self._missed: dict[Key, list[Missed]] = defaultdict(list)
        for key, missed in placed(share.misses, self._cassette, self._unplayed):
            self._missed[key].append(missed)
        self._spans, self._cut = share.spans, share.cut
        views = views_of(share.recording, how, now)
        for key, one in self._answered_loosely(share, views):
            self._missed[key] = sorted((*self._missed[key], one), key=lambda one: one.place)
        self._own: set[int] = set()
        """Places of requests that differ by themselves, behind the first of their conversation."""
        self._divergences = dict(self._diverged(share, views))

    def all(self) -> Iterator[TurnVerdict]:
        turns: dict[Key, Turn | None] = {(turn.session, turn.number): turn for turn in self._cassette.turns}
        beside = sorted({*self._exchanges, *self._missed} - set(turns))
        healed: set[str] = set()
        for key, turn in [*turns.items(), *((key, None) for key in beside)]:
            verdict = self._verdict(key, turn)
            if verdict.differs and key[0] in healed and key[1] != BESIDE:
                verdict = msgspec.structs.replace(verdict, outcome="unchecked", note=_AFTER_MENDED, divergence=None)
            if verdict.outcome == "mended":
                healed.add(key[0])
            if key[1] != BESIDE or verdict.differs or not turns:
                yield verdict

    def _answered_loosely(self, share: Share, views: Views) -> Iterator[tuple[Key, Missed]]:
        """What was answered by another request's recording: it counts like a miss."""
        by_id = {exchange.id: exchange for exchange in self._cassette.exchanges}
        for pair in share.pairing.pairs:
            if pair.request in share.asked:
                recorded = by_id[pair.exchange]
                key = key_of(recorded)
                session = key[0] if key[1] != BESIDE else None
                asked = share.asked[pair.request]
                one = loosely(pair, asked, recorded, turn=key[1], session=session, views=views)
                if one is not None:
                    yield key, one

    def _diverged(self, share: Share, views: Views) -> Iterator[tuple[Key, Divergence]]:
        """The first of each conversation, and how many requests differ only because of it."""
        anew = anew_of(share.recording)
        keys = {one.place: key for key, found in self._missed.items() for one in found}
        ordered = sorted((one for found in self._missed.values() for one in found), key=lambda one: one.place)
        for root in roots(ordered, self._cassette.exchanges):
            session, turn = key = keys[root.missed.place]
            one = root.missed
            found = diverged(
                one.miss, due=one.due, turn=turn, session=session, anew=anew, views=views, how=one.how, name=share.name
            )
            advice = found.advice
            meant = one.due is None or said_in(one.due.request) == said_in(one.miss.request)  # else it says otherwise
            faults = self._struck_before(session, one.place) if turn != BESIDE and meant else []
            if faults:
                advice = of_fault(faults)
            own = list(dict.fromkeys(keys[place][1] for place in root.own if keys[place] != key))
            if own:
                several = "s" * (len(own) > 1)
                numbers = ", ".join(map(str, own[:_NAMED])) + " and more" * (len(own) > _NAMED)
                advice += f"; look at turn{several} {numbers} too: what was asked there differs by itself"
            self._own.update(root.own)
            yield key, msgspec.structs.replace(found, consequences=len(root.consequences), advice=advice)

    def _struck_before(self, session: str, place: int) -> list[str]:
        """The faults that struck this conversation before a request."""
        mine = {one.id for one in self._cassette.exchanges if one.session == session and one.turn is not None}
        pairs = (pair for number, found in self._pairs.items() if number in mine for pair in found)
        return [pair.fault for pair in pairs if pair.fault and pair.request < place]

    def _by_itself(self, key: Key, said: str) -> tuple[str, tuple[Difference, ...]]:
        """That a later request of a conversation differs by itself too, and in what."""
        own = next((one for one in self._missed.get(key, ()) if one.place in self._own), None)
        if own is None or key in self._divergences:
            return "", ()
        asked = said_in(own.miss.request)
        pointer = "(said)"
        seen = (Difference(pointer=pointer, left=said, right=asked, turn=key[1]),) if asked and asked != said else ()
        return "it comes after what changed before, and differs by itself too", seen

    def _verdict(self, key: Key, turn: Turn | None) -> TurnVerdict:
        codes = self._mended(key)
        outcome, note = ("mended", ", ".join(codes)) if codes else self._outcome(key)
        said = turn.said if turn is not None else _ASIDE if key[1] == BESIDE else self._asked(key)
        itself, seen = self._by_itself(key, said)
        return TurnVerdict(
            number=key[1],
            session=key[0],
            said=said,
            outcome=outcome,
            note=note or itself,
            differences=seen,
            divergence=self._divergences.get(key),
            seconds=self._seconds(key),
        )

    def _asked(self, key: Key) -> str:
        """What the first request of a turn says that was not recorded."""
        missed = self._missed.get(key)
        return (said_in(missed[0].miss.request) or "") if missed else ""

    def _seconds(self, key: Key) -> float:
        """From its first request to the end of its last answer; 0 where nothing was asked."""
        spans = [self._spans[one.id] for one in self._exchanges[key] if one.id in self._spans]
        return max(end for _, end in spans) - min(began for began, _ in spans) if spans else 0.0

    def _mended(self, key: Key) -> tuple[str, ...]:
        """The codes of the findings for which it was refused, and which what was sent instead no longer has."""
        missed = self._missed.get(key)
        if not missed or missed[0].how or missed[0].miss.nearest is None or missed[0].miss.ambiguous:
            return ()
        return mended(missed[0].miss.nearest, missed[0].miss.request, profile_of(self._cassette))

    def _outcome(self, key: Key) -> tuple[str, str]:
        exchanges = self._exchanges[key]
        left = [exchange for exchange in exchanges if exchange.id in self._unplayed]
        if key in self._missed:
            answered = any(one.how for one in self._missed[key])
            return ("changed" if left or answered else "extra"), ""
        if not exchanges:
            return "unchecked", "no request was recorded for it"
        if left and self._leftover:
            return "unchecked", f"{_of(len(left), len(exchanges))} not asked for, which is allowed"
        if left:
            asked = len(exchanges) - len(left)
            return "missing", f"{_of(asked, len(exchanges))} asked for" if asked else ""
        undelivered = self._undelivered(exchanges)
        if undelivered:
            return "unchecked", undelivered
        ways = {pair.how for exchange in exchanges for pair in self._pairs[exchange.id]} - _IN_ITS_WORDS
        return "exact", f"matched by {' and '.join(sorted(ways))}" if ways else ""

    def _undelivered(self, exchanges: Sequence[Exchange]) -> str:
        """Why a recorded answer never went out whole, though it was asked for; empty if each did."""
        last = [self._pairs[exchange.id][-1].fault for exchange in exchanges if self._pairs[exchange.id]]
        struck = next((fault for fault in last if fault and decode(fault).kind not in SPENDS), "")
        if struck:
            return f"{struck} struck it, and nobody asked again: the recorded answer never went out"
        cut = any(exchange.id in self._cut for exchange in exchanges)
        return "the server was closed before its answer was whole" if cut else ""


def _of(some: int, every: int) -> str:
    """`1 of 2 requests was`."""
    return f"{some} of {count(every, 'request')} {'was' if some == 1 else 'were'}"
