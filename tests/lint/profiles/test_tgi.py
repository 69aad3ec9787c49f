"""What Hugging Face's text-generation-inference accepts and refuses."""

from nexdiag.lint.profiles.tgi import CONDITIONAL, PROFILE


def test_a_missing_content_does_not_deserialize() -> None:
    """422, in plain text."""
    refusal = PROFILE.refusal("missing-content")
    assert refusal is not None
    assert refusal.status == 422
    assert "messages[{index}]: missing field `content`" in refusal.body


def test_a_template_that_raises_is_a_422() -> None:
    """With a type of error of its own."""
    entry = next(entry for entry in CONDITIONAL if entry.refusal.rule == "role-alternation")
    assert entry.refusal.status == 422
    assert entry.refusal.body["error_type"] == "template_error"
