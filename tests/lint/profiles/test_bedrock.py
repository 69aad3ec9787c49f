"""What Amazon Bedrock accepts and refuses."""

from nexdiag.lint.profiles.bedrock import CONDITIONAL, PROFILE


def test_converse_has_checks_of_its_own() -> None:
    """In its own words, for any model."""
    for rule, words in (
        ("empty-content", "The content field in the Message object at messages.{index} is empty."),
        ("unanswered-tool-call", "Expected toolResult blocks at messages.{next}.content"),
        ("orphan-tool-result", "The number of toolResult blocks at messages.{index}.content exceeds"),
    ):
        refusal = PROFILE.refusal(rule, "amazon.nova-pro-v1:0")
        assert refusal is not None
        assert refusal.body["message"].startswith(words)


def test_anthropics_checks_are_those_of_its_models() -> None:
    """Of another maker's model they are not stated."""
    assert PROFILE.refusal("thinking-block-missing", "us.anthropic.claude-sonnet-4-5-20250929-v1:0") is not None
    assert PROFILE.refusal("thinking-block-missing", "amazon.nova-pro-v1:0") is None
    assert PROFILE.refusal("assistant-last", "anthropic.claude-3-5-sonnet") is None
    assert PROFILE.refusal("assistant-last", "anthropic.claude-opus-4-6") is not None


def test_each_fault_is_stated_once() -> None:
    """Its own words stand before those of Anthropic."""
    rules = [refusal.rule for refusal in PROFILE.refuses]
    assert len(rules) == len(set(rules))


def test_null_is_a_gateways_matter() -> None:
    """Bedrock's own dialect has none."""
    assert PROFILE.refusal("null-content") is None
    assert [entry.variant for entry in CONDITIONAL] == ["portkey"]
