"""What Mistral's own service accepts and refuses."""

from nexdiag.lint.profiles.mistral import PROFILE


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
