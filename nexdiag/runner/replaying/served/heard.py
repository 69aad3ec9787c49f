"""What clients asked of a served recording, judged: who answered whom, and how each turn came out. Pure.

A turn is exact if each of its exchanges was asked for in its own words, or in words that differ only by what a rule
sets aside. Requests that belong to no turn (a list of models, a title) stand together as turn 0, where something is to
be said of them.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Divergence, Pair, TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.core.turn import Turn
from nexdiag.lint.subject import profile_of
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.matching.volatile import Volatile
from nexdiag.report.wording import count
from nexdiag.runner.replaying.age import expired
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.together import Recording, Share
from nexdiag.runner.replaying.verdict.advice import Anew
from nexdiag.runner.replaying.verdict.consequences import Missed, roots
from nexdiag.runner.replaying.verdict.divergence import Views, diverged
from nexdiag.runner.replaying.verdict.mended import mended

BESIDE = 0
"""The number of the turn that stands for what belongs to none."""
_IN_ITS_WORDS = frozenset({"same", "rule", "again"})
_ASIDE = "requests that belong to no turn"
_AFTER_MENDED = "it comes after a turn that is mended: nobody knows what follows"
_Key = tuple[str, int]


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
        replayed=tuple(_Verdicts(share, how, now).all()),
        seconds=seconds,
        expired="" if now is None else expired(cassette.header, how.max_age, now),
    )


def judged(share: Share, how: How, *, now: float, seconds: float = 0.0) -> Replayed:
    """The same, and why it may not pass although each turn came out as it was recorded."""
    run = heard(share, how, now=now, seconds=seconds)
    one = Replayed(path=str(share.recording.path), run=run)
    if run.expired and how.expired == "fail" and not run.differs:
        return msgspec.structs.replace(one, what=run.expired, hint="record it again: nexdiag capture", code=1)
    return one


def anew_of(recording: Recording) -> Anew:
    """What is known of how it was made."""
    header = recording.cassette.header
    ours = not header.command and header.scenario is not None
    return Anew(file=str(recording.path), command=header.command, ours=ours)


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
        self._exchanges: dict[_Key, list[Exchange]] = defaultdict(list)
        for exchange in self._cassette.exchanges:
            self._exchanges[_key(exchange)].append(exchange)
        self._pairs: dict[int, list[Pair]] = defaultdict(list)
        for pair in share.pairing.pairs:
            self._pairs[pair.exchange].append(pair)
        self._unplayed = frozenset(share.pairing.unplayed)
        self._missed: dict[_Key, list[Missed]] = defaultdict(list)
        for place, miss in share.misses:
            key = _meant(miss)
            session = key[0] if key[1] != BESIDE else None
            self._missed[key].append(Missed(place=place, miss=miss, turn=key[1], session=session))
        self._divergences = dict(_divergences(share, self._missed, views_of(share.recording, how, now)))

    def all(self) -> Iterator[TurnVerdict]:
        turns: dict[_Key, Turn | None] = {(turn.session, turn.number): turn for turn in self._cassette.turns}
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

    def _verdict(self, key: _Key, turn: Turn | None) -> TurnVerdict:
        codes = self._mended(key)
        outcome, note = ("mended", ", ".join(codes)) if codes else self._outcome(key)
        return TurnVerdict(
            number=key[1],
            session=key[0],
            said=_ASIDE if turn is None else turn.said,
            outcome=outcome,
            note=note,
            divergence=self._divergences.get(key),
        )

    def _mended(self, key: _Key) -> tuple[str, ...]:
        """The codes of the findings for which it was refused, and which what was sent instead no longer has."""
        missed = self._missed.get(key)
        if not missed or missed[0].miss.nearest is None or missed[0].miss.ambiguous:
            return ()
        return mended(missed[0].miss.nearest, missed[0].miss.request, profile_of(self._cassette))

    def _outcome(self, key: _Key) -> tuple[str, str]:
        exchanges = self._exchanges[key]
        left = [exchange for exchange in exchanges if exchange.id in self._unplayed]
        if key in self._missed:
            return ("changed" if left else "extra"), ""
        if not exchanges:
            return "unchecked", "no request was recorded for it"
        if left and self._leftover:
            return (
                "unchecked",
                f"{len(left)} of {count(len(exchanges), 'request')} were not asked for, which is allowed",
            )
        if left:
            asked = len(exchanges) - len(left)
            return "missing", f"{asked} of {count(len(exchanges), 'request')} were asked for" if asked else ""
        ways = {pair.how for exchange in exchanges for pair in self._pairs[exchange.id]} - _IN_ITS_WORDS
        if ways:
            return "unchecked", f"answered by --match {min(ways)}: a request is not the recorded one"
        return "exact", ""


def _divergences(share: Share, missed: dict[_Key, list[Missed]], views: Views) -> Iterator[tuple[_Key, Divergence]]:
    """The first of each conversation, and how many requests differ only because of it."""
    anew = anew_of(share.recording)
    keys = {one.place: key for key, found in missed.items() for one in found}
    ordered = sorted((one for found in missed.values() for one in found), key=lambda one: one.place)
    for root in roots(ordered, share.recording.cassette.exchanges):
        session, turn = key = keys[root.missed.place]
        found = diverged(root.missed.miss, turn=turn, session=session, anew=anew, views=views)
        yield key, msgspec.structs.replace(found, consequences=len(root.consequences))


def _meant(miss: Miss) -> _Key:
    """The turn that a request without an answer was probably of: that of the nearest recording, if it is near."""
    nearest = miss.nearest or next(iter(miss.ambiguous), None)
    if nearest is None:
        return "", BESIDE
    asked, there = miss.request, nearest.request
    same_place = (asked.method, asked.path.partition("?")[0]) == (there.method, there.path.partition("?")[0])
    return _key(nearest) if same_place or miss.shared else ("", BESIDE)


def _key(exchange: Exchange) -> _Key:
    return (exchange.session, exchange.turn) if exchange.turn is not None else ("", BESIDE)
