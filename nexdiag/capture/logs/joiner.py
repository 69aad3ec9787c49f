"""Which lines of a log are one: tracebacks, panics, printed JSON, keys in PEM. Pure; decides, and waits for nothing.

    take(line, now) -> the entries that are complete by it       rest() -> what is still open

Law: nothing is lost, and nothing grows without a bound: what is longer than an entry may be begins another.
"""

import re

import msgspec

from nexdiag.codec.logline import Spoken, parse

MOST_LINES = 2000
MOST_CHARACTERS = 256 * 1024
_TRACEBACK = re.compile(r"\s*(?:\+ |\| )*(?:Exception Group )?Traceback \(most recent call last\):")
_TOLD = "Traceback (most recent call last):"
_AFTER = re.compile(
    r"(?:Caused by: |Suppressed: |\.\.\. \d+ more|at [\w.$<>/]+\(|stack backtrace:|note: run with `RUST_BACKTRACE|"
    r"note: Some details are omitted|During handling of the above exception|The above exception was the direct cause|"
    r"goroutine \d+ \[|created by |exit status \d+$|\[signal |\+-|\|)"
)
"""How lines begin that go on with what failed, though they are not indented."""
_RUST = re.compile(r"thread '.{0,200}' (?:\(\d+\) )?panicked at ")
_GO = re.compile(r"(?:panic: |fatal error: |SIG[A-Z]+: )")
_GO_FRAME = re.compile(r"[\w./*()\[\]-]{1,200}\(.{0,500}\)$|runtime\.")
_JAVA = re.compile(r"(?:Exception in thread \".*\" )?(?:[\w$]+\.)+[A-Z][\w$]*(?:Exception|Error|Throwable)\b")
_PEM = "-----BEGIN "
_PEM_END = "-----END "
_PREFIX = re.compile(r"((?:\([^()]*\) *)?\[[\w./-]+:\d+\] )(.*)", re.DOTALL)
_LOUD = ("WARN", "ERROR", "FATAL")
_OPENS = re.compile(r"[{\[]\s*$")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class _Entry:
    __slots__ = ("at", "chained", "kind", "level", "lines", "open", "size", "spoken")

    def __init__(self, spoken: Spoken, now: float) -> None:
        self.spoken = spoken
        self.at = now
        self.lines = [spoken.text]
        self.size = len(spoken.text)
        self.kind = ""
        self.level = spoken.level
        self.open = 0
        """Brackets of printed JSON that are not closed yet."""
        self.chained = False
        """A traceback's last line was there: only another one may follow."""


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a log."""

    spoken: Spoken
    """With the whole text and its level."""
    came: float
    """When its first line came, in Unix time."""


class Joiner:
    """Puts lines together."""

    def __init__(self) -> None:
        """Start with nothing open."""
        self._entry: _Entry | None = None

    @property
    def waiting(self) -> bool:
        """Whether an entry is open: more lines may belong to it."""
        return self._entry is not None

    def take(self, line: str, now: float) -> list[Joined]:
        """The next line. What it gives is what it completes."""
        entry = self._entry
        spoken = parse(line, now)
        if entry is not None and self._belongs(entry, spoken):
            entry.lines.append(spoken.text)
            entry.size += len(spoken.text) + 1
            return []
        done = self.rest()
        if spoken.text.strip() or spoken.known:
            self._entry = _begun(spoken, now)
        return done

    def rest(self) -> list[Joined]:
        """What is open: nothing more will come of it."""
        entry, self._entry = self._entry, None
        if entry is None:
            return []
        text = "\n".join(entry.lines).rstrip("\n")
        return [Joined(spoken=msgspec.structs.replace(entry.spoken, text=text, level=entry.level), came=entry.at)]

    def _belongs(self, entry: _Entry, spoken: Spoken) -> bool:
        if len(entry.lines) >= MOST_LINES or entry.size + len(spoken.text) > MOST_CHARACTERS:
            return False
        if entry.kind == "pem":
            entry.kind = "closed" if _PEM_END in spoken.text else "pem"
            return True
        line = _beneath(entry, spoken)
        if line is None:
            return False
        if entry.kind == "json":
            entry.open += _brackets(line)
            entry.kind = "json" if entry.open > 0 else "closed"
            return True
        return _goes_on(entry, line)


def _goes_on(entry: _Entry, line: str) -> bool:
    if _TRACEBACK.match(line):
        return _traced(entry)
    if line[:1].isspace() or not line.strip():
        return entry.kind != "closed"
    return _unindented(entry, line)


def _beneath(entry: _Entry, spoken: Spoken) -> str | None:
    """The line as it would stand beneath the entry; None for one that begins something new."""
    if not spoken.known or (spoken.stamp is None and spoken.level is None):
        return spoken.text
    prefix, first = _PREFIX.match(spoken.text), _PREFIX.match(entry.lines[0])
    if prefix and first and prefix[1] == first[1] and entry.kind == "traceback":
        return prefix[2]  # vLLM writes its whole prefix before each line of a traceback
    return None


def _traced(entry: _Entry) -> bool:
    """A traceback begins: of the error that was just told, or caused by the one before it."""
    tells = entry.kind == "traceback" or entry.level in _LOUD
    if tells:
        entry.kind, entry.chained = "traceback", False
    return tells


def _begun(spoken: Spoken, now: float) -> _Entry:
    entry = _Entry(spoken, now)
    text = spoken.text
    if _PEM in text and _PEM_END not in text:
        entry.kind = "pem"
    elif _TOLD in text:
        entry.kind, entry.level = "traceback", entry.level or "ERROR"
        entry.chained = text.lstrip().startswith("+")  # a group's last line stands beneath its bars
    elif _RUST.search(text):
        entry.kind, entry.level = "rust", entry.level or "FATAL"
    elif _GO.match(text):
        entry.kind, entry.level = "go", entry.level or "FATAL"
    elif _JAVA.match(text):
        entry.kind, entry.level = "java", entry.level or "ERROR"
    elif _OPENS.search(text) and (opened := _brackets(text)) > 0:
        entry.kind, entry.open = "json", opened
    return entry


def _unindented(entry: _Entry, line: str) -> bool:
    """Whether a line that stands at the margin goes on with a failure."""
    if entry.kind == "traceback" and not entry.chained:
        entry.chained = True  # its last line: the name of the error and its words
        return True
    if entry.kind == "rust" and len(entry.lines) == 1:
        return True  # the words of the panic stand on the line after it
    if entry.kind == "go" and (_GO_FRAME.match(line) or _AFTER.match(line)):
        return True
    return entry.kind in ("traceback", "rust", "java", "go") and bool(_AFTER.match(line))


def _brackets(line: str) -> int:
    bare = _QUOTED.sub("", line)
    return bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")
