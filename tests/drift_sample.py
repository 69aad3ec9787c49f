"""A drift for tests of its formats: one change of each weight, hostile text in it, and all there is beside."""

from nexdiag.core.drift import Change, Corpus, Drift, Seen, Support
from nexdiag.core.finding import Severity

HOSTILE = "<script>\x1b[31m::error::`|\n"


def change(pointer: str, severity: Severity, **more: object) -> Change:
    """One change."""
    fields: dict[str, object] = {
        "kind": "removed",
        "direction": "response",
        "endpoint": "chat",
        "form": "json",
        "pointer": pointer,
        "severity": severity,
        "requirement": "nex",
        "breaks": "behaviour",
        "was": "object",
        "now": "absent",
        "left": Support(holding=40, of=40, exchanges=40),
        "right": Support(holding=0, of=48, exchanges=48),
        "first": Seen(file="new/b.cassette.jsonl", exchange=3),
        "left_example": "an object of 3",
    }
    return Change(**{**fields, **more})  # type: ignore[arg-type]


DRIFT = Drift(
    left=Corpus(name="old", files=2, exchanges=40, servers=(("llama.cpp b1", 40),)),
    right=Corpus(name="new", files=3, exchanges=48, servers=(("llama.cpp b2", 48),)),
    changes=(
        change("/usage", Severity.ERROR),
        change(f"/{HOSTILE}", Severity.WARNING, capped=True, right_example=HOSTILE),
        change("/timings", Severity.INFO, requirement="extension", breaks="cosmetic", left=None, first=None),
    ),
    ignored=(change("/x", Severity.ERROR),),
    unchecked=("response chat stream: only the left has any (2)",),
)
NOTHING = Drift(left=DRIFT.left, right=DRIFT.right)
