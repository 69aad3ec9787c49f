"""What Google's Gemini accepts and refuses."""

import re

from nexdiag.lint.profiles.gemini import CONDITIONAL, PROFILE


def test_the_error_is_in_a_list() -> None:
    """Google's own object, of which clients see none of OpenAI's fields."""
    refusal = PROFILE.refusal("unanswered-tool-call")
    assert refusal is not None
    assert refusal.body[0]["error"]["status"] == "INVALID_ARGUMENT"


def test_signatures_are_wanted_since_gemini_3() -> None:
    """Before that there were none."""
    assert PROFILE.refusal("thought-signature-missing", "gemini-3.1-pro-preview") is not None
    assert PROFILE.refusal("thought-signature-missing", "gemini-2.5-pro") is None


def test_names_may_have_dots_but_begin_with_a_letter() -> None:
    """Or with an underscore; up to 64 characters."""
    for name, taken in (("a.b-c", True), ("_x", True), ("1a", False), ("a:b", False), ("a" * 65, False), ("", False)):
        assert (re.fullmatch(PROFILE.limits.tool_name, name) is not None) is taken


def test_its_deltas_have_no_index() -> None:
    """A client has to tell calls apart by their ids."""
    assert not PROFILE.stream.tool_index


def test_an_object_without_properties_was_refused_once() -> None:
    """Today it is taken, unknown keywords are not."""
    (old,) = CONDITIONAL
    assert "filled-properties" in old.limits.schema_wants
    assert "filled-properties" not in PROFILE.limits.schema_wants
    assert {"$schema", "additionalProperties", "propertyNames"} <= set(PROFILE.limits.schema_keywords_denied)
