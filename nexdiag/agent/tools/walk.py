"""Finds files below a directory by a pattern such as `src/**/*.{py,toml}`. Shared by glob and grep.

Law: links to directories are not followed; a link to a file counts only if the file lies in the workspace.
Matching is a machine over path segments, so that no pattern can make it slow, and a directory in which nothing can
match is not entered.
"""

import os
import re
from collections.abc import Iterator
from fnmatch import translate
from pathlib import Path

from nexdiag.agent.tools.tool import shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

ENTRIES = 200_000
"""Directory entries looked at in one walk: a thread cannot be ended from outside, so it must end by itself."""
_ALTERNATIVES = 64
"""Plain patterns that the braces of one pattern may stand for."""

SKIPPED = frozenset({".git", ".nexdiag"})
"""Directories that are searched only if the search begins in them: a chat's records would match all that was said."""

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")

States = frozenset[tuple[int, int]]
"""(alternative, segments matched so far) for every way in which a path fits until now."""


class Pattern:
    """A glob pattern: `*`, `?`, `[..]` within a segment, `**` for any directories, `{a,b}` for either."""

    def __init__(self, text: str) -> None:
        """Take the pattern apart; ToolError if it is empty, leaves its directory, or has too many braces."""
        self._ways = [self._segments(plain, text) for plain in _expand(text)]

    @staticmethod
    def _segments(plain: str, text: str) -> list[re.Pattern[str] | None]:
        """Return one regular expression a segment, None for `**`."""
        parts = [part for part in plain.split("/") if part not in {"", "."}]
        if not parts or ".." in parts:
            raise ToolError(f"not a pattern below the searched directory: {shown(text)}")
        if parts[-1] == "**":
            parts.append("*")
        return [None if part == "**" else re.compile(translate(part)) for part in parts]

    def start(self) -> States:
        """Return the states before the first segment of a path."""
        return self._closed({(way, 0) for way in range(len(self._ways))})

    def advance(self, states: States, name: str) -> States:
        """Return the states after one more segment of a path; empty if nothing can match any more."""
        after: set[tuple[int, int]] = set()
        for way, at in states:
            if at < len(self._ways[way]):
                segment = self._ways[way][at]
                if segment is None:
                    after.add((way, at))
                elif segment.match(name):
                    after.add((way, at + 1))
        return self._closed(after)

    def _closed(self, states: set[tuple[int, int]]) -> States:
        """With the states reached by letting `**` stand for no directory."""
        waiting = list(states)
        while waiting:
            way, at = waiting.pop()
            if at < len(self._ways[way]) and self._ways[way][at] is None and (way, at + 1) not in states:
                states.add((way, at + 1))
                waiting.append((way, at + 1))
        return frozenset(states)

    def accepts(self, states: States) -> bool:
        """Tell whether a path that led to these states matches."""
        return any(at == len(self._ways[way]) for way, at in states)


def _expand(text: str) -> list[str]:
    """Return the plain patterns that braces stand for, innermost braces first."""
    done: list[str] = []
    waiting = [text]
    while waiting:
        one = waiting.pop()
        braces = _BRACES.search(one)
        if braces is None:
            done.append(one)
        else:
            waiting += [one[: braces.start()] + word + one[braces.end() :] for word in braces[1].split(",")]
        if len(done) + len(waiting) > _ALTERNATIVES:
            raise ToolError(f"pattern has too many alternatives in braces: {shown(text)}")
    return done


class Walk:
    """One pass over the files below a directory; iterate it once."""

    def __init__(self, workspace: Workspace, start: Path, pattern: Pattern, *, entries: int = ENTRIES) -> None:
        """Look below `start`, a resolved directory of the workspace."""
        self._workspace = workspace
        self._start = start
        self._pattern = pattern
        self._left = entries
        self.cut = False
        """True once the walk stopped because it had seen too many entries."""
        self.unread = 0
        """Directories that could not be listed."""

    def __iter__(self) -> Iterator[str]:
        """Return matching files, relative to the workspace, each directory's in the order of names."""
        waiting = [(self._start, self._pattern.start())]
        while waiting:
            folder, states = waiting.pop()
            deeper: list[tuple[Path, States]] = []
            for entry in self._entries(folder):
                after = self._pattern.advance(states, entry.name)
                if not after:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        deeper.append((Path(entry.path), after))
                elif self._pattern.accepts(after) and self._is_file(entry):
                    yield self._workspace.relative(Path(entry.path))
            waiting += reversed(deeper)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        found: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if self._left == 0:
                        self.cut = True
                        break
                    self._left -= 1
                    found.append(entry)
        except OSError:
            self.unread += 1
        return sorted(found, key=lambda entry: entry.name)

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        if not entry.is_symlink():
            return entry.is_file(follow_symlinks=False)
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):  # dangling, or links in a circle
            return False
        return target.is_file() and self._workspace.contains(target)

    def notes(self) -> list[str]:
        """Return what this walk did not see, one line each."""
        lines = [f"[{self.unread} directories could not be read]"] if self.unread else []
        return [*lines, "[stopped: too many files; name a narrower path]"] if self.cut else lines


def start_of(workspace: Workspace, path: str) -> Path:
    """Return the resolved place where a search begins; ToolError if nothing is there."""
    start = workspace.resolve(path)
    if not start.exists():
        raise ToolError(f"no such path: {shown(path)}", hint="search from '.', the working directory")
    return start
