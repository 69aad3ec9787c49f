"""Which fault strikes which answer, and how often. It is asked for each request, and counts; it has no lock.

A fault names a turn, and a model request within it. In a recording without turns each model request is a turn of its
own, in order; where others have turns, a request without one is struck by no fault. Recordings with several
conversations have each turn once in each, and all of them are struck.

Several faults at one place strike one after the other, in the order in which they are named.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nexdiag.codec import fault as texts
from nexdiag.codec.wire import wire_of
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.fault import Fault
from nexdiag.replay.faults.blocks import read
from nexdiag.replay.faults.kinds import CannotStrikeError, settle, strike
from nexdiag.replay.playback import Laid, playback

SPENDS = frozenset({"slow"})
"""Kinds after which a client has what was recorded: whoever asks again asks for something else."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exchange stands in its recording."""

    turn: int
    number: int
    """Which model request of the turn, from 1."""
    exchange: Exchange


class _Due:
    """A fault at its place."""

    def __init__(self, fault: Fault, times: int) -> None:
        self.fault = fault
        self.left = self._times = times

    def told(self, *, again: bool) -> str:
        """That it has not struck, or not as often as it should."""
        struck = f"struck {self._times - self.left} of {self._times} times" if self.left < self._times else "not struck"
        asked = f"nobody asked for the answer {_where(self.fault)}{' again' * again}"
        return f"{texts.encode(self.fault)} has {struck}: {asked}"


class Overlay:
    """Faults over one recording."""

    def __init__(self, faults: Sequence[Fault], exchanges: Iterable[Exchange], *, seed: int = 0) -> None:
        """See `overlay`."""
        self._due: dict[int, list[_Due]] = defaultdict(list)
        self._asked: set[int] = set()
        self._cannot: list[str] = []
        self._reachable = list(places(exchanges))
        for fault in map(texts.checked, faults):
            self._settle(fault, seed)

    def __call__(self, exchange: Exchange) -> Laid | None:
        """The fault that strikes the answer this time, if one does."""
        self._asked.add(exchange.id)
        due = next((due for due in self._due.get(exchange.id, ()) if due.left), None)
        if due is None:
            return None
        due.left -= 1
        laid = strike(due.fault, read(playback(exchange)))
        return Laid(playback=laid, fault=texts.encode(due.fault), spends=due.fault.kind in SPENDS)

    def unstruck(self) -> tuple[str, ...]:
        """What has not struck, in a line each: because it cannot, or because nobody has asked, or not again."""
        left = [(number, due) for number, many in self._due.items() for due in many if due.left]
        return (*self._cannot, *(due.told(again=number in self._asked) for number, due in left))

    def _settle(self, fault: Fault, seed: int) -> None:
        struck, reasons = 0, []
        for place in self._reachable:
            if fault.turn in (None, place.turn) and fault.exchange == place.number:
                here = msgspec.structs.replace(fault, turn=place.turn, times=1)
                try:
                    settled = settle(here, read(playback(place.exchange)), seed=seed)
                except CannotStrikeError as error:
                    reasons.append(f"{texts.encode(here)} cannot strike the answer {_where(here)}: {error}")
                else:
                    self._due[place.exchange.id].append(_Due(settled, fault.times))
                    struck += 1
        if not struck:
            raise UsageError(reasons[0] if reasons else self._nowhere(fault), hint=_HINT)
        self._cannot += reasons

    def _nowhere(self, fault: Fault) -> str:
        what = f"{texts.encode(fault)} cannot strike"
        if not self._reachable:
            return f"{what}: the recording holds no model request"
        turns = sorted({place.turn for place in self._reachable})
        if fault.turn is not None and fault.turn not in turns:
            return f"{what}: wanted turn {fault.turn}, found turns {turns[0]} to {turns[-1]}"
        most = max(place.number for place in self._reachable if fault.turn in (None, place.turn))
        return f"{what}: wanted model request {fault.exchange} of the turn, found {most}"


_HINT = "see what was recorded with: nexdiag cassette show FILE"


def overlay(faults: Sequence[Fault], exchanges: Iterable[Exchange], *, seed: int = 0) -> Overlay:
    """What lays these faults over the answers of a recording; what they leave open is drawn by `seed`.

    Raises `UsageError` for a fault that can strike no answer of it. Where one for each turn strikes some of them only,
    `unstruck` tells the others.
    """
    return Overlay(faults, exchanges, seed=seed)


def places(exchanges: Iterable[Exchange]) -> Iterator[Place]:
    """The model requests of a recording, each with its turn and its number within it."""
    found = sorted(exchanges, key=lambda one: one.id)
    asked = [one for one in found if wire_of(one.request.url) is not None]
    asked = asked or [one for one in found if one.request.method.upper() == "POST"]  # of a wire that nobody here knows
    turnless = all(one.turn is None for one in asked)
    numbers: dict[tuple[str, int], int] = defaultdict(int)
    for order, exchange in enumerate(asked, start=1):
        turn = order if turnless else exchange.turn
        if turn is not None:
            numbers[exchange.session, turn] += 1
            yield Place(turn=turn, number=numbers[exchange.session, turn], exchange=exchange)


def _where(fault: Fault) -> str:
    return f"of turn {fault.turn}" + (f", request {fault.exchange}" if fault.exchange != 1 else "")
