"""compaction-without-effect: summed up, and as long as before."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state
from tests.linting import USER, recording, told

RULE = "compaction-without-effect"
UNKNOWN = profiles.resolve(None)


def answer(text: str = "a", finish: str = "stop", model: str = "m", **more: object) -> dict[str, object]:
    return {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **more,
    }


LATER = {"role": "assistant", "content": "This is a long enough answer to be known by, word for word, again."}
LONG = {"role": "user", "content": "word " * 200}


def finds(summary: str) -> list[Finding]:
    before = [LONG, {"role": "assistant", "content": "a"}, USER, LATER]
    now = [
        {"role": "user", "content": f"[Summary of the conversation] {summary}"},
        LATER,
        {**LONG, "content": "new " * 999},
    ]
    rounds = [({"model": "m", "messages": one}, 200, answer()) for one in (before, now)]
    return told(RULE, recording(*rounds), UNKNOWN)


def test_a_summary_as_long_as_what_it_stands_for_is_told() -> None:
    """What came since does not count."""
    (finding,) = finds("word " * 200)
    assert (finding.location.exchange, finding.location.message_index) == (1, 0)
    assert finding.severity is Severity.WARNING


def test_a_shorter_one_is_none() -> None:
    """It has its effect, however long the next question is."""
    assert finds("They spoke of words.") == []


@pytest.mark.parametrize(
    ("line", "fires"),
    [
        ("Context pressure — compacted 23 -> 23 messages", True),
        ("compacted 23 → 24 messages", True),
        ("compaction done, Δ -0", True),
        ("compacted (summary): 900 tokens before, 900 now", True),
        ("compacted 23 -> 4 messages", False),
        ("compacted (cleared): 900 tokens before, 100 now", False),
        ("Δ -05 s", False),
    ],
)
def test_a_log_tells_of_it_too(line: str, *, fires: bool) -> None:
    """In the words of the reference, and in ours."""
    state = of_json({"daemon_log": [f"2026-05-20T14:03:11.482Z [WARN] {line}"] * 2})
    findings = judge_state(state, select=[RULE])
    assert [one.location.pointer for one in findings] == (["daemon.log:1"] if fires else [])
