"""What the tests of lint's formats share: files with findings of every weight, some of them hostile."""

from nexdiag.core.finding import Finding, Location, Origin, Severity
from nexdiag.core.judged import Judged

HOSTILE = 'x"><script>alert(1)</script>\x1b[31m\u202e]]> ::error::no ##[group] @everyone `code` | cell %0A'


def finding(rule: str = "role-alternation", severity: Severity = Severity.ERROR, summary: str = "two users") -> Finding:
    """One finding of a recording."""
    return Finding(
        rule=rule,
        code="NX101",
        severity=severity,
        summary=summary,
        location=Location(turn=2, exchange=1, message_index=4, pointer="/messages/4/role"),
        evidence=("messages[3] user", "messages[4] user"),
        fix="merge them",
        server_words="Conversation roles must alternate",
        origin=Origin(kind="tool run", turn=1),
    )


def several() -> list[Judged]:
    """A bad file, a clean one, one that was not checked, and one whose every text is hostile."""
    weights = (Severity.INFO, Severity.ERROR, Severity.WARNING)
    return [
        Judged(
            file="cassettes/bad.cassette.jsonl", profile="vllm", findings=tuple(finding(f"r-{w}", w) for w in weights)
        ),
        Judged(file="good.json", profile="openai", findings=(), allowed=(finding(),)),
        Judged(file="torn.cassette.jsonl", profile="unknown", findings=(), unchecked=("turns: none",)),
        Judged(file=HOSTILE, id=HOSTILE, profile="unknown", findings=(finding(summary=HOSTILE),), unchecked=(HOSTILE,)),
    ]
