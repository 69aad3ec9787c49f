"""What chat templates refuse."""

from nexdiag.lint.profiles.shapes import flat_error
from nexdiag.lint.profiles.templates import conditions

MADE = conditions(418, flat_error, role_alternation=("here", "today"))


def test_a_server_gives_status_and_shape() -> None:
    """The words are the template's; what was seen on the server itself is said so."""
    alternation = next(entry.refusal for entry in MADE if entry.refusal.rule == "role-alternation")
    assert alternation.body == flat_error("Conversation roles must alternate user/assistant/user/assistant/...")
    assert (alternation.status, alternation.source, alternation.seen) == (418, "here", "today")
    assert {entry.refusal.status for entry in MADE} == {418}
    assert all(entry.refusal.source.endswith("(the template)") for entry in MADE if entry.refusal is not alternation)


def test_the_families_of_templates_are_apart() -> None:
    """A strict one says nothing of system messages in the middle, one of Qwen nothing of alternation."""
    rules = {(entry.variant, entry.refusal.rule) for entry in MADE}
    assert ("strict", "role-alternation") in rules
    assert ("strict", "first-message-not-user") in rules
    assert ("no-system", "system-role-unsupported") in rules
    assert ("qwen3", "system-not-first") in rules
    assert ("gpt-oss", "content-and-thinking-both") in rules
    assert not {("qwen3", "role-alternation"), ("strict", "system-not-first"), ("gpt-oss", "system-not-first")} & rules
