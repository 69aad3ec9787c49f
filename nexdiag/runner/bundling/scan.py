"""JSON text → its tokens, each with the place where it stands. Strict: whoever is in doubt masks the whole. Pure.

A text may end anywhere, as what was cut does: what came before is understood all the same. `Broken` is raised for what
is no JSON, or nested too deeply.
"""

import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*+")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)("?)')
_CUT = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+\\(?:u[0-9a-fA-F]{0,3})?')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?")
_LITERAL = re.compile(r"true|false|null|NaN|-?Infinity")
_DEEPEST = 400
KEY, STRING, NUMBER, CUT = "key", "string", "number", "cut"
_VALUE, _FIRST, _FIRST_KEY, _KEY, _COLON, _AFTER, _END = range(7)


class Broken(Exception):  # noqa: N818 - nobody outside of this room sees it
    """It is no JSON."""


class Frame:
    """An object or an array that is open, or was: by which key it is reached, and what tells it from its like."""

    __slots__ = ("count", "key", "known", "listed", "ordinal", "outer", "place", "within")

    def __init__(self, outer: "Frame | None", within: str, place: str, *, listed: bool) -> None:
        """`within`: the key under which it stands; `place`: what kind of place it is."""
        self.outer = outer
        self.within = within
        self.place = place
        self.listed = listed
        self.key = within
        self.count = 0
        self.ordinal = 0
        if outer is not None:
            outer.count += 1
            self.ordinal = outer.count
        self.known: dict[str, str] = {}
        """Of its members those that are short and tell which one it is: `index`, `id`, `type`."""


Token = tuple[str, int, int, Frame]
"""Kind, beginning and end without quotes, and the frame as it is at this moment."""


class Scanner:
    """Walks over one text. Whoever takes the tokens says, by `opens`, what place a container is."""

    def __init__(self, text: str, top: Frame) -> None:
        """`top`: what the text stands in."""
        self._text = text
        self._frame = top
        self._state = _VALUE
        self._depth = 0
        self.opens = top.place
        """The place that the container just told is: set by who takes the tokens, before the next is asked for."""

    def tokens(self) -> Iterator[Token]:
        """Keys, strings, numbers, containers (`[` and `{`), and what is cut at the end."""
        text, at = self._text, 0
        while True:
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches anywhere
            if at >= len(text):
                return
            sign = text[at]
            if sign == '"':
                kind, end = self._string(at)
                yield kind, at + 1, end - (kind != CUT), self._frame
            elif sign in "{[":
                self._begins(sign == "[")
                yield sign, at, at + 1, self._frame
                self._frame = Frame(self._frame, self._frame.key, self.opens, listed=sign == "[")
                end = at + 1
            elif sign in "}],:":
                self._structure(sign)
                end = at + 1
            else:
                kind, end = self._scalar(at)
                if kind == NUMBER:
                    yield kind, at, end, self._frame
            at = end
            if self._depth == 0 and self._state == _AFTER:
                self._state = _END

    def _string(self, at: int) -> tuple[str, int]:
        """Whether it is a key, a value, or cut short; and where it ends."""
        if self._state not in (_VALUE, _FIRST, _FIRST_KEY, _KEY):
            raise Broken
        found = _STRING.match(self._text, at)
        if found is None or not found[2]:
            if (found is None or found.end() != len(self._text)) and _CUT.fullmatch(self._text, at) is None:
                raise Broken
            return CUT, len(self._text)
        named = self._state in (_FIRST_KEY, _KEY)
        self._state = _COLON if named else _AFTER
        return KEY if named else STRING, found.end()

    def _begins(self, listed: bool) -> None:
        self._depth += 1
        if self._state not in (_VALUE, _FIRST) or self._depth > _DEEPEST:
            raise Broken
        self._state = _FIRST if listed else _FIRST_KEY

    def _structure(self, sign: str) -> None:
        """A bracket that closes, a comma, a colon."""
        state, frame = self._state, self._frame
        if sign == ":" and state == _COLON:
            self._state = _VALUE
        elif sign == "," and state == _AFTER and self._depth:
            self._state = _VALUE if frame.listed else _KEY
        elif sign in "}]" and self._depth and frame.outer is not None and frame.listed == (sign == "]"):
            if state not in (_AFTER, _FIRST if frame.listed else _FIRST_KEY):
                raise Broken
            self._depth, self._frame, self._state = self._depth - 1, frame.outer, _AFTER
        else:
            raise Broken

    def _scalar(self, at: int) -> tuple[str, int]:
        """A number, or a word that has no kind; and where it ends."""
        if self._state not in (_VALUE, _FIRST):
            raise Broken
        self._state = _AFTER
        found = _LITERAL.match(self._text, at)
        if found is not None:
            return "", found.end()
        found = _NUMBER.match(self._text, at)
        if found is None:
            raise Broken
        return NUMBER, found.end()
