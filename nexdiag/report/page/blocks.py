"""Blocks: what the page carries, cut into pieces that are each inflated when somebody looks at them.

A block is JSON, packed with gzip (the one packing that every browser can undo), in base64, in an element of its own.
Its cost is that of its text alone, so that a page opens at once however long the recording is. Only the index is not
packed: browsers unpack while they do nothing else, and the first rows shall not wait until the page is read.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from nexdiag.report.markup import Markup, element, trusted

_LEVEL = 6
"""A third of the time that level 9 takes, for two percent more."""
SIZES = {"turns": 128, "messages": 128, "texts": 128, "log": 1024, "findings": 128, "bodies": 64, "rows": 64}
"""Entries of a block, by kind: 128 messages of a usual chat are inflated in a millisecond."""


class Column:
    """Entries of one kind, each known by its number; full blocks are packed at once, so that little is held."""

    def __init__(self, run: int, kind: str) -> None:
        """Number the entries of `kind` in the page's run of that number."""
        self._name = f"nexdiag-{run}-{kind}"
        self._size = SIZES[kind]
        self._open: list[Any] = []
        self._numbers: dict[bytes, int] = {}
        self._packed: list[Markup] = []
        self.total = 0

    def add(self, entry: Any) -> int:  # noqa: ANN401 - any JSON
        """Store an entry; its number."""
        self._open.append(entry)
        self.total += 1
        if len(self._open) == self._size:
            self._close()
        return self.total - 1

    def once(self, key: bytes, entry: str) -> int:
        """The number of an entry that is stored the first time that its key comes; only a digest is kept of it."""
        known = hashlib.blake2b(key, digest_size=16).digest()
        if known not in self._numbers:
            self._numbers[known] = self.add(entry)
        return self._numbers[known]

    def _close(self) -> None:
        self._packed.append(block(f"{self._name}-{len(self._packed)}", self._open))
        self._open = []

    def blocks(self) -> Iterator[Markup]:
        """All of its elements."""
        if self._open:
            self._close()
        yield from self._packed


def block(name: str, value: Any) -> Markup:  # noqa: ANN401 - any JSON
    """One element that holds a value."""
    written = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    packed = gzip.compress(written.encode("utf-8", "backslashreplace"), _LEVEL, mtime=0)
    return element("script", trusted(base64.b64encode(packed).decode()), type="text/plain", id=name)


def open_block(name: str, value: Any) -> Markup:  # noqa: ANN401 - any JSON
    """One element that holds a value as JSON, in ASCII and without `<`, so that nothing in it can end the element."""
    written = json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", trusted(written), type="application/json", id=name)
