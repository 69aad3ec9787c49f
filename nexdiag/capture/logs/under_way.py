"""Which turn was under way at a time, and which request a line of a log names. Pure."""

import re
from collections import OrderedDict, deque

from nexdiag.core.exchange import Headers

_IDS = ("x-request-id", "request-id", "x-client-request-id", "x-nexdiag-request")
"""Headers that name a request, in a client's words or in a server's."""
_TOKEN = re.compile(r"[\w.-]{8,200}")
_MOST = 20_000
"""Names that are remembered: a log is read soon after it was written."""
_LATE = 2.0
"""Seconds that a clock may be off, or a line be late, before one speaks of a clock that is off."""
_EARLY = 0.005
"""Seconds by which a line may seem to stand before its request: logs cut their times to thousandths."""
_NEAR = 256
"""Requests before a line's time that may still be under way, and are looked at."""
_READ = 20_000
"""Characters of a line in which a name is looked for."""


class _Span:
    __slots__ = ("session", "since", "turn", "until")

    def __init__(self, since: float, session: str, turn: int | None) -> None:
        self.since = since
        self.until: float | None = None
        self.session = session
        self.turn = turn


class Spans:
    """The requests that pass, each from when until when, of which turn, under which names."""

    def __init__(self) -> None:
        """Start with none."""
        self._spans: deque[_Span] = deque(maxlen=_MOST)
        self._open: dict[int, _Span] = {}
        self._named: OrderedDict[str, _Span] = OrderedDict()

    def begun(self, number: int, since: float, session: str, turn: int | None, headers: Headers) -> None:
        """A request went out."""
        span = self._open[number] = _Span(since, session, turn)
        self._spans.append(span)
        self.named(number, headers)

    def named(self, number: int, headers: Headers) -> None:
        """Headers came that may name it."""
        for name, value in headers:
            if name.lower() in _IDS:
                self._name(number, value)

    def ended(self, number: int, until: float, name: str) -> None:
        """It has ended; `name` is the id of its answer."""
        self._name(number, name)
        span = self._open.pop(number, None)
        if span is not None:
            span.until = until

    def at(self, moment: float, text: str) -> tuple[str, int | None]:
        """Session and turn of a line that was written then. None for the turn where several were under way."""
        named = self._of(text)
        if named is not None:
            return named.session, named.turn
        latest: _Span | None = None
        busy: dict[tuple[str, int | None], _Span] = {}
        for seen, span in enumerate(reversed(self._spans)):
            if span.turn is None or span.since > moment + _EARLY:
                continue
            latest = latest or span
            if span.until is None or span.until >= moment:
                busy[span.session, span.turn] = span
            if seen > len(self._open) + _NEAR:
                break
        if len(busy) > 1:
            return "", None
        found = next(iter(busy.values()), latest)
        return ("", None) if found is None else (found.session, found.turn)

    def offset(self, moment: float, text: str, now: float) -> float | None:
        """What must be added to a log's times, told by a line that names a request; None if no line can tell."""
        span = self._of(text)
        if span is None:
            return None
        until = now if span.until is None else span.until
        return 0.0 if span.since - _LATE <= moment <= until + _LATE else span.since - moment

    def _of(self, text: str) -> _Span | None:
        names = (name for found in _TOKEN.finditer(text[:_READ]) for name in (found[0], found[0].strip(".-")))
        return next((self._named[name] for name in names if name in self._named), None)

    def _name(self, number: int, name: str) -> None:
        span = self._open.get(number)
        if span is None or not _TOKEN.fullmatch(name):
            return
        self._named[name] = span
        if len(self._named) > _MOST:
            self._named.popitem(last=False)
