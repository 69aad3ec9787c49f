"""The inside of a JSON string, sign by sign: what each says, and what is written for another in as many bytes. Pure."""

import re

_UNIT = re.compile(
    rb"\\u[0-9a-fA-F]{4}|\\.|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}|.", re.DOTALL
)
_SAYS = {b"n": "\n", b"t": "\t", b"r": "\r", b"b": "\b", b"f": "\f"}
STRANGE = "\xe9"
"""For every sign that is not ASCII."""
_ESCAPE, _FOUR = 2, 6
SPACES = frozenset(" \t\r\n")


def units(inner: bytes) -> list[bytes]:
    """Its signs, as they are written."""
    return _UNIT.findall(inner)


def says(unit: bytes) -> str:
    """The sign that it says."""
    if unit[:1] == b"\\" and len(unit) == _ESCAPE:
        return _SAYS.get(unit[1:]) or (chr(unit[1]) if unit[1] < 128 else STRANGE)  # noqa: PLR2004 - ASCII ends there
    if unit[:1] == b"\\" and len(unit) == _FOUR:
        says_ascii = unit[2:4] == b"00" and unit[4:5] < b"8"
        return chr(int(unit[4:].decode(), 16)) if says_ascii else STRANGE
    return unit.decode() if unit.isascii() else STRANGE


def hidden(sign: str) -> str:
    """What stands for a sign that must not be known. Of an escape it can be told that it was one."""
    return sign if sign == " " else "/" if sign in '"\\\n\t\r\b\f' else "x"


def written(unit: bytes, before: str, after: str) -> bytes:
    """The sign `after`, a letter, a digit or `/`, in as many bytes as the unit that says `before` has."""
    if after == before and after != STRANGE:
        return unit
    if unit[:1] == b"\\":
        if len(unit) == _FOUR:
            return b"\\u%04x" % ord(after)
        return b"\\/" if len(unit) == _ESCAPE else b"x"
    return after.encode() + b"x" * (len(unit) - 1)
