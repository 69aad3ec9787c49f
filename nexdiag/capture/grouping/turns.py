"""Turns out of exchanges that have their places: when one opens, when it is over, how it came out. Pure.

A turn is opened when its first exchange has ended, and is over when the next one of its session begins and none of its
own exchanges is under way any more. Its last exchange says how it came out.
"""

from collections.abc import Iterator

import msgspec

from nexdiag.capture.grouping.answers import Heard
from nexdiag.capture.grouping.places import Place
from nexdiag.core.exchange import Exchange, client_left, unfinished
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn


class _Open:
    """A turn under way."""

    __slots__ = (
        "answer",
        "exchange",
        "flying",
        "latest",
        "over",
        "said",
        "session",
        "started",
        "turn",
        "until",
        "usage",
    )

    def __init__(self, place: Place, started: float) -> None:
        self.session = place.session
        self.turn = place.turn or 0
        self.said = place.said
        self.started = self.until = started
        self.flying = 0
        self.latest = -1
        self.answer: Heard | None = None
        """What its latest exchange was answered, of those that have ended."""
        self.exchange: Exchange | None = None
        self.usage = Usage()
        self.over = False

    def opened(self) -> Turn:
        return Turn(number=self.turn, session=self.session, said=self.said, started=self.started, outcome="unfinished")

    def ended(self) -> Turn:
        outcome, error = self._outcome()
        took = max(0.0, self.until - self.started)
        return msgspec.structs.replace(self.opened(), outcome=outcome, error=error, duration=took, usage=self.usage)

    def _outcome(self) -> tuple[str, str | None]:
        if self.answer is None or self.exchange is None:
            return "unfinished", None
        if not self.answer.failed:
            return "answered", None
        if unfinished(self.exchange.failure):
            return "unfinished", None
        if client_left(self.exchange.failure):
            return "cancelled", None
        return "failed", self.answer.refusal or None


class Book:
    """Keeps the turns that are open, by their session."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: dict[str, _Open] = {}
        self._of: dict[int, _Open] = {}

    def asked(self, number: int, place: Place, started: float) -> Turn | None:
        """A request went out. What it gives is the turn before its own, if that is over now."""
        if place.turn is None:
            return None
        turn, done = self._open.get(place.session), None
        if turn is None or turn.turn != place.turn:
            if turn is not None:
                turn.over = True
                done = turn.ended() if not turn.flying else None
            turn = self._open[place.session] = _Open(place, started)
        turn.flying += 1
        self._of[number] = turn
        return done

    def ended(self, exchange: Exchange, answer: Heard) -> tuple[Turn | None, Turn | None]:
        """An exchange has ended. What it gives is its turn, if that opens with it; and again, if it is over with it."""
        turn = self._of.pop(exchange.id, None)
        if turn is None:
            return None, None
        opens = turn.latest < 0
        turn.flying -= 1
        turn.until = max(turn.until, exchange.started + exchange.duration)
        turn.usage += answer.usage
        if exchange.id > turn.latest:
            turn.latest, turn.answer, turn.exchange = (
                exchange.id,
                answer,
                msgspec.structs.replace(exchange, response=None),
            )
        return turn.opened() if opens else None, turn.ended() if turn.over and not turn.flying else None

    def close(self) -> Iterator[Turn]:
        """Nothing more comes: what is open is over."""
        yield from (turn.ended() for turn in self._open.values() if turn.latest >= 0)
        self._open.clear()
