"""What Ollama accepts and refuses."""

from linting import USER, calls, found, tool

from nexdiag.lint.profiles import named
from nexdiag.lint.profiles.ollama import PROFILE
from nexdiag.lint.profiles.table import EVERY


def test_a_wrong_path_is_answered_in_plain_text() -> None:
    """18 bytes, no JSON."""
    refusal = PROFILE.refusal("base-url-missing-v1")
    assert refusal is not None
    assert (refusal.status, refusal.body) == (404, "404 page not found")
    assert len(refusal.body) == 18


def test_a_model_that_it_has_not_is_to_be_pulled() -> None:
    """A provider prefix makes a model that nobody pulled."""
    refusal = PROFILE.refusal("model-name-prefix")
    assert refusal is not None
    assert refusal.body["error"]["message"] == 'model "{model}" not found, try pulling it first'


def test_it_pairs_no_calls() -> None:
    """What hosted services check, it does not."""
    assert PROFILE.refusal("orphan-tool-result") is None
    assert PROFILE.refusal("unanswered-tool-call") is None


def test_thinking_goes_back_under_the_field_that_it_reads() -> None:
    """A template that keeps the thinking of a tool loop has to be given it."""
    assert PROFILE.sends.reasoning_field == "reasoning"
    assert PROFILE.sends.stream_options


def test_a_template_that_raises_is_a_500() -> None:
    """Though it is the request's fault, and will be so again."""
    entry = EVERY["ollama"].condition("no-user-message")
    assert entry is not None
    assert entry.refusal.status == 500
    assert entry.refusal.body["error"]["message"] == "no user query found in messages."


def test_null_is_refused_but_beside_calls_not_by_all() -> None:
    """In Go's words for it; beside calls the evidence is mixed, so that is a warning, and nex sends a text there."""
    refusal = PROFILE.refusal("null-content")
    assert refusal is not None
    assert refusal.body["error"]["message"] == "invalid message content type: <nil>"
    assert "calls" not in PROFILE.limits.null_content
    assert not PROFILE.sends.null_content
    messages = [USER, calls("a"), tool("a")]
    for name, severity in (("ollama", "warning"), ("ollama-no-null", "error")):
        (finding,) = found("null-content", {"model": "m", "messages": messages}, named(name))
        assert (finding.severity, finding.location.message_index) == (severity, 1)
        assert not any("Ollama answers 400" in line for line in finding.evidence if name == "ollama")
    (finding,) = found("null-content", {"model": "m", "messages": [{"role": "user", "content": None}]}, PROFILE)
    assert finding.severity == "error"
