"""What a request means once the volatile is set aside, by named rules. Pure.

Law: a form is of one text, one today, one span of clocks and one choice of directories, and of nothing else. It is made
once for each link, so that reading a chat that goes on costs what its new text costs.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching import directories
from nexdiag.replay.matching.canonical import CONVERSATIONS, Digest, address_of, digest, secrets_of, values_of
from nexdiag.replay.matching.circumstances import Learner, Told
from nexdiag.replay.matching.dates import NEAR, Now, day_of, quarter_of
from nexdiag.replay.matching.directories import Places
from nexdiag.replay.matching.forms import FormNode, Reader
from nexdiag.replay.matching.rules import Rules
from nexdiag.replay.matching.setting import Date, Setter, Taken

_MOST_READERS = 1024
"""Readers that are remembered: one that listens for weeks has another every quarter of an hour."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A request without what is volatile."""

    key: Digest
    """Equal for requests that differ in nothing but what is volatile."""
    address: Digest
    """Method and path."""
    conversation: FormNode | None = None
    taken: Taken = {}
    """What was set aside: a digest by the place of a row in the table."""
    opening: Digest | None = None
    """The first message of the user: by it a conversation is known."""
    dates: dict[str, tuple[Date, ...]] = {}
    """Those that were set aside outside the conversation, by field."""

    @property
    def quotes(self) -> bool:
        """Whether it holds a date that is known from the recording, and is not now."""
        told = any(not own for dates in self.dates.values() for _, own, _ in dates)
        return told or (self.conversation is not None and self.conversation.quotes)


