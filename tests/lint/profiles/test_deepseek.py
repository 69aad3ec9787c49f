"""What DeepSeek's service accepts and refuses."""

from nexdiag.lint.profiles.deepseek import CONDITIONAL, PROFILE


def test_thinking_has_to_come_back() -> None:
    """In a tool loop of a model that thinks; that it is there is no fault."""
    assert PROFILE.refusal("reasoning-content-missing", "deepseek-reasoner") is not None
    assert PROFILE.refusal("reasoning-content-missing", "deepseek-chat") is None
    assert PROFILE.refusal("reasoning-content-rejected") is None
    assert PROFILE.sends.reasoning_field == "reasoning_content"


def test_a_forced_tool_depends_on_thinking() -> None:
    """The reasoner always thinks; another model may."""
    assert PROFILE.refusal("tool-choice-unsupported", "deepseek-reasoner") is not None
    assert PROFILE.refusal("tool-choice-unsupported", "deepseek-chat") is None
    assert [entry.variant for entry in CONDITIONAL] == ["thinking"]
    assert PROFILE.limits.tool_choices == ("none", "auto", "required")


def test_null_beside_tool_calls_is_taken() -> None:
    """As OpenAI sends it."""
    assert PROFILE.refusal("null-content") is None


def test_tools_answer_in_text_but_users_may_send_parts() -> None:
    """Texts and lists of texts are known to it, images are not."""
    assert set(PROFILE.limits.text_only) == {"system", "tool"}
    assert PROFILE.refusal("image-unsupported") is not None
    assert "developer" not in PROFILE.limits.roles
