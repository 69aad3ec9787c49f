"""outbox-system-error: what the system said instead of an answer."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["outbox-system-error"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def asked(number: int, request: str = "a", content: str = "hi", at: int = 12) -> dict[str, object]:
    stamp = f"2026-05-20T14:03:{at}Z"
    return {"id": number, "timestamp": stamp, "role": "user", "content": content, "request_id": request}


def told(number: int, request: str = "a", role: str = "coordinator", **more: object) -> dict[str, object]:
    stamp = "2026-05-20T14:03:30Z"
    return {"id": number, "timestamp": stamp, "role": role, "content": "x", "request_id": request, **more}


def test_equal_errors_are_one_finding() -> None:
    """But for their numbers; the others are counted."""
    rows = [told(at, f"r{at}", "system-error", content=f"timeout after {at} s") for at in (1, 2, 3)]
    first, other = found(outbox=[*rows, told(4, "z", "system-error", content="API error 503")])
    assert (first.location.pointer, first.severity) == ("outbox.jsonl:1", Severity.WARNING)
    assert first.evidence[1] == "2 more like it, the last at outbox.jsonl:3"
    assert "API error 503" in other.summary


def test_one_that_was_answered_later_is_a_remark() -> None:
    """The user has the answer."""
    assert [one.severity for one in found(outbox=[told(1, role="system-error"), told(2)])] == [Severity.INFO]


@pytest.mark.parametrize("rows", [[], [told(1)]])
def test_an_answer_is_none(rows: list[object]) -> None:
    """Whatever it says."""
    assert places(outbox=rows) == []
