"""Promises of `nexdiag.codec.cassette.saying`: the text of a user's message, and nothing else's."""

import pytest

from nexdiag.codec.cassette.saying import said_in

SAID = [
    (b'{"role":"user","content":"What day is it?"}', "What day is it?"),
    (b'{"content":"Hi \\u00e9","role":"user","name":"x"}', "Hi é"),
    (b'{"role":"user","content":[{"type":"text","text":"one part"}]}', "one part"),
    (b'{"type":"message","role":"user","content":[{"type":"input_text","text":"of Responses"}]}', "of Responses"),
]
SILENT = [
    b'{"role":"assistant","content":"the user said: \\"user\\""}',
    b'{"role":"user","content":[{"type":"text","text":"two"},{"type":"text","text":"parts"}]}',
    b'{"role":"user","content":[{"type":"image","text":"no words"}]}',
    b'{"role":"user","content":null}',
    b'{"role":"user","content":17}',
    b'{"role":["user"]}',
    b'{"role":"user"',
    b'"user"',
    b"[" * 5000 + b'"user"',
    b'\xff"user"',
]


@pytest.mark.parametrize(("entry", "text"), SAID)
def test_the_text_of_a_message(entry: bytes, text: str) -> None:
    """As one string, or as the one part of a list, on each wire."""
    assert said_in(entry) == text


@pytest.mark.parametrize("entry", SILENT)
def test_anything_else_says_nothing(entry: bytes) -> None:
    """What is no message of a user, or not one text, or no JSON, is never taken for what was said."""
    assert said_in(entry) is None
