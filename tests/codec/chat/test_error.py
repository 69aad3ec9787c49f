"""Promises of nexdiag.codec.chat.error: whatever shape a refusal has, the server's words come out in one safe line."""

import json

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.chat.error import both_ends, split_error, visible

ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"error": {"message": ALTERNATE, "type": "BadRequestError", "code": 400}}, ALTERNATE),
        ({"object": "error", "message": ALTERNATE, "type": "BadRequestError", "param": None, "code": 400}, ALTERNATE),
        ({"error": "model 'x' not found, try pulling it first"}, "model 'x' not found, try pulling it first"),
        ({"error": {"message": "", "code": 1}, "message": "from outside"}, "from outside"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"type": "missing", "loc": ["body", "messages", 0], "msg": "Field required"},
                     {"loc": ["body", "n"], "msg": "Extra inputs"}]},
         "body.messages.0: Field required; body.n: Extra inputs"),
        ({"detail": {"error": {"message": "nested"}}}, "nested"),
        ([{"error": {"code": 400, "message": "a list, as Gemini sends it"}}], "a list, as Gemini sends it"),
        ({"errors": [{"code": 7003, "message": "No route"}]}, "No route"),
        ({"status": 404, "error": "Not Found", "message": "No resource v1"}, "Not Found: No resource v1"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": '{"error":{"message":"too long"}}'}}},
         "Provider returned error: too long"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": "overloaded"}}},
         "Provider returned error: overloaded"),
        ({"msg": "short"}, "short"),
        ("just a string", "just a string"),
        ({"code": 3}, '{"code": 3}'),
        ({"error": {}}, '{"error": {}}'),
    ],
)  # fmt: skip
def test_words_of_json(value: object, words: str) -> None:
    """Each shape of a JSON error gives its words; a shape without words is shown as it is."""
    assert split_error(400, json.dumps(value).encode()) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>\r\n<head><title>502 Bad\n Gateway</title></head><body>nginx</body>", "502 Bad Gateway"),
        (b"<!DOCTYPE html><TITLE lang=en>a &amp; b</TITLE>", "a & b"),
        (b"<html><title> </title><h1>Sorry, <b>no</b></h1>", "Sorry, no"),
        (b"<Error><Code>AccessDenied</Code></Error>", "<Error><Code>AccessDenied</Code></Error>"),
        (b"  upstream\r\n connect   error\n", "upstream connect error"),
        (b'data: {"error": {"message": "in a stream"}}\n\ndata: [DONE]\n\n', "in a stream"),
        (b'event: error\ndata: {"detail": "in a stream"}\n\n', "in a stream"),
        (b'\xef\xbb\xbf{"error": "marked"}', "marked"),
        (b'{"error": "cut o', '{"error": "cut o'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", "HTTP 404 Not Found, without a word in its body"),
        (b" \n", "HTTP 404 Not Found, without a word in its body"),
    ],
)
def test_words_of_other_bodies(body: bytes, words: str) -> None:
    """A page gives its title, a stream its error, plain text itself, and an empty body the status."""
    assert split_error(404, body) == words


def test_an_unknown_status_has_no_phrase() -> None:
    """A status that HTTP does not know is told as a number."""
    assert split_error(799, b"") == "HTTP 799, without a word in its body"


def test_control_characters_are_made_visible() -> None:
    """Colours, bells, bidi marks and surrogates cannot act on the reader's terminal."""
    assert split_error(
        500, b'{"error": "a\\u001b[31mb\\u0007\\u202ec\\ud800\\u0000"}'
    ) == r"a\x1b[31mb\x07\u202ec\ufffd\x00".replace(r"\ufffd", "\ufffd")
    assert visible("é☃ 😀\u2028\ud800") == "é☃ 😀\\u2028\\ud800"


def test_of_long_words_the_reason_at_their_end_is_kept() -> None:
    """llama.cpp quotes the template first, and names what it raised last."""
    jinja = "Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."
    words = f"Unable to generate parser for this template. While executing:\n{{{{ x }}}} {'y ' * 400}\n{jinja}"
    body = json.dumps({"error": {"code": 400, "message": words}}).encode()
    line = split_error(400, body)
    assert line.startswith("Unable to generate parser for this template.")
    assert line.endswith(f" … {jinja}")


@given(st.text(max_size=200), st.integers(5, 60))
def test_both_ends_keep_to_the_limit(text: str, limit: int) -> None:
    """Whatever the text, no more comes out, and what fits is whole."""
    assert len(both_ends(text, limit)) <= limit
    assert len(text) > limit or both_ends(text, limit) == text


def test_at_most_500_characters() -> None:
    """A long text is cut, and says so."""
    line = split_error(500, b"x" * 10_000_000)
    assert len(line) == 500
    assert line.endswith("x")
    assert "x … x" in line
    assert split_error(500, b"y" * 500) == "y" * 500


@pytest.mark.parametrize(
    "body",
    [
        b"<title" * 200_000,
        b"<title>" + b"<" * 200_000 + b"</title>",
        b"[" * 200_000,
        b"[" * 480 + b"]" * 480,
        b'{"error":' * 5000,
    ],
)
def test_hostile_bodies_end_quickly(body: bytes) -> None:
    """Bodies made to exhaust the stack or a regular expression still give one line."""
    assert 0 < len(split_error(500, body)) <= 500


@given(our.json_values, st.integers(0, 999))
def test_any_json_gives_one_printable_line(value: object, status: int) -> None:
    """Any JSON, under any of the names, gives one line of 1 to 500 harmless characters."""
    for shape in (
        value,
        {"error": value},
        {"error": {"message": value, "metadata": {"raw": value}}},
        {"detail": [value]},
    ):
        line = split_error(status, json.dumps(shape).encode())
        assert 0 < len(line) <= 500
        assert line == visible(line)
        assert "\n" not in line


@given(st.binary())
def test_any_bytes_give_a_line(body: bytes) -> None:
    """Any bytes give a line."""
    line = split_error(500, body)
    assert line
    assert line == visible(line)
