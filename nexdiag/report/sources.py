"""What is known of files beside what was found in them: their paths in the repository, lines, and pages of rules.

Law: a report looks at no file. The runner does, and hands over these; without them a format says less, never wrong.
"""

import re
from pathlib import PurePosixPath

import msgspec

_DRIVE = re.compile(r"^[A-Za-z]:")


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand."""

    paths: dict[str, str] = {}
    """A file as it was named → its path from the top of the repository, where it is in one."""
    lines: dict[str, dict[int, int]] = {}
    """A file as it was named → the number of an exchange → the line it stands on, from 1."""
    pages: dict[str, str] = {}
    """A rule → its page, in Markdown."""

    def path(self, file: str) -> str:
        """A relative path with slashes that leads nowhere outside: of a file elsewhere, its name alone."""
        told = self.paths.get(file)
        if told is not None:
            return told
        path = PurePosixPath(_DRIVE.sub("", file.replace("\\", "/")))
        if path.is_absolute() or ".." in path.parts:
            return path.name.replace("..", "_") or "unnamed"
        return path.as_posix() if path.parts else "unnamed"

    def line(self, file: str, exchange: int | None) -> int:
        """The line of an exchange in its file; the first, where that is not known."""
        return self.lines.get(file, {}).get(-1 if exchange is None else exchange, 1)


NOWHERE = Sources()
"""Nothing is known."""
