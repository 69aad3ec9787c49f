"""retried-without-reason: an answered request, sent again."""

import pytest

from nexdiag.core.finding import Severity
from nexdiag.lint import profiles
from tests.linting import ASSISTANT, USER, recording, told

RULE = "retried-without-reason"
UNKNOWN = profiles.resolve(None)


def answer(text: str = "a", finish: str = "stop", model: str = "m", **more: object) -> dict[str, object]:
    return {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **more,
    }


BODY = {"model": "m", "messages": [USER, ASSISTANT, USER]}
FIRST = {"model": "m", "messages": [USER]}


def test_the_second_of_two_is_told() -> None:
    """With the answer that there was."""
    (finding,) = told(RULE, recording((BODY, 200, answer("So.")), (BODY, 200, answer("So!"))), UNKNOWN)
    assert (finding.location.exchange, finding.severity) == (1, Severity.WARNING)
    assert finding.evidence[0] == 'exchange 0: 200 "So."'


@pytest.mark.parametrize(
    "rounds",
    [
        [(FIRST, 200, answer())] * 2,
        [(BODY, 400, {}), (BODY, 200, answer())],
        [(BODY, 200, answer("")), (BODY, 200, answer())],
        [(BODY, 200, answer()), ({**BODY, "temperature": 1}, 200, answer())],
        [(BODY, 200, answer()), (FIRST, 200, answer()), (BODY, 200, answer())][1:],
        [(BODY, 200, {}), (BODY, 200, answer())],
        [(BODY, None, None), (BODY, 200, answer())],
    ],
)
def test_a_retry_with_a_reason_is_none(rounds: list[tuple[object, int | None, object]]) -> None:
    """A chat that is begun anew, a failure, an empty answer, another parameter."""
    assert told(RULE, recording(*rounds), UNKNOWN) == []
