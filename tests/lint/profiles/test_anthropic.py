"""What Anthropic's service accepts and refuses."""

import pytest

from nexdiag.lint.profiles.anthropic import PROFILE


@pytest.mark.parametrize(
    ("model", "prefill", "system"),
    [
        ("claude-opus-4-6", True, True),
        ("claude-opus-4-7", True, True),
        ("anthropic/claude-opus-4.8", True, False),
        ("claude-sonnet-4-6", True, True),
        ("claude-sonnet-5", True, True),
        ("claude-opus-5-20270101", True, False),
        ("claude-opus-4-10", True, False),
        ("claude-sonnet-4-5-20250929", False, True),
        ("claude-sonnet-4-20250514", False, True),
        ("claude-opus-4-1", False, True),
        ("claude-3-5-sonnet-20241022", False, True),
        ("claude-3-opus-20240229", False, True),
    ],
)
def test_models_differ(model: str, prefill: bool, system: bool) -> None:
    """Since 4.6 none takes a prefill; since 4.8 Opus takes a system message in the middle."""
    assert (PROFILE.refusal("assistant-last", model, "anthropic") is not None) is prefill
    assert (PROFILE.refusal("system-not-first", model, "anthropic") is not None) is system


def test_system_messages_are_gathered_on_the_compatible_address() -> None:
    """Only its own dialect has no role for them."""
    assert PROFILE.refusal("system-not-first", "claude-3-opus", "chat") is None


def test_a_result_belongs_into_the_next_message() -> None:
    """Its words name the ids, or the place."""
    refusal = PROFILE.refusal("unanswered-tool-call")
    assert refusal is not None
    assert refusal.body["error"]["message"].startswith("messages.{index}: `tool_use` ids were found without")
    for rule in ("tool-use-not-last-in-turn", "tool-result-not-adjacent", "orphan-tool-result"):
        assert PROFILE.refusal(rule) is not None


def test_roles_need_not_alternate() -> None:
    """It joins messages of one role."""
    assert PROFILE.refusal("role-alternation") is None
    assert PROFILE.refusal("first-message-not-user") is None


def test_its_streams_end_without_done() -> None:
    """`message_stop` is their end."""
    assert not PROFILE.stream.done
