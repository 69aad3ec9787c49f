"""A private key that goes over the ends of lines, where each line comes by itself: in a log. Pure."""

import re
from collections.abc import Callable

_BEGIN = "-----BEGIN "
_END = "-----END "
_KEY = "PRIVATE KEY"
_LONG = re.compile(r"[A-Za-z0-9+/=]{16,}")
_PART = re.compile(_LONG.pattern + r"|(?<!\S)[A-Za-z0-9+/]{1,76}={0,2}\Z")
"""A line of the key, or what stands at the end of a line behind its time and level."""
_MOST = 200
"""Lines of a key. One that is longer is none, or its end never came."""


class KeyLines:
    """Knows, for each source of lines, whether a private key has begun."""

    def __init__(self) -> None:
        """No key has begun."""
        self._left: dict[str, int] = {}

    def clean(self, source: str, line: str, text: str, mark: Callable[[str], str]) -> str:
        """`text` is `line` without what a line alone shows to be secret; the result also without parts of a key."""
        if "\n" in line:  # several lines that are one entry: as if each came by itself
            for one in line.split("\n"):
                clean = self.clean(source, one, one, mark)
                if clean != one:
                    text = text.replace(one, clean, 1)
            return text
        left = self._left.get(source, 0)
        begins = line.rfind(_BEGIN)
        if begins >= 0 and _KEY in line[begins:] and _END not in line[begins:]:
            self._left[source] = _MOST
            return text
        if not left:
            return text
        if _END in line:
            del self._left[source]
            return _LONG.sub(lambda part: mark(part[0]), text)
        self._left[source] = left - 1
        return _PART.sub(lambda part: mark(part[0]), text)
