"""stale-lock: a lock without its holder."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["stale-lock"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def test_a_holder_that_is_gone_is_named() -> None:
    """By pid, kind and time; hostile words cannot reach a terminal."""
    (finding,) = found(lock={"pid": 7, "since": "2026\x1b[2J", "kind": "chat-nex", "held": False})
    assert finding.summary == r"the session is locked by pid 7 (chat-nex) since 2026\x1b[2J, which is gone"
    assert finding.location.pointer == ".handler.pid"
    assert "does not say which" in found(lock={})[0].summary


@pytest.mark.parametrize("state", [{}, {"lock": {"pid": 7, "held": True}}])
def test_a_holder_that_lives_is_none(state: dict[str, object]) -> None:
    """Nor is no lock."""
    assert places(**state) == []
