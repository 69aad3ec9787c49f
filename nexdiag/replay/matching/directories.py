"""The working directory, as agents tell it to models: learnt from their texts, and found again in all of them. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from nexdiag.core.body import Link

Replace = Callable[[str], str]
MOST = 4
"""Directories that one request may name as its own: a chat that names more goes on counting the later ones."""
_LONGEST = 1024
_PLAIN = r"(?:~?/|[A-Za-z]:[\\/])[^\s<>\"'`|*?;,()\[\]{}]{1,1000}"
_SAYINGS = (
    # codex: <environment_context> <cwd>/home/jo/shop</cwd>, and <root> within <workspace_roots>
    r"<(?:cwd|root|working_directory|workspace)>\s{0,40}+([^<>\n]{2,1000}+)\s{0,40}+</",
    # Claude Code: "Primary working directory: …"; opencode, Gemini CLI and many others: "Working directory: …"
    (
        r"(?i:\b(?:working[ _-]?dir(?:ectory)?|current dir(?:ectory)?|workdir|cwd))[*_`\"' \\]{0,4}"
        rf"(?:(?i:is(?: now)?|at)\b|[:=]){{0,2}}[*_`\"' :=\\]{{0,5}}({_PLAIN})"
    ),
)
_SAID = re.compile("|".join(_SAYINGS))
_HINT = re.compile(rb"(?i)cwd|workdir|working|current dir|<root>|<workspace>")
_NAMES = frozenset({"cwd", "workdir", "working_directory", "workingDirectory", "working_dir"})
_ABSOLUTE = re.compile(r"(?:~?/|[A-Za-z]:[\\/])[^\n]*")


def may_tell(raw: bytes) -> bool:
    """Whether a JSON text may name a working directory: where not, it need not be looked into."""
    return _HINT.search(raw) is not None


def told(value: object) -> Iterator[str]:
    """The directories that a JSON value names as the working one, in its order."""
    if isinstance(value, str):
        for found in _SAID.finditer(value):
            yield from _cleaned(found[1] or found[2] or "")
    elif isinstance(value, list):
        for entry in value:
            yield from told(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            if name in _NAMES and isinstance(entry, str):
                yield from _cleaned(entry)
            yield from told(entry)


class Places:
    """Where directories stand in texts: they, and what is below them."""

    def __init__(self, directories: Iterable[str]) -> None:
        """The longest goes first, so that one within another is not cut in two."""
        self.directories = tuple(dict.fromkeys(directories))
        spelled = {spelling for one in self.directories for spelling in (one, one.replace("\\", "\\\\"))}
        parts = "|".join(re.escape(one) for one in sorted(spelled, key=lambda one: (-len(one), one)))
        self._found = re.compile(rf"(?<![\w.~-])(?:{parts})(?![\w-]|\.\w)") if parts else None

    def replace(self, text: str, taken: Replace) -> str:
        """The text with each of them replaced by what `taken` gives for it."""
        return text if self._found is None else self._found.sub(lambda found: taken(found[0]), text)


def _cleaned(path: str) -> Iterator[str]:
    """The directory without what a sentence puts behind it; nothing for a root, or for what is no absolute path."""
    path = path.strip().rstrip(".:!?*_`\"'")
    path = path.rstrip("/\\")
    named = path.lstrip("~/\\")
    if _ABSOLUTE.fullmatch(path) and len(path) <= _LONGEST and named and not named.endswith(":"):
        yield path


class Learner:
    """Learns which directories requests name as their own. Remembers each list and each text that it has read."""

    def __init__(self, *, unordered: Collection[str] = (), last: Collection[str] = ()) -> None:
        """Nothing is learnt from the `unordered` fields; those named `last` are looked into after all others."""
        self._unordered = unordered
        self._last = last
        self._by_link: dict[Link, tuple[str, ...]] = {}
        self._by_text: dict[bytes, tuple[str, ...]] = {}

    def named(self, values: Mapping[str, bytes | Link]) -> tuple[str, ...]:
        """The first few directories that the fields of a body name."""
        found: dict[str, None] = {}
        for name in sorted(values, key=lambda name: (name in self._last, name)):
            if name not in self._unordered:
                found |= dict.fromkeys(self._in(values[name]))
        return tuple(found)[:MOST]

    def _in(self, value: bytes | Link) -> tuple[str, ...]:
        if isinstance(value, bytes):
            return self._in_text(value)
        new: list[Link] = []
        link: Link | None = value
        while link is not None and link not in self._by_link:
            new.append(link)
            link = link.before
        found = self._by_link[link] if link is not None else ()
        for link in reversed(new):
            if len(found) < MOST:
                found = tuple(dict.fromkeys((*found, *self._in_text(link.raw))))[:MOST]
            self._by_link[link] = found
        return found

    def _in_text(self, raw: bytes) -> tuple[str, ...]:
        if not may_tell(raw):
            return ()
        found = self._by_text.get(raw)
        if found is None:
            try:
                found = tuple(dict.fromkeys(told(msgspec.json.decode(raw))))[:MOST]
            except (ValueError, RecursionError):
                found = ()
            self._by_text[raw] = found
        return found
