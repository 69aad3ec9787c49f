"""Which recorded exchange answers a request. Pure: requests in, exchanges out.

A request is found by its method, its path and what its body means (`replay.canonical`). Only if there is none that
means the very same, what is volatile is set aside by rules (`replay.rules`), and only then looser ways are tried, where
one was chosen. What fits equally well, and answers otherwise, is never guessed between. A miss is told with the
recording that is nearest: the one that shares the longest beginning of the conversation.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.canonical import Canonical, Digest, Reading
from nexdiag.replay.matching.dates import quarter_of
from nexdiag.replay.matching.loose import Fit, Loose
from nexdiag.replay.matching.queued import Queue
from nexdiag.replay.matching.rules import BUILT_IN, Rules
from nexdiag.replay.matching.verbatim import Verbatim
from nexdiag.replay.matching.volatile import Form

MODES = ("exact", "prefix", "turn")
_MOST_FORMS = 256
"""Forms of recorded requests that are kept for those who ask them again."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded exchange that answers a request."""

    exchange: Exchange
    how: str = "same"
    """As `core.replayed.Pair.how` has it."""
    aside: tuple[str, ...] = ()
    """The rules by which something volatile was set aside."""


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A request without a recording, and the recording that is nearest to it."""

    request: Request
    nearest: Exchange | None
    """One that was not played yet, if there is one; None only where nothing was recorded."""
    shared: int
    """How many messages from the beginning are equal in both, but for what rules set aside."""
    used: bool = False
    """The nearest is equal, but has already been played."""
    played: bool = False
    """The nearest is another request, and has already been played, as all that could be nearer have."""
    ambiguous: tuple[Exchange, ...] = ()
    """Different recordings that fit equally well: to take one of them would be a guess."""


class Matcher:
    """Pairs requests with exchanges, one to one; equal requests are answered in the order recorded."""

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        *,
        mode: str = "exact",
        rules: Rules = BUILT_IN,
        repeats: bool = False,
    ) -> None:
        """Index the recording.

        `mode` is one of `MODES`; with `repeats`, a request whose recordings are all played gets the last of them again.
        Raises `UsageError` for another mode.
        """
        if mode not in MODES:
            raise UsageError(f"no way of matching is named {mode!r}", hint=f"one of {', '.join(MODES)}")
        self._mode = mode
        self._rules = rules
        self._repeats = repeats
        self._canonical = Canonical()
        self._exchanges = sorted(exchanges, key=lambda exchange: exchange.id)
        self._places = {exchange.id: place for place, exchange in enumerate(self._exchanges)}
        self._unplayed = dict.fromkeys(range(len(self._exchanges)))
        """Places in the recording, in order."""
        self._spent: set[int] = set()
        self._known: dict[Digest, Queue] = {}
        self._keys: list[Digest] = []
        self._read_loosely: Loose | None = None
        for place, exchange in enumerate(self._exchanges):
            key = self._canonical.read(exchange.request).key
            self._keys.append(key)
            if key not in self._known:
                self._known[key] = Queue(self._spent)
            self._known[key].places.append(place)
        self._verbatim = Verbatim(exchange.request for exchange in self._exchanges)
        self._forms: dict[tuple[int, int | None], Form] = {}
        """By place and quarter of an hour."""

    def __len__(self) -> int:
        """How many exchanges were recorded."""
        return len(self._exchanges)

    def exchange(self, number: int) -> Exchange:
        """The recorded exchange with this id."""
        return self._exchanges[self._places[number]]

    def find(self, request: Request, *, now: float | None = None) -> Match | Miss:
        """The exchange that answers `request`; else the nearest one. `now` is the unix time at which it was asked."""
        reading = self._canonical.read(request)
        known = self._known.get(reading.key)
        if known is not None and known.first is not None:
            return Match(exchange=self._exchanges[known.first])
        form = self._loose.volatile.asked(request, now)
        found = self._fitting(form, known)
        if found is None:
            return self._missed(request, reading, form)
        if len(found.places) > 1:
            several = tuple(self._exchanges[place] for place in sorted(found.places))
            shared = self._loose.nearest(form)[1]
            return Miss(request=request, nearest=several[0], shared=shared, ambiguous=several)
        return self._matched(found)

    def twin(self, method: str, path: str, raw: bytes) -> int | None:
        """The place of a recorded request that has this method, this path and these very bytes; None if none has."""
        return self._verbatim.place(method, path, raw)

    def request_at(self, place: int) -> Request:
        """The recorded request at a place."""
        return self._exchanges[place].request

    def find_twin(self, place: int, *, now: float | None = None) -> Match | None:
        """What `find` gives for the recorded request at this place, if that is a match; it is not read again."""
        known = self._known[self._keys[place]]
        if known.first is not None:
            return Match(exchange=self._exchanges[known.first])
        found = self._fitting(self._form_of(place, now), known)
        return self._matched(found) if found is not None and len(found.places) == 1 else None

    def spend(self, match: Match, *, keep: bool = False) -> bool:
        """The exchange was used: it answers no other request, unless it is to be kept. Whether it was used before."""
        place = self._places[match.exchange.id]
        before = place not in self._unplayed
        self._unplayed.pop(place, None)
        if not keep:
            self._spent.add(place)
        return before

    def unplayed(self) -> tuple[Exchange, ...]:
        """Exchanges that no request has asked for, in the order recorded."""
        return tuple(self._exchanges[place] for place in self._unplayed)

    def views(self, exchange: Exchange, request: Request, *, now: float | None = None) -> tuple[object, object]:
        """Both bodies as values, the recorded one first, with marks for what rules set aside: what differs, counts."""
        return self._loose.volatile.views(exchange, request, now)

    @property
    def _loose(self) -> Loose:
        if self._read_loosely is None:
            self._read_loosely = Loose(self._exchanges, self._keys, self._rules, self._spent)
        return self._read_loosely

    def _matched(self, found: Fit) -> Match:
        return Match(exchange=self._exchanges[found.places[0]], how=found.how, aside=found.aside)

    def _form_of(self, place: int, now: float | None) -> Form:
        key = (place, quarter_of(now))
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= _MOST_FORMS:
                self._forms.clear()
            form = self._forms[key] = self._loose.volatile.asked(self._exchanges[place].request, now)
        return form

    def _fitting(self, form: Form, known: Queue | None) -> Fit | None:
        """What answers where nothing that is left means the very same."""
        loose = self._loose
        found = loose.by_rule(form)
        if found is not None and (len(found.places) == 1 or self._mode != "turn"):
            return found
        if self._repeats and found is None:
            again = Fit(places=(known.last,), how="same") if known is not None else loose.by_rule(form, again=True)
            if again is not None:
                return again
        if self._mode == "prefix":
            return loose.by_beginning(form)
        return loose.by_turn(form) if self._mode == "turn" else None

    def _missed(self, request: Request, reading: Reading, form: Form) -> Miss:
        known = self._known.get(reading.key)
        last = known.last if known is not None else self._loose.known(form)
        if last is not None:
            depth = form.conversation.depth if form.conversation is not None else 0
            return Miss(request=request, nearest=self._exchanges[last], shared=depth, used=True)
        place, shared = self._loose.nearest(form)
        if place is None:
            return Miss(request=request, nearest=None, shared=shared)
        played = place not in self._unplayed
        return Miss(request=request, nearest=self._exchanges[place], shared=shared, played=played)
