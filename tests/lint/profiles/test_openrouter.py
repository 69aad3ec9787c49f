"""What OpenRouter accepts and refuses."""

from nexdiag.lint.profiles.openrouter import CONDITIONAL, PROFILE
from nexdiag.lint.seen.words import heard


def test_only_its_own_refusals_are_facts() -> None:
    """An unknown model, with a client's prefix or without; what a provider refuses is a risk."""
    assert {refusal.rule for refusal in PROFILE.refuses} == {"model-not-found", "model-name-prefix"}
    assert {"unanswered-tool-call", "thought-signature-missing"} <= {entry.refusal.rule for entry in CONDITIONAL}


def test_a_providers_words_are_inside_and_heard() -> None:
    """As a text of JSON under `metadata.raw`."""
    entry = next(entry for entry in CONDITIONAL if entry.refusal.rule == "empty-content")
    assert entry.refusal.body["error"]["message"] == "Provider returned error"
    assert heard(entry.refusal.body).words == "messages: text content blocks must be non-empty"
