"""Comparison: two recordings side by side, turn by turn and exchange by exchange. Facts, and what lint made of them.

Left is what was, right is what is: the baseline and the new recording, the recording and its replay.
"""

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding

ASPECTS = (
    "turn",  # a turn or an exchange that one side lacks; how a turn ended
    "address",  # method, path, query
    "messages",  # entries of the conversation as they were sent
    "parameters",  # every other field of the request
    "tools",  # declared tools and their schemas
    "response",  # status, text, tool calls, finish reason, usage
    "stream",  # chunks, order of events, how it ended
    "log",  # lines of a daemon's log
    "timing",  # first byte, gaps, duration
)
"""What a difference can be about, in the order in which they are told: what comes first explains what follows."""

QUIET = frozenset({"timing"})
"""Aspects that differ in any two live runs: told, and never a reason to fail unless asked for by `--fail-on`."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two."""

    name: str
    """The file it was read from, as the user named it."""
    kind: str = "recording"
    """`recording`, `replay` (its own, by our executor), `request` (a bare body) or `exchanges` (JSON Lines)."""
    server: str = ""
    """Name of the profile by which lint judged it."""
    model: str = ""
    origin: str = ""
    created: float = 0.0
    """Unix time in seconds; 0 where nothing tells."""
    turns: int = 0
    exchanges: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one side of a row stands."""

    turn: int | None = None
    """From 1; None for what belongs to no turn."""
    session: str = ""
    exchange: int | None = None
    """From 0, in the order of the recording; None where the row is the turn itself."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One turn or exchange of the left beside what corresponds to it on the right."""

    left: Place | None
    """None for what only the right has."""
    right: Place | None
    """None for what only the left has."""
    title: str
    """What a reader knows it by: `POST /v1/chat/completions`, or what was said."""
    differences: tuple[Difference, ...] = ()
    """In the order of `ASPECTS`; those that are set aside are not among them."""
    consequence: bool = False
    """Nothing here is new: it differs only in what an earlier row brought about."""
    carried: int = 0
    """Differences of earlier rows that its request carries on: the first few of them are among its differences."""

    @property
    def kind(self) -> str:
        """`same`, `changed`, `removed` (left only) or `added` (right only)."""
        if self.right is None:
            return "removed"
        if self.left is None:
            return "added"
        return "changed" if self.differences else "same"


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """What was set aside as volatile, by one rule."""

    rule: str
    count: int
    example: str = ""
    """One place, with both values, without secrets."""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What lint finds on either side."""

    new: tuple[Finding, ...] = ()
    """On the right only."""
    gone: tuple[Finding, ...] = ()
    """On the left only."""
    still: tuple[Finding, ...] = ()
    """On both, as the right has them."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Which difference explains why one side failed and the other did not."""

    failing: str
    """`left` or `right`."""
    row: int
    """Place of the row whose request failed."""
    cause: int
    """Place of the row that holds the difference: the same, or an earlier one whose answer is carried on."""
    differences: tuple[int, ...]
    """Places of the differences within that row."""
    finding: Finding | None = None
    """What lint calls it; None where no rule explains the failure."""
    sentence: str = ""
    """What a reader wants to know, in one sentence."""
    certain: bool = False
    """A rule explains the refusal in the server's words, and the difference is what the rule names."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two recordings, compared."""

    left: Side
    right: Side
    mode: str
    """`replay` (the same bytes are expected) or `run` (two live runs: prose, ids and times are expected to differ)."""
    rows: tuple[Row, ...] = ()
    first: int | None = None
    """Place of the row with the first divergence; None where nothing of weight differs."""
    aside: tuple[Aside, ...] = ()
    findings: Findings = Findings()
    explanation: Explanation | None = None
    unchecked: tuple[str, ...] = ()
    """What could not be compared, in one line each: it never counts as equal."""

    def differences(self, aspects: frozenset[str] | None = None) -> tuple[Difference, ...]:
        """All of weight that are of these aspects; by default of all but the quiet ones."""
        wanted = frozenset(ASPECTS) - QUIET if aspects is None else aspects
        return tuple(one for row in self.rows for one in row.differences if one.aspect in wanted and not one.quiet)
