"""What is no news: a difference that an earlier place brought about, and that is sent again. Pure.

Requests resend their history, so that whatever differed once (a message, a model's answer, a parameter) differs in all
that follows. Law: only what was seen to differ before is carried on; the first time, a difference is new.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.core.difference import Difference

_KEPT = 1_000_000
"""Characters of a text that are remembered by their paragraphs; of a longer one the whole."""
_DEEPEST = 20
"""Levels of a message: part of a list of parts of a tool's output is the eighth."""
_SAID = ("content", "text", "arguments", "output", "tool_calls", "function")
_WORDS_OF_THE_WIRE = ("/role", "/type", "/name")
"""Fields of few values: that one changed to another before does not make it no news at another place."""


class Carried:
    """Remembers what has differed in one conversation."""

    def __init__(self) -> None:
        """Nothing has differed yet."""
        self._values: set[tuple[bytes, bytes]] = set()
        self._texts: set[str] = set()
        self._places: set[tuple[str, bytes, bytes]] = set()
        self._agreed: set[str] = set()
        self.diverged = False
        """Whether anything of weight has differed: before that, nothing that is sent can be a consequence."""

    def holds(self, one: Difference, here: "Here") -> bool:
        """Whether it is a consequence of what differed before, or what it says has but moved within the request."""
        left, right = _key(one.left), _key(one.right)
        if (one.pointer, left, right) in self._places:
            return True
        if (left, right) in self._values and not one.pointer.endswith(_WORDS_OF_THE_WIRE):
            return True
        if not (self.diverged or one.quiet) or one.aspect != "messages":
            return False
        before, after = _parts_of(one.left), _parts_of(one.right)
        gone, come = before - after - here[1] - self._texts, after - before - here[0] - self._texts
        return bool(before or after) and not gone and not come

    def agreed(self, *texts: str | None) -> None:
        """What both models said, word by word: where one of two histories has something else, that was rewritten."""
        self._agreed.update(text.strip() for text in texts if text and text.strip())

    def rewritten(self, one: Difference) -> bool:
        """Whether a model's words in two histories are not just what each model said: somebody has rewritten one."""
        if (_key(one.left), _key(one.right)) in self._values:
            return False
        mine, yours = (_parts_of(value) for value in (one.left, one.right))
        if any(isinstance(value, str) and value.strip() in self._agreed for value in (one.left, one.right)):
            return True
        return bool(mine and yours) and (mine <= self._texts) != (yours <= self._texts)

    def again(self, one: Difference) -> Difference:
        """A difference of an answer to a request that carries something on: no news, if it came of that before."""
        known = (one.pointer, _key(one.left), _key(one.right)) in self._places
        return msgspec.structs.replace(one, inherited=True) if known else one

    def place(self, one: Difference) -> None:
        """Where it stands, it may stand again."""
        self._places.add((one.pointer, _key(one.left), _key(one.right)))

    def note(self, one: Difference) -> None:
        """A difference of a request: where it stands, it may stand again."""
        self.place(one)
        if one.aspect == "messages":
            self.pair(one.left, one.right)

    def pair(self, left: object, right: object) -> None:
        """Two values that differ: one in the place of the other is no news."""
        if isinstance(left, str) and isinstance(right, str):
            left, right = left.strip(), right.strip()
        if left is not None and right is not None:
            self._values.add((_key(left), _key(right)))
        self.text(left, right)

    def text(self, *values: object) -> None:
        """Texts that only one side has, or has there: it may send them again, alone or within another."""
        for value in values:
            for text in _texts_of(value):
                self._texts.update(_paragraphs(text))


Here = tuple[frozenset[str], frozenset[str]]
"""What the messages that differ in one request say, on the left and on the right."""


def texts_here(found: Iterable[Difference]) -> Here:
    """The paragraphs of all messages that differ."""
    spoken = [one for one in found if one.aspect == "messages"]
    left = frozenset(part for one in spoken for part in _parts_of(one.left))
    return left, frozenset(part for one in spoken for part in _parts_of(one.right))


def _parts_of(value: object) -> set[str]:
    return {part for text in _texts_of(value) for part in _paragraphs(text)}


def _paragraphs(text: str) -> list[str]:
    parts = text.split("\n\n") if len(text) <= _KEPT else [text]
    return [part.strip() for part in parts if part.strip()]


def _texts_of(value: object, deeper: int = _DEEPEST) -> list[str]:
    """What a message says: its text, and the arguments of its calls; not what is nested as no message is."""
    if isinstance(value, str):
        return [value]
    if not deeper:
        return []
    if isinstance(value, list):
        return [text for part in value for text in _texts_of(part, deeper - 1)]
    if not isinstance(value, dict):
        return []
    return [text for name in _SAID if name in value for text in _texts_of(value[name], deeper - 1)]


def _key(value: object) -> bytes:
    try:
        return msgspec.json.encode(value.strip() if isinstance(value, str) else value, order="deterministic")
    except (UnicodeEncodeError, RecursionError, TypeError, ValueError):
        return repr(value)[:_KEPT].encode("utf-8", "replace")