class Volatile:
    """Reads requests by rules: recorded ones by when they were sent, others by when it is asked."""

    def __init__(self, rules: Rules, exchanges: Iterable[Exchange] = ()) -> None:
        """Read by these rules, beside this recording."""
        self._rules = rules
        self._setter = Setter(rules)
        self._learner = Learner()
        self._readers: dict[object, Reader] = {}
        self._known: dict[str, str] = {}
        """Dates that were now when the recording was made, with their marks: a text that quotes one means that one."""
        self._days: set[int] = set()
        self._places: dict[str, int] = {}
        self._since: int | None = None
        """The quarter of an hour in which the first request was asked."""
        started: list[float] = []
        for exchange in exchanges:
            told, day = self._told(exchange.request), day_of(exchange.started)
            if day is not None:
                self._days |= {day, told.today(day) or day}
                started.append(exchange.started)
            if len(self._places) < directories.MOST:
                self._places = {**_numbered(told), **self._places}
        self._span = (min(started), max(started)) if started else None
        """A chat repeats what it was told at its beginning: a clock is the sender's anywhere in the recording."""

    def recorded(self, exchange: Exchange) -> Form:
        """What a recorded request means. All of them are read before the first that is asked."""
        form = self._read(exchange.request, self._of_recording(exchange))
        self._note(date for dates in form.dates.values() for date in dates)
        node = form.conversation
        while node is not None and not node.noted:
            node.noted = True
            self._note(node.dates)
            node = node.before
        return form

    def asked(self, request: Request, now: float | None) -> Form:
        """What a request means that is asked at this unix time."""
        return self._read(request, self._of_request(request, now))

    def needed(self, asked: Form, recorded: Form) -> frozenset[int] | None:
        """The rows of the table without which the two were not equal; None if a date of the request is another one.

        What is now there stands for what was now then; a date of the recording that is quoted stands for itself.
        """
        if asked.quotes and not _same_dates(asked, recorded):
            return None
        left, right = asked.taken, recorded.taken
        return frozenset(row for row in {*left, *right} if left.get(row) != right.get(row))

    def names(self, rows: Iterable[int]) -> tuple[str, ...]:
        """The names of rules, each once, as the table has them."""
        return tuple(dict.fromkeys(self._rules.rows[row].name for row in sorted(rows)))

    def views(self, exchange: Exchange, request: Request, now: float | None) -> tuple[object, object]:
        """Both bodies as values, the recorded one first, with marks for what is set aside: what differs counts."""
        self.recorded(exchange)  # what it tells of its own now, the request may quote
        first = self._of_recording(exchange).view(values_of(exchange.request.body), exchange.request)
        return first, self._of_request(request, now).view(values_of(request.body), request)

    def _note(self, dates: Iterable[Date]) -> None:
        for text, _, mark in dates:
            self._known.setdefault(text, mark)

    def _told(self, request: Request) -> Told:
        return self._learner.told(values_of(request.body) or {})

    def _of_recording(self, exchange: Exchange) -> Reader:
        told = self._told(exchange.request)
        today = told.today(day_of(exchange.started))
        places = tuple(_numbered(told).items())
        return self._reader((today, places), lambda: Now(today, span=self._span), places)

    def _of_request(self, request: Request, now: float | None) -> Reader:
        told, quarter = self._told(request), quarter_of(now)
        if self._since is None:
            self._since = quarter
        today = told.today(day_of(now))
        places = tuple((self._places | _numbered(told)).items())
        span = None if quarter is None else (min(self._since or quarter, quarter) * NEAR, (quarter + 1) * NEAR)
        made = lambda: Now(today, span=span, other=self._days, known=self._known)  # noqa: E731 - it is made once, if at all
        return self._reader((today, span, places), made, places)

    def _reader(self, key: object, now: Callable[[], Now], places: Iterable[tuple[str, int]]) -> Reader:
        found = self._readers.get(key)
        if found is None:
            if len(self._readers) >= _MOST_READERS:
                self._readers.clear()
            found = self._readers[key] = Reader(self._setter, now(), Places(places))
        return found

    def _read(self, request: Request, reader: Reader) -> Form:
        address, values = address_of(request), values_of(request.body)
        secrets, row = [one.encode() for one in secrets_of(request)], self._setter.secret
        if secrets and row is None:
            address += secrets
        where = digest(*address)
        taken = {row: digest(*secrets)} if secrets and row is not None else dict[int, Digest]()
        if values is None:
            return Form(key=digest(*address, b"raw", request.body.join()), address=where, taken=taken)
        parts, dates = list(address), dict[str, tuple[Date, ...]]()
        speech = next((name for name in CONVERSATIONS if name in values), None)
        conversation: FormNode | None = None
        opening: Digest | None = None
        for name in sorted(values):
            field = reader.field(name, values[name])
            if field.digest is not None:
                parts += [name.encode("utf-8", "replace"), field.digest]
            taken |= {row: digest(taken.get(row, b""), one) for row, one in field.taken.items()}
            if name == speech:
                conversation, opening = field.node, field.opening
            elif field.dates:
                dates[name] = field.dates
        return Form(
            key=digest(*parts), address=where, conversation=conversation, taken=taken, opening=opening, dates=dates
        )


def _same_dates(asked: Form, recorded: Form) -> bool:
    """Whether each date that a request only quotes stands at its place in the recording, too."""
    fields = {*asked.dates, *recorded.dates}
    pairs = [(asked.dates.get(name, ()), recorded.dates.get(name, ())) for name in fields]
    return all(_same(*pair) for pair in (*pairs, *_pairs(asked.conversation, recorded.conversation)))


def _pairs(left: FormNode | None, right: FormNode | None) -> Iterator[tuple[tuple[Date, ...], tuple[Date, ...]]]:
    while left is not None and right is not None and left.quotes:
        yield left.dates, right.dates
        left, right = left.before, right.before


def _same(asked: tuple[Date, ...], recorded: tuple[Date, ...]) -> bool:
    texts = zip(asked, recorded, strict=False)
    return all(own or text == was for (text, own, _), (was, _, _) in texts) and len(asked) == len(recorded)


def _numbered(told: Told) -> dict[str, int]:
    return {one: number for number, one in enumerate(told.directories, 1)}
