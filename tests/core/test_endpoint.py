"""Promises of `nexdiag.core.endpoint`."""

from nexdiag.core.endpoint import Endpoint, Profile, Refusal


def test_a_key_is_never_shown() -> None:
    """The text of an endpoint may reach a log."""
    endpoint = Endpoint(base_url="http://h/v1", model="m", profile=Profile(name="p", title="P"), key="sk-secret")
    assert "sk-secret" not in f"{endpoint} {endpoint!r}"
    assert "http://h/v1" in repr(endpoint)
    assert "m" in repr(endpoint)


def test_a_profile_says_what_a_server_refuses() -> None:
    """By the rule's name; what it does not name, it lets pass."""
    refusal = Refusal(rule="role-alternation", status=400, body="no", source="seen")
    profile = Profile(name="p", title="P", refuses=(refusal,))
    assert profile.refusal("role-alternation") is refusal
    assert profile.refusal("other") is None
