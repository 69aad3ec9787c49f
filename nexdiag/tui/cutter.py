"""Cuts a growing Markdown text into pieces that are drawn one by one. Pure.

A stream is drawn by parsing again what came last; so no piece may grow with the answer. A cut falls between two
blocks where it can, and closes and opens again a code fence that it goes through.
"""

import re

SOFT = 3000
"""Characters after which a piece ends with its paragraph."""
HARD = 6000
"""Characters that no piece exceeds by more than a fence."""
SOFT_LINES = 40
HARD_LINES = 80
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([^\n`]*)$")


class Cutter:
    """One text, as it grows."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.piece = 0
        """The piece that grows, from 0."""
        self._size = 0
        self._lines = 0
        self._line = ""
        """The line that is being written, as far as it came."""
        self._after_blank = False
        self._fence: tuple[str, str] | None = None
        """The fence that is open: its marks, and its language."""

    def feed(self, text: str) -> list[tuple[int, str]]:
        """What the text adds: to which piece, and what."""
        adds: list[tuple[int, list[str]]] = [(self.piece, [])]
        for line in text.splitlines(keepends=True):
            rest = line
            while rest:
                self._maybe_cut(rest, adds)
                taken = rest[: max(1, HARD - self._size)]
                rest = rest[len(taken) :]
                adds[-1][1].append(taken)
                self._note(taken)
        return [(piece, "".join(parts)) for piece, parts in adds if parts]

    def _maybe_cut(self, coming: str, adds: list[tuple[int, list[str]]]) -> None:
        full = self._size >= HARD or (self._lines >= HARD_LINES and not self._line)
        large = self._size >= SOFT or self._lines >= SOFT_LINES
        between = not self._line and self._after_blank and self._fence is None and not coming[0].isspace()
        if not full and not (large and between):
            return
        if self._fence is not None:
            adds[-1][1].append(("\n" if self._line else "") + self._fence[0] + "\n")
        self.piece += 1
        adds.append((self.piece, []))
        self._size = self._lines = 0
        self._line = ""
        if self._fence is not None:
            adds[-1][1].append(f"{self._fence[0]}{self._fence[1]}\n")

    def _note(self, taken: str) -> None:
        self._size += len(taken)
        self._line += taken
        if not taken.endswith("\n"):
            return
        line = self._line.rstrip("\n")
        self._line = ""
        self._lines += 1
        self._after_blank = not line.strip()
        found = _FENCE.fullmatch(line)
        if found is None:
            return
        marks, language = found[1], found[2].strip()
        if self._fence is None:
            self._fence = (marks, language)
        elif marks.startswith(self._fence[0]) and not language:
            self._fence = None
