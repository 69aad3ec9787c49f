"""Names and ids → others of the same make: as long, of the same kinds of signs, and the same wherever they stand. Pure.

Law: equal names stay equal, different ones different; of what they were nothing is left but what every id of a kind
begins with.
"""

import hashlib
import re

from nexdiag.runner.bundling.vocabulary import MODELS

_BEGINNING = re.compile(
    rb"(?:call_|toolu_|srvtoolu_|msg_|resp_|rs_|fc_|chatcmpl-(?:tool-)?|cmpl-|req_|functions\.|sess_|\$)"
)
_UNIT = re.compile(rb"\\u[0-9a-fA-F]{4}|\\.|[\x00-\x7f]|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|"
                   rb"[\xf0-\xf7][\x80-\xbf]{3}|.", re.DOTALL)  # fmt: skip
_SIZE = re.compile(rb"v?\d{1,3}(?:\.\d{1,2})?[bkmBKM]?")
_PART = re.compile(rb"[^\W_]+(?:\.\d{1,2}[bkmBKM]?)?")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})?\Z")
_BROAD = {2: "é".encode(), 3: "€".encode(), 4: "😀".encode()}
_TRIES = 50


class Names:
    """The names of one recording; `key` makes what takes their place."""

    def __init__(self, key: bytes) -> None:
        """`key`: what the receiver does not have."""
        self._key = key[:64]
        self._given: dict[bytes, bytes] = {}
        self._taken: set[bytes] = set()

    def name(self, raw: bytes) -> bytes:
        """What stands for it: text of JSON for text of JSON."""
        found = self._given.get(raw)
        if found is None:
            made = b""
            for turn in range(_TRIES):
                made = self._made(raw, turn)
                if made not in self._taken and made != raw:
                    break
            self._taken.add(made)
            found = self._given[raw] = made
        return found

    def known(self, raw: bytes) -> bytes | None:
        """What stands for it, if it is a name that was met, and is long enough to be no common word."""
        return self._given.get(raw)

    def model(self, raw: bytes) -> bytes:
        """The name of a model: families, makers and sizes are nobody's secret, the rest is."""

        def part(found: re.Match[bytes]) -> bytes:
            word = found[0]
            plain = word.lower().decode("ascii", "replace")
            family = _NUMBERED.sub("", plain)
            known = plain in MODELS or family in MODELS or _SIZE.fullmatch(word) is not None
            return word if known else self.name(word)

        return _PART.sub(part, raw) if raw.isascii() and b"\\" not in raw else self.name(raw)

    def _made(self, raw: bytes, turn: int) -> bytes:
        begins = _BEGINNING.match(raw)
        head = begins[0] if begins is not None else b""
        out, at = [head], 0
        stream = b""
        for unit in _UNIT.findall(raw, len(head)):
            if at >= len(stream):
                told = len(out).to_bytes(8, "big") + turn.to_bytes(2, "big") + raw
                stream, at = hashlib.blake2b(told, key=self._key).digest(), 0
            out.append(_like(unit, stream[at]))
            at += 1
        return b"".join(out)


def _like(unit: bytes, chance: int) -> bytes:
    """A sign of the same kind and size."""
    if len(unit) == 1:
        if unit.isdigit():
            return b"%d" % (chance % 10)
        if unit.isalpha():
            return bytes((chance % 26 + (65 if unit.isupper() else 97),))
        return unit if unit.isascii() else b"x"
    if unit[:1] == b"\\":
        if len(unit) == 2:  # noqa: PLR2004 - an escape of one sign
            return unit if unit[1:] in b"nrtbf" else b"xx"
        return b"\\u%04x" % (chance % 26 + 97) if unit[2:4] == b"00" and unit[4:5] < b"8" else b"\\u00e9"
    return _BROAD[len(unit)]
