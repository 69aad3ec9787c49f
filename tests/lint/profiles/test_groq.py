"""What Groq's service accepts and refuses."""

from nexdiag.lint.profiles.groq import PROFILE


def test_it_names_the_message_and_the_property() -> None:
    """And for which role it does not know it."""
    refusal = PROFILE.refusal("reasoning-content-rejected")
    assert refusal is not None
    assert refusal.body["error"]["message"] == (
        "'messages.{index}' : for 'role:assistant' the following must be satisfied[('messages.{index}' : property "
        "'{field}' is unsupported)]"
    )
    assert "reasoning_content" in PROFILE.limits.message_fields_refused


def test_thinking_does_not_go_back() -> None:
    """Nex reads it under `reasoning`, and sends none."""
    assert PROFILE.stream.reasoning_field == "reasoning"
    assert PROFILE.sends.reasoning_field is None


def test_users_may_send_parts() -> None:
    """The system and tools may not."""
    assert set(PROFILE.limits.text_only) == {"system", "tool"}
