"""What llama.cpp's server accepts and refuses."""

from nexdiag.lint.profiles.llama_cpp import CONDITIONAL, PROFILE


def test_it_serves_with_and_without_v1() -> None:
    """`/chat/completions` is an alias: a base URL without /v1 is no fault there."""
    assert {"/chat/completions", "/v1/chat/completions", "/models", "/v1/models"} == set(PROFILE.routes)
    assert PROFILE.refusal("base-url-missing-v1") is None


def test_alternation_is_the_templates_matter() -> None:
    """The server itself lets any order pass; with a strict template it refuses with 400, before any stream."""
    assert PROFILE.refusal("role-alternation") is None
    (strict,) = CONDITIONAL
    assert (strict.variant, strict.refusal.status) == ("strict", 400)
    assert "Jinja Exception: Conversation roles must alternate" in strict.refusal.body["error"]["message"]


def test_it_ignores_the_model_and_pairs_no_calls() -> None:
    """Measured: any model name answers, and nothing is checked of tool messages."""
    for rule in ("model-name-prefix", "orphan-tool-result", "unanswered-tool-call", "stream-options-unsupported"):
        assert PROFILE.refusal(rule) is None


def test_nex_asks_it_for_usage_and_gives_thinking_back() -> None:
    """Measured: it takes stream_options and tells no usage without them, and it reads reasoning_content."""
    assert PROFILE.sends.stream_options
    assert PROFILE.sends.reasoning_field == "reasoning_content"
