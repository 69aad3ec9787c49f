"""The working directory, as agents tell it to models: learnt from their texts, and found again in all of them. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator

Replace = Callable[[str, int], str]
"""Gives what stands for a directory, told it and its number: the place in which its request names it."""
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
        rf"[:=][*_`\"' \\]{{0,5}}({_PLAIN})"
    ),
)
_SAID = re.compile("|".join(_SAYINGS))
_HINT = re.compile(rb"(?i)cwd|workdir|working|current dir|<root>|<workspace>")
_ABSOLUTE = re.compile(r"(?:~?/|[A-Za-z]:[\\/])[^\n]*")


def may_tell(raw: bytes) -> bool:
    """Whether a JSON text may name a working directory: where not, it need not be looked into."""
    return _HINT.search(raw) is not None


def told(text: str) -> Iterator[str]:
    """The directories that a text names as the working one, in its order: behind a label, not in a sentence."""
    for found in _SAID.finditer(text):
        yield from _cleaned(found[1] or found[2] or "")


class Places:
    """Where directories stand in texts: they, and what is below them."""

    def __init__(self, directories: Iterable[tuple[str, int]]) -> None:
        """Each with its number. The longest goes first, so that one within another is not cut in two."""
        spelled: dict[str, int] = {}
        for one, number in directories:
            for spelling in (one, one.replace("\\", "\\\\")):
                spelled.setdefault(spelling, number)
        self._numbers = spelled
        parts = "|".join(re.escape(one) for one in sorted(spelled, key=lambda one: (-len(one), one)))
        self._found = re.compile(rf"(?<![\w.~-])(?:{parts})(?![\w-]|\.\w)") if parts else None

    def replace(self, text: str, taken: Replace) -> str:
        """The text with each of them replaced by what `taken` gives for it."""
        if self._found is None:
            return text
        return self._found.sub(lambda found: taken(found[0], self._numbers[found[0]]), text)


def _cleaned(path: str) -> Iterator[str]:
    """The directory without what a sentence puts behind it; nothing for a root, or for what is no absolute path."""
    path = path.strip().rstrip(".:!?*_`\"'")
    path = path.rstrip("/\\")
    named = path.lstrip("~/\\")
    if _ABSOLUTE.fullmatch(path) and len(path) <= _LONGEST and named and not named.endswith(":"):
        yield path
