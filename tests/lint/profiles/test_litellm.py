"""What LiteLLM's proxy accepts and refuses."""

from nexdiag.lint.profiles.litellm import CONDITIONAL, PROFILE
from nexdiag.lint.seen.words import heard


def test_only_its_own_refusals_are_facts() -> None:
    """What a provider refuses is a risk."""
    assert [refusal.rule for refusal in PROFILE.refuses] == ["model-not-found"]
    assert {"unanswered-tool-call", "empty-content"} <= {entry.refusal.rule for entry in CONDITIONAL}


def test_a_providers_words_are_wrapped_and_heard() -> None:
    """What it puts before and behind them is taken off again."""
    entry = next(entry for entry in CONDITIONAL if entry.refusal.rule == "empty-content")
    assert entry.refusal.body["error"]["message"].startswith("litellm.BadRequestError: AnthropicException - ")
    assert heard(entry.refusal.body).words == "messages: text content blocks must be non-empty"
