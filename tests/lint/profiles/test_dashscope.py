"""What DashScope accepts and refuses in its compatible mode."""

from nexdiag.lint.profiles.dashscope import PROFILE


def test_it_pairs_as_openai_does_in_its_own_shape() -> None:
    """With its code before the words, and quotes of its own."""
    refusal = PROFILE.refusal("orphan-tool-result")
    assert refusal is not None
    assert refusal.body["error"]["code"] == "invalid_parameter_error"
    assert refusal.body["error"]["message"].startswith("<400> InternalError.Algo.InvalidParameter: messages with role")


def test_it_knows_no_developer() -> None:
    """But it knows the role `function`, which others forgot."""
    assert PROFILE.refusal("developer-role") is not None
    assert set(PROFILE.limits.roles) == {"system", "assistant", "user", "tool", "function"}


def test_parts_in_a_tools_message_are_taken() -> None:
    """That is valid there."""
    assert PROFILE.refusal("content-array-unsupported") is None
    assert not PROFILE.limits.text_only
