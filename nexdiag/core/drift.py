"""Drift: how the shape of what servers send and accept differs between two corpora, or from a built-in shape.

Left is what was (the baseline, or what a shape asks for), right is what is. Facts with a weight: no text of a
conversation is among them, but for one short example on each side.
"""

import hashlib

import msgspec

from nexdiag.core.finding import Severity

SUPPORT = 30
"""Exchanges on a side below which nothing that was only observed is more than a warning: the rule of three bounds what
was never seen in so many at a tenth."""

DIRECTIONS = ("request", "response", "error")
"""What a client writes and a server accepted; what a client reads; what it reads of refusals."""

KINDS = (
    "removed",  # never there any more
    "retyped",  # not one of the types it had
    "now-null",  # null where it never was
    "now-optional",  # sometimes missing where it always was
    "type-widened",  # a type more
    "enum-widened",  # a value that the closed set did not have
    "branch-added",  # a kind of message, part or event that was not there
    "branch-gone",  # one that is not there any more
    "type-narrowed",  # a type less
    "enum-narrowed",  # a value less
    "never-null",  # null never more
    "now-always",  # always there where it sometimes was missing
    "added",  # a field that was not there
)
"""All kinds of change, as reports order them within one severity."""

REQUIREMENTS = ("nex", "shape", "known", "observed", "extension")
"""Who needs a field: nex reads it; the published shape requires it; that shape knows it, and it may be missing; nobody
published a shape, so that only what was observed counts; the shape does not know it."""

BREAKS = ("wire", "typed", "behaviour", "cosmetic")
"""Who breaks: whoever reads it at all, as it is no JSON; a client with types, as those of the published shape refuse
it; an agent, which goes another way or knows less; nobody."""


class Seen(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """An exchange of a corpus."""

    file: str
    exchange: int
    """From 0, in the order of the recording."""

    def __str__(self) -> str:
        """`five.cassette.jsonl, exchange 3`."""
        return f"{self.file}, exchange {self.exchange}"


class Support(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """On how much one side of a change rests."""

    holding: int
    """Of how many places it was so as the change says."""
    of: int
    """How many there were: objects that could have had the field, or values."""
    exchanges: int
    """In how many exchanges those were."""

    def __str__(self) -> str:
        """`712/712`, or `96/480 in 48 exchanges`."""
        several = "" if self.of == self.exchanges else f" in {self.exchanges:,} exchange{'s' * (self.exchanges != 1)}"
        return f"{self.holding:,}/{self.of:,}{several}"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which the shape differs."""

    kind: str
    """One of `KINDS`."""
    direction: str
    """One of `DIRECTIONS`."""
    endpoint: str
    """A wire (`chat`, `responses`, `anthropic`, `jsonrpc`), or method and path."""
    form: str
    """`json`, `stream`, or for errors the class of status: `4xx`, `5xx`."""
    pointer: str
    """Template of a JSON pointer: `*` is any entry, `{*}` any name, `[type=text]` a branch by what a field says."""
    severity: Severity
    requirement: str
    """One of `REQUIREMENTS`."""
    breaks: str
    """One of `BREAKS`."""
    was: str
    """What the left has there, in a few words: types, values, or what the shape asks for."""
    now: str
    left: Support | None
    """None where the left is a built-in shape."""
    right: Support
    first: Seen | None = None
    """The first exchange that shows it, always one of the right: for what is gone, one that could have had it."""
    left_example: str = ""
    right_example: str = ""
    capped: bool = False
    """It would weigh more if more exchanges supported it."""

    @property
    def place(self) -> str:
        """`response chat stream /choices/*/delta/content`."""
        return f"{self.direction} {self.endpoint} {self.form} {self.pointer or '/'}"

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, the same for the same change in every version and corpus."""
        text = f"{self.kind}\0{self.direction}\0{self.endpoint}\0{self.form}\0{self.pointer}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """One side."""

    name: str
    files: int = 0
    exchanges: int = 0
    servers: tuple[tuple[str, int], ...] = ()
    """Each server with its version, as far as its answers tell, and how many exchanges are its."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """All changes between two sides, the weightiest first."""

    left: Corpus
    right: Corpus
    changes: tuple[Change, ...] = ()
    ignored: tuple[Change, ...] = ()
    """What the user asked not to be told."""
    unchecked: tuple[str, ...] = ()
    """What could not be compared, in one line each: it never counts as unchanged."""
    paths: dict[str, str] = {}
    """Files of the right, as changes call them → where they are: for formats that name places, and not written."""

    def count(self, severity: Severity) -> int:
        """How many changes weigh so."""
        return sum(one.severity is severity for one in self.changes)
