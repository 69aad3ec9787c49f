"""outbox-duplicate-answer: one question, two answers."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["outbox-duplicate-answer"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def asked(number: int, request: str = "a", content: str = "hi", at: int = 12) -> dict[str, object]:
    stamp = f"2026-05-20T14:03:{at}Z"
    return {"id": number, "timestamp": stamp, "role": "user", "content": content, "request_id": request}


def told(number: int, request: str = "a", role: str = "coordinator", **more: object) -> dict[str, object]:
    stamp = "2026-05-20T14:03:30Z"
    return {"id": number, "timestamp": stamp, "role": role, "content": "x", "request_id": request, **more}


def test_the_second_answer_is_at_fault() -> None:
    """Both are shown."""
    (finding,) = found(outbox=[told(1), told(2, "b"), told(3)])
    assert finding.location.pointer == "outbox.jsonl:3"
    assert [line.partition(": ")[0] for line in finding.evidence] == ["outbox.jsonl:1", "outbox.jsonl:3"]


@pytest.mark.parametrize(
    "rows", [[told(1), told(2, "b")], [told(1, role="system-error"), told(2)], [told(1, ""), told(2, "")]]
)
def test_a_retry_that_succeeds_is_none(rows: list[object]) -> None:
    """Nor are answers to several questions."""
    assert places(outbox=rows) == []
