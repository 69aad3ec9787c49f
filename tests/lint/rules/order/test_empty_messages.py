"""empty-messages: nobody said anything."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

WORDS = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."


def found(messages: object, **parts: object) -> list[Finding]:
    bare = BareExchange(request={"messages": messages}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "empty-messages"]


@pytest.mark.parametrize(
    ("server", "severity"), [(None, Severity.WARNING), ("OpenAI", Severity.ERROR), ("llama.cpp", Severity.WARNING)]
)
def test_how_much_it_matters(server: str | None, severity: Severity) -> None:
    """An error where the server is known to refuse it, else a risk."""
    (finding,) = found([], server=server)
    assert (finding.code, finding.severity, finding.location.pointer) == ("NX102", severity, "/messages")


def test_look_alikes_are_let_pass() -> None:
    """A list with an entry, another type, another route, and what the server answered."""
    assert found([{"role": "user"}]) == found([None]) == found(None) == found("") == found({}) == []
    assert found([], url="http://h/v1/embeddings") == []
    assert found([], status=200) == []


def test_the_recorded_refusal_confirms() -> None:
    """Also where the request is not known."""
    for request in ({"messages": []}, None):
        bare = BareExchange(request=request, status=400, response={"error": {"message": WORDS}})
        first = judge_bare(bare)[1][0]
        assert (first.rule, first.refused, first.server_words) == ("empty-messages", True, WORDS)


def test_the_words_of_gemini() -> None:
    """They confirm it, and tell it where the request is not known; a conversation is not accused."""
    said = {"error": {"message": "* GenerateContentRequest.contents: contents is not specified"}}
    assert found([], status=400, response=said)[0].refused
    assert judge_bare(BareExchange(status=400, response=said))[1][0].rule == "empty-messages"
    assert found([{"role": "user", "content": "u"}], status=400, response=said) == []
