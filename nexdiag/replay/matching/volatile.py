"""What a request means once the volatile is set aside, by named rules. Pure.

Law: a form is of one text, one day and one choice of directories, and of nothing else. It is made once for each link,
so that reading a chat that goes on costs what its new text costs.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching import directories
from nexdiag.replay.matching.canonical import CONVERSATIONS, UNORDERED, Digest, address_of, digest, values_of
from nexdiag.replay.matching.dates import Now, day_of
from nexdiag.replay.matching.directories import Learner, Places
from nexdiag.replay.matching.forms import FormNode, Reader
from nexdiag.replay.matching.rules import Rules
from nexdiag.replay.matching.setting import Date, Setter, Taken


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
        told = any(not own for dates in self.dates.values() for _, own in dates)
        return told or (self.conversation is not None and self.conversation.quotes)


class Volatile:
    """Reads requests by rules: recorded ones by the day on which they were sent, others by the day that it is."""

    def __init__(self, rules: Rules, exchanges: Iterable[Exchange] = ()) -> None:
        """Read by these rules, beside this recording."""
        self._rules = rules
        self._setter = Setter(rules)
        self._learner = Learner(unordered=UNORDERED, last=CONVERSATIONS)
        self._readers: dict[object, Reader] = {}
        self._known: set[str] = set()
        """Dates that were now when the recording was made: a text that quotes one means the same one."""
        self._days: set[int] = set()
        self._places: dict[str, None] = {}
        for exchange in exchanges:
            self._days |= _days(exchange.started)
            if len(self._places) < directories.MOST:
                self._places |= dict.fromkeys(self._named(exchange.request))

    def recorded(self, exchange: Exchange) -> Form:
        """What a recorded request means. All of them are read before the first that is asked."""
        form = self._read(exchange.request, self._of_recording(exchange))
        self._known |= {text for dates in form.dates.values() for text, _ in dates}
        node = form.conversation
        while node is not None and not node.noted:
            node.noted = True
            self._known |= {text for text, _ in node.dates}
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

    def _named(self, request: Request) -> tuple[str, ...]:
        return self._learner.named(values_of(request.body) or {}) if self._setter.directory is not None else ()

    def _of_recording(self, exchange: Exchange) -> Reader:
        days = frozenset(_days(exchange.started))
        places = self._named(exchange.request)
        return self._reader((days, places), lambda: Now(days), places)

    def _of_request(self, request: Request, now: float | None) -> Reader:
        days = frozenset(_days(now))
        places = tuple(dict.fromkeys((*self._named(request), *self._places)))
        made = lambda: Now(days, other=self._days, known=self._known)  # noqa: E731 - it is made once, if at all
        return self._reader((days, places, "asked"), made, places)

    def _reader(self, key: object, now: Callable[[], Now], places: Iterable[str]) -> Reader:
        found = self._readers.get(key)
        if found is None:
            found = self._readers[key] = Reader(self._setter, now(), Places(places))
        return found

    def _read(self, request: Request, reader: Reader) -> Form:
        address, values = address_of(request), values_of(request.body)
        where = digest(*address)
        if values is None:
            return Form(key=digest(*address, b"raw", request.body.join()), address=where)
        parts, taken, dates = list(address), dict[int, Digest](), dict[str, tuple[Date, ...]]()
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
    return all(own or text == was for (text, own), (was, _) in texts) and len(asked) == len(recorded)


def _days(unix: float | None) -> set[int]:
    day = day_of(unix)
    return set() if day is None else {day}
