"""What LM Studio's server accepts and refuses."""

from nexdiag.lint.profiles.lm_studio import CONDITIONAL, PROFILE
from nexdiag.lint.seen.words import heard


def test_null_is_refused_also_beside_calls() -> None:
    """Though it answers so itself."""
    assert PROFILE.refusal("null-content") is not None
    assert "calls" in PROFILE.limits.null_content


def test_a_template_that_raises_is_quoted() -> None:
    """With its own words before those of the template."""
    entry = next(entry for entry in CONDITIONAL if entry.refusal.rule == "role-alternation")
    assert PROFILE.refusal("role-alternation") is None
    assert entry.refusal.body == {
        "error": 'Error rendering prompt with jinja template: "Conversation roles must alternate '
        'user/assistant/user/assistant/..."'
    }
    assert "roles must alternate" in heard(entry.refusal.body).words
