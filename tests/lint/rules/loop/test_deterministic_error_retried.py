"""deterministic-error-retried: what is wrong is sent again."""

import pytest

from nexdiag.core.finding import Severity
from nexdiag.lint import profiles
from tests.linting import ASSISTANT, USER, recording, told

RULE = "deterministic-error-retried"
UNKNOWN = profiles.resolve(None)


BODY = {"model": "m", "messages": [USER]}
OTHER = {"model": "m", "messages": [USER, ASSISTANT, USER]}


def error(words: str) -> dict[str, object]:
    return {"error": {"message": words}}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "anything at all"),
        (422, "Input should be a valid string"),
        (404, "model not found"),
        (500, "Jinja Exception: roles must alternate"),
    ],
)
def test_a_retry_of_a_wrong_request_is_told_with_its_count(status: int, words: str) -> None:
    """At the first retry, with what the server said."""
    (finding,) = told(RULE, recording(*[(BODY, status, error(words))] * 4), UNKNOWN)
    assert (finding.location.exchange, finding.severity) == (1, Severity.WARNING)
    assert "3 more times" in finding.summary
    assert words in finding.evidence[0]


@pytest.mark.parametrize(
    "rounds",
    [
        [(BODY, 429, error("rate limit"))] * 3,
        [(BODY, 503, error("overloaded"))] * 3,
        [(BODY, 500, error("internal server error"))] * 3,
        [(BODY, 401, error("token expired"))] * 2,
        [(BODY, 400, error("the model is loading, try again"))] * 2,
        [(BODY, 400, error("no")), (OTHER, 400, error("no"))],
        [(BODY, 400, error("no")), (BODY, 400, error("no")), (BODY, 200, {})],
        [(BODY, None, None)] * 3,
        [(BODY, 200, {})] * 3,
    ],
)
def test_what_may_pass_another_time_is_none(rounds: list[tuple[object, int | None, object]]) -> None:
    """Limits, overload, faults of the server, rights, another body, what passed in the end, no answer."""
    assert told(RULE, recording(*rounds), UNKNOWN) == []
