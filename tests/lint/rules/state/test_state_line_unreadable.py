"""state-line-unreadable: a line that is no JSON object."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["state-line-unreadable"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def test_each_file_has_one_finding() -> None:
    """At its first bad line; the others are counted."""
    first, other = found(inbox=["x", {}, "y\x1b[2J"], journal=[{}, "[]"])
    assert (first.location.pointer, other.location.pointer) == ("inbox.jsonl:1", "conversation.jsonl:2")
    assert first.summary == "2 lines of inbox.jsonl cannot be read"
    assert first.evidence == ('inbox.jsonl:1: "x"', "1 more, the last at inbox.jsonl:3")


@pytest.mark.parametrize("state", [{}, {"inbox": [{}], "outbox": [{"id": None}], "daemon_log": ["x"]}])
def test_any_object_is_a_line(state: dict[str, object]) -> None:
    """What its fields hold is for other rules; a log holds text."""
    assert places(**state) == []
