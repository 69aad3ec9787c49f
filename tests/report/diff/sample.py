"""A comparison for tests of formats: one of each thing, and hostile text."""

from nexdiag.core.comparison import Aside, Comparison, Explanation, Findings, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.diff.reading import made

HOSTILE = "\x1b[31m<script>\u202e"
LONG = "The first sentence stays as it is, word for word, and so does this. " * 4


def finding(rule: str) -> Finding:
    """A finding of exchange 1."""
    place = Location(turn=2, exchange=1, message_index=4, pointer="/messages/4")
    return Finding(
        rule=rule, code="NX101", severity=Severity.ERROR, summary="two users", location=place,
        server_words=f"roles must alternate{HOSTILE}", fix="merge them",
    )  # fmt: skip


def comparison() -> Comparison:
    """Two runs: the second was refused."""
    inserted = Difference(
        pointer="/messages/4", kind="added", right={"role": "user", "content": HOSTILE}, aspect="messages"
    )
    words = made("messages", Difference(pointer="/messages/3/content", left=LONG + "Use 74.", right=LONG + "Use 100."))
    again = Difference(pointer="/messages/4", kind="added", right={"role": "user"}, aspect="messages", inherited=True)
    status = Difference(pointer="(status)", left=200, right=400, aspect="response")
    slow = Difference(pointer="(duration)", left=1.5, right=9.25, aspect="timing")
    lacking = Difference(pointer="(turn)", kind="added", right="one more", aspect="turn")
    quiet = Difference(pointer="(usage)/output_tokens", left=3, right=4, aspect="response", quiet=True)

    def at(turn: int, exchange: int | None = None) -> Place:
        return Place(turn=turn, exchange=exchange)

    rows = (
        Row(left=at(1), right=at(1), title="hello"),
        Row(left=at(1, 0), right=at(1, 0), title="POST /v1/chat/completions", differences=(quiet, slow)),
        Row(left=at(2, 1), right=at(2, 1), title=f"POST {HOSTILE}", differences=(words, inserted, status)),
        Row(left=at(3, 2), right=at(4, 3), title="POST /x", differences=(again, status), consequence=True, carried=1),
        Row(left=None, right=at(5), title="one more", differences=(lacking,)),
    )  # fmt: skip
    told = Explanation(
        failing="right", row=2, cause=2, differences=(1,), finding=finding("role-alternation"), certain=True,
        sentence="/messages/4 (only right has it) explains why right was refused",
    )  # fmt: skip
    return Comparison(
        left=Side(name="a.cassette.jsonl", server="llama.cpp", model="tiny", turns=3, exchanges=3),
        right=Side(name=f"b{HOSTILE}", kind="request", exchanges=1),
        mode="run",
        rows=rows,
        first=2,
        aside=(Aside(rule="date", count=3, example="/messages/0: a / b"), Aside(rule="id", count=1)),
        findings=Findings(new=(finding("role-alternation"),), gone=(finding("other"),), still=(finding("third"),)),
        explanation=told,
        unchecked=("logs: right has none",),
    )
