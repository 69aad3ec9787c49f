"""A comparison for the tests of its page: a first divergence with words, what follows from it, a hostile row."""

from report import sample

from nexdiag.core.comparison import Aside, Comparison, Explanation, Findings, Place, Row, Side
from nexdiag.core.difference import Difference, Piece

WORDS = (
    Piece(kind="same", text="[context warning] "), Piece(kind="removed", text="half"), Piece(kind="added", text="78%"),
    Piece(kind="left out", text="x" * 5000), Piece(kind="same", text=" used</script><script>document.title='pwned'"),
)  # fmt: skip
LEFT, RIGHT = sample.healthy(), sample.alternation()


def comparison() -> Comparison:
    text = Difference(pointer="/messages/3/content", left="half", right="78%", aspect="messages", words=WORDS)
    added = Difference(pointer="/messages/4", right=sample.HOSTILE[1], kind="added", aspect="messages")
    status = Difference(pointer="/status", left=200, right=400, aspect="response")
    carried = Difference(pointer="/messages/3/content", left="half", right="78%", aspect="messages", inherited=True)
    same = (Place(turn=1, exchange=0), Place(turn=1, exchange=0))
    rows = (
        Row(left=same[0], right=same[1], title="POST /v1/chat/completions"),
        Row(
            left=Place(turn=2, exchange=2),
            right=Place(turn=2, exchange=1),
            title="POST /v1/chat/completions",
            differences=(text, added, status),
        ),
        Row(
            left=None,
            right=Place(turn=2, exchange=2),
            title=sample.HOSTILE[2],
            differences=(carried,),
            consequence=True,
        ),
    )
    told = Explanation(
        failing="right", row=1, cause=1, differences=(1,), finding=RIGHT.findings[0], certain=True,
        sentence="The right sends two user messages in a row.",
    )  # fmt: skip
    return Comparison(
        left=Side(name="two.cassette.jsonl", turns=2, exchanges=3),
        right=Side(name="warning.cassette.jsonl", exchanges=3),
        mode="run",
        rows=rows,
        first=1,
        aside=(Aside(rule="-date", count=12, example="a → b"),),
        findings=Findings(new=RIGHT.findings),
        explanation=told,
        unchecked=("no log on the left",),
    )
