"""Which names are data."""

import pytest

from nexdiag.diff.drift.naming import endpoint_of, is_data, is_free, segment


@pytest.mark.parametrize(
    "key",
    ["12", "chatcmpl-a1b2c3d4", "toolu_01ABCDEFG", "deadbeefdeadbeef", "x" * 65, "a\nb", "bob@x.org", "Alice Smith"],
)
def test_ids_and_numbers_are_data(key: str) -> None:
    """What no schema would be named."""
    assert is_data(key)


@pytest.mark.parametrize(
    "key", ["content", "finish_reason", "prompt_tokens_details", "call_id", "item_id", "n", "$ref", "X-Y"]
)
def test_names_are_schema(key: str) -> None:
    """What schemas are named."""
    assert not is_data(key)


def test_texts_of_people_and_secrets_are_free() -> None:
    """A file of shapes holds none of their values, however few there are."""
    assert all(is_free(one) for one in ("x_password", "session_token", "API_KEY", "tenant", "stop", "customer_id"))
    assert not any(is_free(one) for one in ("type", "finish_reason", "service_tier", "status", "role", "tool_choice"))


def test_paths_have_templates() -> None:
    """Ids in a path are one place, and its query is none."""
    assert endpoint_of("GET", "/v1/responses/resp_68a1b2c3d4e5?x=1") == "GET /v1/responses/{id}"
    assert endpoint_of("GET", "/v1/models") == "GET /v1/models"
    assert endpoint_of("GET", "/slots/3") == "GET /slots/{id}"
    assert endpoint_of("GET", "/users/bob@x.org") == "GET /users/{id}"
    assert segment("a/b~c") == "a~1b~0c"
