"""What is set aside as volatile, by rules that have names, each with a count and an example. Pure.

    id           ids of calls, numbered by first use on both sides: another name is none, another call is
    response     ids, times, fingerprints and timings of a server's answer
    origin       scheme, host and port
    secret       which secret was redacted
    spelling     another spelling of the same JSON
    order        the order of tools, and of names in a schema
    log          times, ids, ports and process numbers in lines of a log
    date, cwd    in requests, by the rules of matching

Law: a rule takes a value of a kind at a place, never all that stands there; what it took is counted.
"""

import re
from collections.abc import Iterable
from typing import Any

from nexdiag.core.comparison import ASPECTS, Aside
from nexdiag.core.difference import Difference

_EXAMPLE = 60
_SECRET = re.compile(r"\[redacted(?: [0-9a-f]{8})?\]")
_ID = re.compile(r"/(?:id|tool_call_id|call_id|tool_use_id|previous_response_id)$")
_NAMES = re.compile(
    r"(?:^|/)(?:id|item_id|response_id|created|created_at|completed_at|system_fingerprint|timings|obfuscation|"
    r"sequence_number|request_id|x_groq|prompt_logprobs|kv_transfer_params)(?:/|$)"
)


class Asides:
    """Counts what is set aside."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        """`ignored` are the user's: names of aspects, and pointers in which `*` is any entry and `**` any depth."""
        texts = tuple(ignored)
        self._aspects = frozenset(texts) & frozenset(ASPECTS)
        self._pointers = [(text, _pattern(text)) for text in texts if text[:1] in ("/", "(")]
        self._counts: dict[str, int] = {}
        self._examples: dict[str, str] = {}

    def add(self, rule: str, place: str, left: object, right: object) -> None:
        """One more, by this rule."""
        self._counts[rule] = self._counts.get(rule, 0) + 1
        self._examples.setdefault(rule, f"{place}: {_short(left)} / {_short(right)}")

    @property
    def count(self) -> int:
        """How many were set aside by now."""
        return sum(self._counts.values())

    def takes(self, one: Difference) -> bool:
        """Whether the user wants it set aside; then it is counted."""
        rule = one.aspect if one.aspect in self._aspects else self._named(one)
        if rule:
            self.add(rule, one.pointer, one.left, one.right)
        return bool(rule)

    def told(self) -> tuple[Aside, ...]:
        """All rules that took something, in the order in which they did."""
        return tuple(
            Aside(rule=rule, count=count, example=self._examples[rule]) for rule, count in self._counts.items()
        )

    def _named(self, one: Difference) -> str:
        places = {one.pointer, one.right_pointer or one.pointer}
        return next((text for text, fits in self._pointers if any(map(fits.match, places))), "")


class Ids:
    """Which id of the left is which of the right, as they were first used."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._right: dict[str, str] = {}
        self._left: dict[str, str] = {}

    def same(self, left: object, right: object) -> bool:
        """Whether both are one id: they were so before, or neither was used."""
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        return self._right.setdefault(left, right) == right and self._left.setdefault(right, left) == left


def is_id(pointer: str) -> bool:
    """Whether the place in a request holds the id of a call, or of what answers one."""
    return _ID.search(pointer) is not None


def is_volatile(pointer: str) -> bool:
    """Whether the place in an answer holds what each answer has of its own."""
    return _NAMES.search(pointer) is not None


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A text in which every redacted secret is the same."""
    return _SECRET.sub("[redacted]", value) if isinstance(value, str) else value


def _pattern(pointer: str) -> re.Pattern[str]:
    parts = [".*" if part == "**" else "[^/]+" if part == "*" else re.escape(part) for part in pointer.split("/")]
    return re.compile("/".join(parts) + r"(?:/|$)")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…"
