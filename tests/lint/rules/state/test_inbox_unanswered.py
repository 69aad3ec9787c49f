"""inbox-unanswered: a question that nothing settles."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["inbox-unanswered"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def asked(number: int, request: str = "a", content: str = "hi", at: int = 12) -> dict[str, object]:
    stamp = f"2026-05-20T14:03:{at}Z"
    return {"id": number, "timestamp": stamp, "role": "user", "content": content, "request_id": request}


def told(number: int, request: str = "a", role: str = "coordinator", **more: object) -> dict[str, object]:
    stamp = "2026-05-20T14:03:30Z"
    return {"id": number, "timestamp": stamp, "role": role, "content": "x", "request_id": request, **more}


def test_a_question_that_nobody_works_on_waits() -> None:
    """Told with its place and its words."""
    (finding,) = found(inbox=[asked(1), asked(2, "b")], outbox=[told(1)], cursor=1)
    assert finding.location.pointer == "inbox.jsonl:2"
    assert "waits" in finding.summary
    assert finding.evidence[0] == 'inbox.jsonl:2: "hi"'


def test_one_that_the_cursor_has_passed_is_lost() -> None:
    """The reference's cursor says that it was read; ours, that it was settled."""
    (finding,) = found(inbox=[asked(1), asked(2, "b")], outbox=[told(1)], cursor=2)
    assert "was read, and has no answer" in finding.summary
    assert found(inbox=[asked(1), asked(2, "b")], outbox=[told(1, settles=[1])], cursor=2) == []


def test_a_cursor_of_ids_that_are_gone_swallows_new_questions() -> None:
    """After a rotation the reference's ids begin anew."""
    (finding,) = found(inbox=[asked(1, "z")], cursor=40)
    assert "never read" in finding.summary


@pytest.mark.parametrize(
    "state",
    [
        {"inbox": [asked(1)], "outbox": [told(1)]},
        {"inbox": [asked(1)], "outbox": [told(1, role="system-error")]},
        {"inbox": [asked(1), asked(2, "")], "outbox": [told(1, settles=[1, 2])]},
        {"inbox": [asked(1)], "lock": {"held": True}},
        {"inbox": [asked(1, "heartbeat-1")]},
        {"inbox": [{**asked(1), "role": "system"}]},
        {"inbox": [asked(1)], "outbox": [told(7, "z")], "rotated": True},
        {"inbox": [asked(1)], "partial": ["outbox.jsonl"]},
        {},
    ],
)
def test_what_is_settled_or_under_way_is_none(state: dict[str, object]) -> None:
    """By an answer, an error, what a row settles; by whoever works on it; by mail that was set aside."""
    assert places(**state) == []
