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


@pytest.mark.parametrize("words", ["The response was filtered by the content policy", "the moon is full"])
def test_a_request_taken_for_a_login(words: str) -> None:
    """The client says so in its log, and the server spoke of no such thing."""
    log = "Direct route failed with auth/rate-limit error (HTTP Error 400). Falling back."
    (finding,) = judged(status=400, response=no(words), client="an app", log=log)
    assert (finding.rule, finding.refused) == (RULE, True)
    for status, said in ((401, words), (429, words), (400, "Invalid API key")):
        assert found(RULE, status=status, response=no(said), client="an app", log=log) == []


def test_a_refusal_without_words() -> None:
    """It is no overflow; unless the request is known, and may show what is wrong."""
    log = "compaction_start reason=overflow"
    (finding,) = judged(status=400, response="400 status code (no body)", client="x", log=log)
    assert finding.rule == RULE
    assert (
        found(RULE, {"messages": [USER]}, status=400, response="400 status code (no body)", client="x", log=log) == []
    )


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
