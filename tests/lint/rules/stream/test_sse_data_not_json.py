"""sse-data-not-json: data that are no JSON."""

import pytest
from answers import STOP, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "sse-data-not-json"


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        ("error: out of memory", Severity.ERROR),
        (": OPENROUTER PROCESSING", Severity.ERROR),
        ('data: {"choices":[]}', Severity.ERROR),
        ("[DONE", Severity.ERROR),
        ("{'choices': []}", Severity.ERROR),
        ("", Severity.WARNING),
    ],
)
def test_what_cannot_be_read(data: str, severity: Severity) -> None:
    """It is shown as it stood there."""
    (finding,) = found(RULE, status=200, response=stream(data, said("a"), STOP))
    assert finding.severity is severity
    assert data[:5] in finding.evidence[0]


@pytest.mark.parametrize(
    "answer",
    [
        stream(said("data: x"), STOP),
        stream(said("a"), STOP, before=": comment\n\nretry: 5\n\n"),
        stream(said("a"), STOP).replace("\n", "\r\n"),
        stream(said("a"), done=False) + 'data: {"choi',
        stream(said("a"), STOP) + "data: behind the end\n\n",
        "data:[DONE] \n\n",
    ],
)
def test_look_alikes(answer: str) -> None:
    """Comments, other line ends, a torn end, what comes behind [DONE]."""
    assert found(RULE, status=200, response=answer) == []


def test_the_words_of_clients() -> None:
    """JavaScript names the first letter that it did not expect."""
    assert found(RULE, response='SyntaxError: Unexpected token \'d\', "data: {"id"... is not valid JSON')
    assert not found(RULE, response="SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON")
