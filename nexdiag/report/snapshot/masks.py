"""What differs in every run of the same test, and what stands for it. Pure: what the machine is called is handed in.

Law: each rule is a class of values on a path, never "this path may be anything"; what is not of that class stays and
counts. Marks stand in ⟨⟩, and the sign itself is doubled where a text holds it, so that no text can pass for a mark.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

import msgspec

from nexdiag.core.errors import UsageError

RULES = {
    "ids": "ids of calls, items and responses, in their fields and where texts name them: numbered by first use",
    "uuids": "a uuid in any text: numbered by first use",
    "dates": "the day and the hour of sending, in texts and in fields that are named for a time: ⟨today⟩",
    "directories": "the suite's root, the home and the temporary directories: ⟨root⟩, ⟨home⟩, ⟨tmp⟩",
    "ports": "ports that the system hands out (from 32768 on), behind a name of this machine",
    "seeds": "a seed that somebody's random numbers made (from 65536 on): 42 stays",
    "secrets": "placeholders of secrets that were redacted: numbered by first use",
}
"""Names of the rules, and what each replaces."""
OPEN, CLOSE = "⟨", "⟩"
Path = tuple[str | int, ...]
Dates = Callable[[str], str]

_CALLS = frozenset({"tool_call_id", "call_id", "tool_use_id"})
_RESPONSES = frozenset({"previous_response_id", "response_id", "conversation"})
_TOP = ("messages", "input")
_ID = re.compile(r"[\w.:|+/=-]{1,200}")
_NAMED = re.compile(r"(?=[^\d]*\d)(?=\d*[^\d])[\w-]{8,200}")
"""An id that is worth to be looked for in texts: none that could be a word or a number."""
_WORD = re.compile(r"[\w-]{8,200}")
_UUID = re.compile(r"(?i)(?<![0-9a-f-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f-])")
_PORT = re.compile(r"(?<![\w.])(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{5})(?!\d)")
_SECRET = re.compile(r"\[redacted [0-9a-f]{8}\]")
_TMP = r"tmp[a-z0-9_]{8}"
_FIRST_PORT, _LAST_PORT = 32768, 65535
_FIRST_SEED = 65536


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What is of this machine and hour, and not of the request."""

    directories: tuple[tuple[str, str], ...] = ()
    """Paths, each with its name."""
    temporary: tuple[str, ...] = ()
    """Where temporary directories with random names are made."""
    dates: Callable[[float | None], Dates] | None = None
    """For a time of sending, what replaces dates that are then in a text by their marks."""
    times: Callable[[float | None, float, str], bool] | None = None
    """For a time of sending, whether a number in a field of that name is then."""


def checked(keep: Iterable[str]) -> frozenset[str]:
    """Names of rules. Raises UsageError for one that there is not."""
    names = tuple(keep)
    for name in names:
        if name not in RULES:
            near = get_close_matches(str(name), RULES, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"unknown rule {name!r} in keep", hint=f"{hint}known: {', '.join(RULES)}")
    return frozenset(names)


def literal(text: str) -> str:
    """A text that holds no mark."""
    return text.replace(OPEN, OPEN * 2)


def unmasked(text: str) -> str:
    """The text that was written literally; marks stay."""
    return text.replace(OPEN * 2, OPEN)


class Masks:
    """Replaces what is volatile, in one snapshot: numbers go on from request to request."""

    def __init__(self, machine: Machine, keep: Iterable[str] = ()) -> None:
        """All rules hold but those that are named. Raises UsageError for a name that there is not."""
        self._rules = frozenset(RULES) - checked(keep)
        self._machine = machine
        self._numbers: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}
        self._ids: dict[str, str] = {}
        self._places = _places(machine.directories) if "directories" in self._rules else None
        tmp = "|".join(re.escape(one.rstrip("/")) for one in machine.temporary if len(one) > 1)
        self._tmp = re.compile(rf"(?<![\w.~-])(?:{tmp})/{_TMP}(?!\w)") if tmp and "directories" in self._rules else None
        self._names = dict(machine.directories)

    def value(self, value: Any, path: Path, at: float | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """A JSON value that stands there, without what is volatile. `at`: when it was sent."""
        if isinstance(value, dict):
            return {self._key(key): self.value(one, (*path, key), at) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one, (*path, place), at) for place, one in enumerate(value)]
        if isinstance(value, str):
            kind = _kind(path) if "ids" in self._rules else ""
            return self._id(kind, value) if kind and _ID.fullmatch(value) else self.text(value, at)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value, path, at)
        return value

    def text(self, text: str, at: float | None = None) -> str:
        """A text without what is volatile."""
        text = literal(text)
        if "dates" in self._rules and self._machine.dates is not None:
            text = self._machine.dates(at)(text)
        if self._places is not None:
            text = self._places.sub(lambda found: _mark(self._names[found[0]]), text)
        if self._tmp is not None:
            text = self._tmp.sub(lambda found: self._numbered("tmp", found[0]), text)
        if "ports" in self._rules:
            text = _PORT.sub(self._port, text)
        if self._ids:
            text = _WORD.sub(lambda found: self._ids.get(found[0], found[0]), text)
        if "uuids" in self._rules:
            text = _UUID.sub(lambda found: self._numbered("uuid", found[0].lower()), text)
        return _SECRET.sub(lambda found: self._numbered("secret", found[0]), text) if "secrets" in self._rules else text

    def _key(self, key: str) -> str:
        return literal(key)

    def _number(self, value: float, path: Path, at: float | None) -> object:
        last = str(path[-1]) if path else ""
        if last == "seed" and "seeds" in self._rules and isinstance(value, int) and abs(value) >= _FIRST_SEED:
            return _mark("seed")
        times = self._machine.times
        return _mark("now") if times is not None and "dates" in self._rules and times(at, value, last) else value

    def _id(self, kind: str, value: str) -> str:
        mark = self._numbered(kind, value)
        if value not in self._ids and _NAMED.fullmatch(value):
            self._ids[value] = mark
        return mark

    def _port(self, found: re.Match[str]) -> str:
        if _FIRST_PORT <= int(found[2]) <= _LAST_PORT:
            return f"{found[1]}:{self._numbered('port', found[2])}"
        return found[0]

    def _numbered(self, kind: str, value: str) -> str:
        mark = self._numbers.get((kind, value))
        if mark is None:
            self._count[kind] = self._count.get(kind, 0) + 1
            mark = self._numbers[kind, value] = _mark(f"{kind} {self._count[kind]}")
        return mark


def _kind(path: Path) -> str:
    """Of what a field is the id; empty where it is of none."""
    last = path[-1] if path else ""
    if len(path) == 1:
        return "response" if last in _RESPONSES else ""
    if path[0] not in _TOP:
        return ""
    if last in _CALLS or (last == "id" and ("tool_calls" in path or "content" in path)):
        return "call"
    return "item" if last == "id" and path[0] == "input" and len(path) == 3 else ""  # noqa: PLR2004 - input, place, id


def _places(directories: Iterable[tuple[str, str]]) -> re.Pattern[str] | None:
    """The longest goes first, so that one within another is not cut in two."""
    paths = sorted((path for path, _ in directories if len(path) > 1), key=len, reverse=True)
    parts = "|".join(re.escape(path) for path in paths)
    return re.compile(rf"(?<![\w.~-])(?:{parts})(?![\w-]|\.\w)") if parts else None


def _mark(name: str) -> str:
    return f"{OPEN}{name}{CLOSE}"
