"""inbox-duplicate-request: one question, two rows."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["inbox-duplicate-request"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def asked(number: int, request: str = "a", content: str = "hi", at: int = 12) -> dict[str, object]:
    stamp = f"2026-05-20T14:03:{at}Z"
    return {"id": number, "timestamp": stamp, "role": "user", "content": content, "request_id": request}


def told(number: int, request: str = "a", role: str = "coordinator", **more: object) -> dict[str, object]:
    stamp = "2026-05-20T14:03:30Z"
    return {"id": number, "timestamp": stamp, "role": role, "content": "x", "request_id": request, **more}


def test_the_second_row_is_at_fault() -> None:
    """The reference asks the model twice; whether the words differ is told."""
    (finding,) = found(inbox=[asked(1), asked(2)], outbox=[told(1)])
    assert (finding.location.pointer, finding.severity) == ("inbox.jsonl:2", Severity.WARNING)
    assert "other words" in found(inbox=[asked(1), asked(2, content="ho")])[0].summary


def test_where_it_is_answered_once_it_is_a_remark() -> None:
    """Our mail takes two equal rows for one question."""
    assert found(inbox=[asked(1), asked(2)], outbox=[told(1, settles=[1, 2])])[0].severity is Severity.INFO


@pytest.mark.parametrize(
    "state",
    [
        {"inbox": [asked(1), asked(2, "b")]},
        {"inbox": [asked(1), asked(2)], "outbox": [told(1, role="system-error")]},
        {"inbox": [asked(1, ""), asked(2, "")]},
    ],
)
def test_another_question_and_one_after_an_error_are_none(state: dict[str, object]) -> None:
    """Request ids of their own, an error in between, no request id at all."""
    assert places(**state) == []
