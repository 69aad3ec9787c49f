"""outbox-id-gap: ids that do not follow each other."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["outbox-id-gap"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def asked(number: int, request: str = "a", content: str = "hi", at: int = 12) -> dict[str, object]:
    stamp = f"2026-05-20T14:03:{at}Z"
    return {"id": number, "timestamp": stamp, "role": "user", "content": content, "request_id": request}


def told(number: int, request: str = "a", role: str = "coordinator", **more: object) -> dict[str, object]:
    stamp = "2026-05-20T14:03:30Z"
    return {"id": number, "timestamp": stamp, "role": role, "content": "x", "request_id": request, **more}


@pytest.mark.parametrize(
    ("ids", "wanted", "words"),
    [
        ([1, 4], ["outbox.jsonl:2"], "rows 2 to 3 are missing"),
        ([1, 3], ["outbox.jsonl:2"], "rows 2 are missing"),
        ([3], ["outbox.jsonl:1"], "rows 1 to 2 are missing"),
        ([1, 2, 2], ["outbox.jsonl:3"], "pass over"),
        ([1, 2, 1], ["outbox.jsonl:3"], "pass over"),
    ],
)
def test_the_row_behind_the_gap_is_named(ids: list[int], wanted: list[str], words: str) -> None:
    """Missing, or given twice."""
    findings = found(outbox=[told(one) for one in ids])
    assert [one.location.pointer for one in findings] == wanted
    assert words in findings[0].summary


@pytest.mark.parametrize(
    "state",
    [
        {"outbox": [told(1), told(2)]},
        {"outbox": [told(5), told(9)], "rotated": True},
        {"outbox": [told(5), told(9)], "partial": ["outbox.jsonl"]},
        {"outbox": [told(1), "nonsense", told(3)]},
        {"outbox": [{"id": "x"}, {}]},
    ],
)
def test_what_may_stand_elsewhere_is_no_gap(state: dict[str, object]) -> None:
    """Old mail that was set aside, a file of which only the end was read, a line that had an id."""
    assert places(**state) == []
