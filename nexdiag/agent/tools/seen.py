"""Seen: which files a session's model has read or written, and what was in them then. Pure.

A whole file may only be replaced by somebody who knows what is in it. An edit needs no such proof, since it names the
very text that it replaces; it only tells if the file was another in the meantime.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

FILES = 4096
"""Files that are remembered, the latest."""

Standing = Literal["unseen", "same", "changed"]


class Seen:
    """What one model knows.

    A helper that it asks has one of its own: the one does not know what the other has read.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[Path, bytes] = {}

    def note(self, file: Path, digest: bytes) -> None:
        """The model has read this file, or written it, and knows what is in it."""
        self._known.pop(file, None)
        self._known[file] = digest
        while len(self._known) > FILES:
            self._known.pop(next(iter(self._known)))

    def standing(self, file: Path, digest: bytes) -> Standing:
        """Tell how the file as it is now stands to what the model knows."""
        known = self._known.get(file)
        if known is None:
            return "unseen"
        return "same" if known == digest else "changed"


def digest_start() -> "hashlib.blake2b":
    """Return a digest of nothing, to be fed."""
    return hashlib.blake2b(digest_size=16)


def digest_of(pieces: Iterable[bytes]) -> bytes:
    """Return what tells one content from another: time stamps are too coarse, and change without a change."""
    digest = digest_start()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
