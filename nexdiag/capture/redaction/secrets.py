"""What must not be written: the values of keys in use, in every spelling; what has the shape of a secret, or its name.

Pure. A mark carries a short hash of what it stands for, whatever its spelling, so that equal secrets stay equal:
a replay sends the mark where the recording has it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

from nexdiag.capture.redaction.encoded import veiled
from nexdiag.capture.redaction.spellings import SHORTEST, as_bytes, spellings
from nexdiag.capture.redaction.splice import Edit
from nexdiag.codec.shapes import look

NO_SECRETS = frozenset(
    {
        "ollama", "lm-studio", "lmstudio", "llama.cpp", "llamacpp", "vllm-key", "sglang", "sk-no-key-required",
        "no-key-required", "not-needed", "no-key", "nokey", "not-used", "unused", "ignored", "anything",
        "placeholder", "dummy-key", "redacted", "bearer", "api-key", "api_key", "apikey", "openai",
        "no_key", "no-api-key", "sk-dummy", "fake-key", "fake-api-key", "none-needed", "changeme", "undefined",
        "llama-cpp", "local-key", "localhost", "default", "password", "secret", "string", "anonymous",
    }
)  # fmt: skip
"""What manuals tell you to type where a server wants a key and does not look at it."""
_ESCAPES = re.compile(rb"\\+[nr]|\s|\\+(?=/)")
"""What stands between the signs of a secret and is none of them."""
_WINDOW = 2**20
_BEFORE = 64
_OVERLAP = 2**16
"""Bytes of a long text that are looked at together, of what stands before them, and of what goes on behind them."""


class Secrets:
    """Finds secrets in bytes, and says what to write instead."""

    def __init__(self, values: Iterable[str] = (), patterns: Iterable[re.Pattern[bytes]] = ()) -> None:
        """`values`: the keys in use. Dummies and the shortest are left out. `patterns`: the user's own."""
        self._marks: dict[bytes, bytes] = {}
        self._values: set[str] = set()
        self.generation = 0
        """Grows with each value that is learnt: what was found to be clean before may not be so any more."""
        self._patterns = tuple(patterns)
        for value in values:
            self.learn(value)

    def learn(self, value: str) -> bool:
        """One more value; whether it is a secret that was not known yet."""
        if len(value) < SHORTEST or value.lower() in NO_SECRETS or value in self._values:
            return False
        self._values.add(value)
        marked = mark(as_bytes(value)).encode()
        self._marks = self._marks | dict.fromkeys(spellings(value), marked)  # a new one: another thread may be looking
        self.generation += 1
        return True

    def find(self, raw: bytes) -> list[Edit]:
        """All secrets, in order; where two overlap, one that covers both."""
        found = self._found(raw) if len(raw) <= _WINDOW else self._in_windows(raw)
        if not found:
            return found
        merged: list[Edit] = []
        for one in sorted(found, key=lambda one: (one.start, -one.end)):
            last = merged[-1] if merged else None
            if last is None or one.start >= last.end:
                merged.append(one)
            elif one.end > last.end:
                whole = mark(raw[last.start : one.end]).encode()
                merged[-1] = Edit(start=last.start, end=one.end, text=whole)
        return merged

    def _in_windows(self, raw: bytes) -> list[Edit]:
        """A long text is looked through in slices: each look holds up all other threads."""
        found: list[Edit] = []
        for start in range(0, len(raw), _WINDOW):
            before = min(start, _BEFORE)
            offset = start - before
            here = self._found(raw[offset : start + _WINDOW + _OVERLAP])
            found += [
                Edit(start=offset + one.start, end=offset + one.end, text=one.text)
                for one in here
                if before <= one.start < before + _WINDOW
            ]
        return found

    def _found(self, raw: bytes) -> list[Edit]:
        return [*self._all(raw), *veiled(raw, self._all)]

    def _all(self, raw: bytes) -> Iterator[Edit]:
        for known, text in self._marks.items():
            start = raw.find(known)
            while start >= 0:
                yield Edit(start=start, end=start + len(known), text=text)
                start = raw.find(known, start + 1)
        for found in look(raw):
            yield _edit(raw, found.start, found.end)
        for pattern in self._patterns:
            for match in pattern.finditer(raw):
                if match.end() > match.start():
                    yield _edit(raw, match.start(), match.end())


def mark(secret: bytes) -> str:
    """What is written instead."""
    return f"[redacted {hashlib.blake2b(secret, digest_size=4, person=b'nexdiag').hexdigest()}]"


def _edit(raw: bytes, start: int, end: int) -> Edit:
    stands_for = _ESCAPES.sub(b"", raw[start:end])
    return Edit(start=start, end=end, text=mark(stands_for).encode())
