"""What is no news: a difference that an earlier place brought about, and that is sent again. Pure.

Requests resend their history, so that whatever differed once (a message, a model's answer, a parameter) differs in all
that follows. Law: only what was seen to differ before is carried on; the first time, a difference is new.
What moves within a request, or changes how many messages there are, is no exception.
"""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from nexdiag.core.difference import Difference

_KEPT = 1_000_000
"""Characters of a text that are remembered by their paragraphs; of a longer one the whole."""
_DEEPEST = 20
"""Levels of a message: part of a list of parts of a tool's output is the eighth."""
_SAID = ("content", "text", "arguments", "output", "tool_calls", "function")
_SHORT = 40
"""Characters up to which two values (`yes` and `no`) may differ again by chance."""
_MESSAGE = re.compile(r"/(?:messages|input)/\d+(?=/|$)")
_WORDS_OF_THE_WIRE = ("/role", "/type", "/name")
"""Fields of few values: that one changed to another before does not make it no news at another place."""


class Carried:
    """Remembers what has differed in one conversation."""

    def __init__(self) -> None:
        """Nothing has differed yet."""
        self._values: set[tuple[bytes, bytes]] = set()
        self._spoken: set[tuple[bytes, bytes]] = set()
        """Of the values, those that models and tools gave: they come again in messages that are new."""
        self._texts: set[str] = set()
        self._wholes: set[tuple[str, frozenset[str]]] = set()
        self._told: set[str] = set()
        """Of the texts, those of answers and of turns: they come again as messages of their own."""
        self._places: dict[str, set[tuple[str, bytes, bytes]]] = {}
        """By the field that they are in."""
        self._messages: Counter[tuple[bytes, bytes]] = Counter()
        self._agreed: set[str] = set()
        self.diverged = False
        """Whether anything of weight has differed: before that, nothing that is sent can be a consequence."""

    def holds(self, one: Difference, *, made: bool = False, known: bool = False) -> bool:
        """Whether it is a consequence of what differed before.

        `made`: a model or a tool wrote the message on both sides. `known`: an earlier request had it so.
        """
        left, right = _key(one.left), _key(one.right)
        if self._stands(one):
            return not _is_message(one) or known or made or not _is_short(one)
        if one.aspect != "messages" or one.pointer.endswith(_WORDS_OF_THE_WIRE):
            return False
        pair = left, right
        if (pair in self._spoken and (made or known)) or (pair in self._values and (known or not _is_short(one))):
            return True
        if not (self.diverged or one.quiet) or (_is_short(one) and not known and not made):
            return False
        return self._has_said(one)

    def _has_said(self, one: Difference) -> bool:
        """Whether all that only one side says was said by one side before; as a message of its own, if it is one."""
        before, after = _parts_of(one.left), _parts_of(one.right)
        if one.kind == "changed" or not _is_message(one):
            return bool(before or after) and not (before ^ after) - self._texts
        parts = before or after
        return bool(parts) and (not parts - self._told or _whole(one) in self._wholes)

    def messages_again(self, pairs: Sequence[tuple[object, object]], *, resent: bool) -> list[bool]:
        """Which of these pairs of messages an earlier request had: only one that is `resent` has any."""
        keys = [(_key(left), _key(right)) for left, right in pairs]
        seen: Counter[tuple[bytes, bytes]] = Counter()
        out = []
        for key in keys:
            seen[key] += 1
            out.append(resent and seen[key] <= self._messages[key])
        for key, times in seen.items():
            self._messages[key] = times + self._messages[key] if not resent else max(times, self._messages[key])
        return out

    def agrees(self, field: str) -> None:
        """What differed in a field no longer does: where it does again, that is new."""
        self._places.pop(field, None)

    def _stands(self, one: Difference) -> bool:
        return (one.pointer, _key(one.left), _key(one.right)) in self._places.get(_field(one), ())

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
        return msgspec.structs.replace(one, inherited=True) if self._stands(one) else one

    def place(self, one: Difference) -> None:
        """Where it stands, it may stand again."""
        self._places.setdefault(_field(one), set()).add((one.pointer, _key(one.left), _key(one.right)))

    def note(self, one: Difference) -> None:
        """A difference of a request: where it stands, it may stand again."""
        self.place(one)
        if one.aspect == "messages":
            self._value(one.left, one.right)
            self._texts.update(_parts_of(one.left), _parts_of(one.right))
            if one.kind != "changed" and _is_message(one):
                self._wholes.add(_whole(one))

    def pair(self, left: object, right: object) -> None:
        """Two values that a model, a tool or a turn gave: one in the place of the other is no news."""
        pair = self._value(left, right)
        if pair is not None:
            self._spoken.add(pair)
        self.text(left, right)

    def _value(self, left: object, right: object) -> tuple[bytes, bytes] | None:
        if isinstance(left, str) and isinstance(right, str):
            left, right = left.strip(), right.strip()
        if left is None or right is None:
            return None
        pair = _key(left), _key(right)
        self._values.add(pair)
        return pair

    def text(self, *values: object) -> None:
        """Texts that only one side has, or has there: it may send them again, alone or within another."""
        for value in values:
            self._texts.update(_parts_of(value))
            self._told.update(_parts_of(value))


def _field(one: Difference) -> str:
    """The field of a request that it is in; all else has a name of its own."""
    parts = one.pointer.split("/", 2)
    return parts[1].replace("~1", "/").replace("~0", "~") if len(parts) > 1 and not parts[0] else parts[0]


def _is_message(one: Difference) -> bool:
    return _MESSAGE.match(one.pointer) is not None


def _is_short(one: Difference) -> bool:
    """Whether two short texts differ, which may differ again by chance."""
    texts = [value for value in (one.left, one.right) if isinstance(value, str)]
    return len(texts) > 1 and max(map(len, texts)) <= _SHORT


def _whole(one: Difference) -> tuple[str, frozenset[str]]:
    """What a message that only one side has is known by."""
    value = one.left if one.kind == "removed" else one.right
    role = value.get("role", value.get("type")) if isinstance(value, dict) else None
    return repr(role)[:_SHORT], frozenset(_parts_of(value))


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
    except RecursionError:  # nested without end: it is known by what it is
        return f"too deep: {id(value)}".encode()
    except (UnicodeEncodeError, TypeError, ValueError):
        return repr(value)[:_KEPT].encode("utf-8", "replace")
