"""error-misclassified: refusals that a client takes for an overflow."""

import pytest
from linting import USER, found, judged, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "error-misclassified"


def no(words: str) -> dict[str, object]:
    return {"error": {"message": words}}


@pytest.mark.parametrize(
    ("client", "log"),
    [("workgraph nex", None), ("homemade", "ContextWindowExceededError"), ("x", "context too long: compacting")],
)
def test_a_word_and_no_overflow(client: str, log: str | None) -> None:
    """Where nothing else explains the refusal, it is what can be said of it."""
    (finding,) = judged(status=400, response=no("the moon has no prompt"), client=client, log=log)
    assert (finding.rule, finding.refused) == (RULE, True)


def test_the_cause_comes_first() -> None:
    """What the server said is the cause; what the client makes of it is told beside it."""
    words = "Error rendering prompt with jinja template: Conversation roles must alternate"
    findings = judged({"messages": [USER, USER]}, status=400, response=no(words), client="workgraph nex")
    assert [(one.rule, one.severity) for one in findings] == [
        ("role-alternation", Severity.ERROR),
        (RULE, Severity.INFO),
    ]


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("workgraph nex", "This model's maximum context length is 4096 tokens"),
        ("workgraph nex", "the request exceeds the available context size"),
        ("workgraph nex", "the moon is full"),
        ("homemade", "the moon has no prompt"),
        (None, "the moon has no prompt"),
    ],
)
def test_look_alikes(client: str | None, words: str) -> None:
    """A real overflow, no such word, or a client of whom nothing is known."""
    assert found(RULE, status=400, response=no(words), client=client) == []


def test_never_in_a_recording() -> None:
    """There nobody says who the client is."""
    cassette = recording(({"messages": [USER]}, 400, no("the moon has no prompt")))
    assert told(RULE, cassette, resolve(None)) == []
