"""Whether a JSON object that comes in pieces is whole: brackets, strings and escapes, and nothing more."""

import re

_SIGN = re.compile(r'\\.|\\\Z|["{}\[\]]', re.DOTALL)


class Extent:
    """Follows the text of one object. Each character is looked at once."""

    def __init__(self) -> None:
        """Start before the first character."""
        self._depth = 0
        self._begun = False
        self._in_string = False
        self._escaped = False

    @property
    def whole(self) -> bool:
        """Whether every bracket that was opened is closed; False while there was none."""
        return self._begun and self._depth == 0

    def feed(self, text: str) -> None:
        """Take the next piece."""
        start = 1 if self._escaped and text else 0
        self._escaped = self._escaped and not text
        for found in _SIGN.finditer(text, start):
            sign = found[0]
            if sign[0] == "\\":
                self._escaped = len(sign) == 1 and self._in_string
            elif sign == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if sign in "{[" else -1
                self._begun = True
