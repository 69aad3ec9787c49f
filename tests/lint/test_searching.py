"""Rules by what somebody remembers of them."""

import pytest

from nexdiag.lint.searching import search


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("After the optional system message, conversation roles must alternate user/assistant", "role-alternation"),
        ('{"error": {"message": "Invalid \'messages\': empty array. Expected an array"}}', "empty-messages"),
        ("role alternation", "role-alternation"),
        ("NX201", "orphan-tool-result"),
        ("stream_options", "stream-options-unsupported"),
    ],
)
def test_the_likeliest_comes_first(text: str, first: str) -> None:
    """By a server's words, wrapped or not; by name, code, or what the page says."""
    assert search(text)[0][0].name == first


def test_nothing_fits() -> None:
    """Then nothing is given."""
    assert search("zebra quagga") == []


@pytest.mark.parametrize(
    "text",
    [
        "Error code: 404 - {'detail': 'Not Found'}",
        '{"detail":"Not Found"}',
        "<html>\n<head><title>404 Not Found</title></head>\n<body><h1>404 Not Found</h1></body></html>",
        "Not Found",
        "HTTP/1.1 404 Not Found",
        "404 page not found",
    ],
)
def test_an_address_that_is_not_found_is_the_base_url(text: str) -> None:
    """Its words alone say little: the status is read out of them."""
    assert search(text)[0][0].code == "NX601"


def test_a_status_does_not_outweigh_what_is_said() -> None:
    """A refusal that tells of roles is one of roles; a model that is not found is no address."""
    said = "Error code: 400 - {'error': {'message': 'Conversation roles must alternate user/assistant/user'}}"
    assert search(said)[0][0].name == "role-alternation"
    assert search("Error code: 404 - The model `x` does not exist.")[0][0].name == "model-not-found"
