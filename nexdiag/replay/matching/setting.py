"""Setting aside in one JSON value: what the rules name is replaced by a mark, and what stood there is noted. Pure."""

import re
from collections.abc import Callable
from functools import partial

import msgspec

from nexdiag.replay.matching.canonical import Digest, value_of
from nexdiag.replay.matching.dates import MARK, Now
from nexdiag.replay.matching.directories import Places
from nexdiag.replay.matching.ids import generated
from nexdiag.replay.matching.patience import replaced
from nexdiag.replay.matching.pointers import DEEP, Automaton, States, read
from nexdiag.replay.matching.rules import DATE, DIRECTORY, FITS, NUMBER, SECRET, VALUE, Rules, expression_of

Taken = dict[int, Digest]
"""What was set aside, by the place of the row that did it."""
Numbering = Callable[[str], str | None]
"""A number for a generated id; None where none can be told, so that it counts."""


Date = tuple[str, bool, str]
"""A date that was set aside, whether it was the reader's own now, and its mark."""


class _Gone:
    """What was set aside in whole: as if it had never been there."""


GONE = _Gone()
_REFERENCE = "item_reference"
"""An item of the Responses dialect that is nothing but an id."""


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A value without what is volatile."""

    value: object
    """`GONE` if it was so in whole."""
    taken: dict[int, list[bytes]] = {}
    """What was set aside, by the place of the row that did it, in order."""
    dates: tuple[Date, ...] = ()


class Setter:
    """Sets aside by one set of rules."""

    def __init__(self, rules: Rules) -> None:
        """Compile them. Raises `UsageError` for a rule that is none."""
        self.rows = rules.rows
        self.expressions = [expression_of(row) for row in rules.rows]
        behind = [(DEEP,) if row.sort == FITS else () for row in rules.rows]  # all texts below fit as well
        sorts = (VALUE, NUMBER, FITS)
        self._pointed = [place for place, row in enumerate(rules.rows) if row.sort in sorts]
        self._automaton = Automaton([(*read(rules.rows[place].where), *behind[place]) for place in self._pointed])
        self.secret = self._row(SECRET)
        self.date = self._row(DATE)
        self.directory = self._row(DIRECTORY)

    def behind(self, *names: str) -> States:
        """What is open behind these names."""
        states = self._automaton.start
        for name in names:
            states = self.after(states, name)
        return states

    def after(self, states: States, name: str) -> States:
        """What is open behind one more name."""
        return self._automaton.after(states, name)

    def keeps(self, states: States) -> bool:
        """Whether no rule sets the value here aside in whole."""
        return not any(self.rows[row].sort == VALUE for row in self.ended(states))

    def walk(  # noqa: PLR0913, PLR0917 - whoever reads has all of them
        self, raw: bytes, states: States, now: Now, places: Places, number: Numbering, name: str = ""
    ) -> Laid:
        """The value of a JSON text without what is volatile, and what that was; the text itself if it is no JSON."""
        try:
            value = value_of(raw)
            walk = _Walk(self, now, places, number)
            return Laid(value=walk.value(value, states, name), taken=walk.taken, dates=tuple(walk.dates))
        except (ValueError, RecursionError):
            return Laid(value=raw)

    def ended(self, states: States) -> list[int]:
        """The rows that mean the value here."""
        return [self._pointed[which] for which in self._automaton.ends(states)]

    def _row(self, sort: str) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.sort == sort), None)


class _Walk:
    """Through one value."""

    def __init__(self, setter: Setter, now: Now, places: Places, number: Numbering) -> None:
        self._setter = setter
        self._now = now
        self._places = places
        self._number = number
        self.taken: dict[int, list[bytes]] = {}
        self.dates: list[Date] = []

    def value(self, value: object, states: States, name: str = "") -> object:
        """It without what is volatile; `GONE` if it is so in whole. `name` is that of its field."""
        ended = self._setter.ended(states)
        for row in ended:
            sort = self._setter.rows[row].sort
            if sort == VALUE:
                self._note(row, value)
                return GONE
            if sort == NUMBER and isinstance(value, str) and generated(value):
                number = self._number(value)
                if number is not None:
                    self._note(row, value)
                    return f"⟦id {number}⟧"
        if isinstance(value, dict):
            return self._object(value, states)
        if isinstance(value, list):
            entries = (self.value(entry, self._after(states, str(place))) for place, entry in enumerate(value))
            return [entry for entry in entries if entry is not GONE]
        fits = [row for row in ended if self._setter.rows[row].sort == FITS]
        return self._text(value, fits) if isinstance(value, str) else self._scalar(value, fits, name)

    def _object(self, value: dict[str, object], states: States) -> object:
        kept = {"id": value["id"]} if self._refers(value, states) else {}
        entries = (
            (name, self.value(entry, self._after(states, name), name))
            for name, entry in value.items()
            if name not in kept
        )
        return {name: entry for name, entry in entries if entry is not GONE} | kept

    def _refers(self, value: dict[str, object], states: States) -> bool:
        """Whether an object says nothing but an id, which no rule of the user sets aside."""
        if "id" not in value or not (value.get("type") == _REFERENCE or value.keys() <= {"id", "type"}):
            return False
        return all(self._setter.rows[row].what for row in self._setter.ended(self._after(states, "id")))

    def _after(self, states: States, name: str) -> States:
        return self._setter.after(states, name)

    def _text(self, text: str, fits: list[int]) -> str:
        setter = self._setter
        for row in (*fits, *([setter.secret] if setter.secret is not None else [])):
            found = setter.expressions[row]
            assert found is not None  # both sorts have one
            text = replaced(found, partial(self._fitted, row), text)
        if setter.directory is not None:
            text = self._places.replace(text, self._placed)
        if setter.date is not None:
            text = self._now.replace(text, self._dated)
        return text

    def _scalar(self, value: object, fits: list[int], name: str) -> object:
        if value is None or isinstance(value, bool) or not isinstance(value, int | float) or self._setter.date is None:
            return self._spelled(value, fits)
        text = repr(value)
        if self._now.holds(value, name):
            return self._dated(text, True, MARK.format(""))
        known = self._now.known(text)
        return self._spelled(value, fits) if known is None else self._dated(text, False, known)

    def _spelled(self, value: object, fits: list[int]) -> object:
        """A number, true, false or null: it fits as it is written."""
        if not fits:
            return value
        text = msgspec.json.encode(value).decode()
        told = self._text(text, fits)
        return value if told == text else told

    def _fitted(self, row: int, found: re.Match[str]) -> str:
        return self._marked(row, found[0])

    def _placed(self, was: str, number: int) -> str:
        assert self._setter.directory is not None  # it is asked only where the rule is on
        self._note(self._setter.directory, was)
        return f"⟦cwd {number}⟧"

    def _dated(self, was: str, own: bool, mark: str) -> str:
        assert self._setter.date is not None  # likewise
        self.dates.append((was, own, mark))
        self._note(self._setter.date, was)
        return mark

    def _marked(self, row: int, was: str) -> str:
        self._note(row, was)
        rule = self._setter.rows[row]
        return f"⟦{rule.name if rule.what else 'rule'}⟧"

    def _note(self, row: int, was: object) -> None:
        self.taken.setdefault(row, []).append(msgspec.json.encode(was, order="deterministic"))
