"""output-cut-short: half an answer, taken for a whole one."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from tests.linting import USER, calls, recording, told, tool

RULE = "output-cut-short"
UNKNOWN = profiles.resolve(None)


def answer(text: str = "a", finish: str = "stop", model: str = "m", **more: object) -> dict[str, object]:
    return {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **more,
    }


CUT = answer("First, the", "length")


def chat(*messages: object, limit: int | None = None) -> dict[str, object]:
    return {"model": "m", "messages": list(messages), **({} if limit is None else {"max_tokens": limit})}


def half(text: str = "First, the") -> dict[str, object]:
    return {"role": "assistant", "content": text}


def finds(first: object, *behind: object, limit: int | None = None) -> list[Finding]:
    rounds = [(chat(USER, limit=limit), 200, first), (chat(USER, *behind, limit=limit), 200, answer())]
    return told(RULE, recording(*rounds), UNKNOWN)


@pytest.mark.parametrize(("limit", "weight"), [(None, Severity.WARNING), (4096, Severity.WARNING), (5, Severity.INFO)])
def test_an_answer_that_is_cut_and_passed_over_is_told(limit: int | None, weight: Severity) -> None:
    """A remark where few tokens were allowed."""
    (finding,) = finds(CUT, half(), USER, limit=limit)
    assert (finding.location.exchange, finding.location.message_index) == (1, 1)
    assert finding.severity is weight


def test_a_call_that_was_cut_and_run_is_told() -> None:
    """Half of its arguments may be missing."""
    made = calls("c", arguments='{"a": "x')
    first = {"model": "m", "choices": [{"message": made, "finish_reason": "length"}]}
    (finding,) = finds(first, made, tool("c"))
    assert "its calls were run" in finding.summary


@pytest.mark.parametrize(
    "behind",
    [
        [half(), {"role": "user", "content": "Your response was truncated. Please continue."}],
        [half("First, the rest."), USER],
        [half()],
        [USER],
    ],
)
def test_going_on_joining_and_dropping_are_none(behind: list[object]) -> None:
    """Who asks for the rest, holds all of it, or never sent the half, has seen it."""
    assert finds(CUT, *behind) == []


def test_a_whole_answer_is_none() -> None:
    """Whatever follows."""
    assert finds(answer("First, the"), half(), USER) == []
