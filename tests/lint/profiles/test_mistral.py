"""What Mistral's own service accepts and refuses."""

import re

from nexdiag.lint.profiles.mistral import CONDITIONAL, PROFILE


def test_it_speaks_of_roles_and_numbers() -> None:
    """Its words are those of mistral-common."""
    orphan, unanswered = PROFILE.refusal("orphan-tool-result"), PROFILE.refusal("unanswered-tool-call")
    assert orphan is not None
    assert unanswered is not None
    assert (orphan.body["message"], orphan.body["code"]) == ("Unexpected role 'tool' after role '{previous}'", "3230")
    assert unanswered.body["message"] == "Not the same number of function calls and responses"


def test_two_user_messages_are_merged() -> None:
    """The current version allows what the templates of its old models refuse."""
    assert PROFILE.refusal("role-alternation") is None


def test_usage_comes_unasked() -> None:
    """Its streams count tokens without stream_options."""
    assert PROFILE.stream.usage == "always"


def test_what_its_versions_disagree_on_is_no_fact() -> None:
    """The current mistral-common takes a user after a tool; which one runs, nobody says."""
    assert PROFILE.refusal("user-after-tool") is None
    assert PROFILE.refusal("stream-options-unsupported") is None
    assert {"user-after-tool", "stream-options-unsupported"} <= {entry.refusal.rule for entry in CONDITIONAL}
    assert not PROFILE.sends.stream_options


def test_its_schema_forbids_what_it_does_not_know() -> None:
    """422, with the path to the field."""
    for rule in ("max-tokens-param", "unknown-param", "unknown-message-field", "reasoning-content-rejected"):
        refusal = PROFILE.refusal(rule)
        assert refusal is not None
        assert refusal.status == 422
        assert refusal.body["message"]["detail"][0]["type"] == "extra_forbidden"
    assert "reasoning_content" in PROFILE.limits.message_fields_refused


def test_ids_have_nine_characters() -> None:
    """Letters and digits."""
    assert re.fullmatch(PROFILE.limits.tool_call_id, "a1B2c3D4e")
    assert not re.fullmatch(PROFILE.limits.tool_call_id, "call_1234")
