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
