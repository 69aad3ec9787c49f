"""Promises of `nexdiag.codec.named`. What is found and what is not, as a whole: tests/codec/test_shapes.py."""

import pytest

from nexdiag.codec.named import entropy, looks_made, named

VALUE = "q7Xz2Lm9Rt4Vb8Nc"


def seen(text: str) -> list[tuple[str, str]]:
    """Each value and its shape."""
    return [(text[found.start : found.end], found.shape) for found in named(text.encode())]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (f"OPENAI_API_KEY={VALUE}", "value of openai_api_key"),
        (f'"apiKey": "{VALUE}"', "value of apikey"),
        (f'{{\\"secret_key\\": \\"{VALUE}\\"}}', "value of secret_key"),
        (f"access-token: {VALUE}", "value of access-token"),
        (f"client_secret => '{VALUE}'", "value of client_secret"),
        (f"Authorization: Token {VALUE}", "value of authorization"),
        (f"--token {VALUE}", "value of --token"),
        (f"- name: LLM_API_KEY\n  value: {VALUE}\n", "value of llm_api_key"),
        (f'{{"name":"LLM_API_KEY","value":"{VALUE}"}}', "value of llm_api_key"),
        (f"token: >-\n  {VALUE}\n", "value of token"),
        (f"access_token={VALUE}&expires=1", "value of access_token"),
        (f"token={VALUE}&amp;x", "value of token"),
        (f"set-cookie: sid={VALUE}; Path=/", "cookies"),
    ],
)
def test_a_value_is_told_by_its_name(text: str, shape: str) -> None:
    """However name and value are written; the finding says the name, which is no secret."""
    ((value, told),) = seen(text)
    assert value.startswith((VALUE, "sid="))
    assert told == shape


@pytest.mark.parametrize(
    "text",
    [
        f"key={VALUE}",
        f"page_token={VALUE}",
        f"the secret {VALUE}",
        f"token_count(x={VALUE})",
        "password=",
        "token: abc",
    ],
)
def test_a_name_alone_proves_nothing(text: str) -> None:
    """A key may be a dictionary's, a token a page's; between name and value there is a sign."""
    assert seen(text) == []


@pytest.mark.parametrize(
    ("value", "password", "made"),
    [
        (VALUE, False, True),
        ("a" * 30 + "1", False, False),
        ("config.secret_key_v2", False, False),
        ("your-key-0123456789abcdef", False, False),
        ("hunter2!x", True, True),
        ("password", True, False),
        ("qXvKpzRbWjHgTfLc", False, True),
        ("getDefaultCredentials", False, False),
        ("aB3kL9qW2", False, True),
        ("aB3$fG7!kL9@", False, True),
        ("$OPENAI_API_KEY", False, False),
        ("a$SECRET_KEY", False, False),
        ("8301947265", True, True),
        ("8301947265", False, False),
        ("1234567890", True, False),
        ("1111111111", True, False),
        ("/etc/passwd2", True, False),
    ],
)
def test_what_looks_made(value: str, password: bool, made: bool) -> None:
    """Long, mixed, and of many signs; a password may be shorter."""
    assert looks_made(value.encode(), password=password) is made


def test_entropy_is_counted_in_bits_a_sign() -> None:
    """None for one sign, two for four equally often."""
    assert entropy(b"") == entropy(b"aaaa") == 0
    assert entropy(b"abcdabcd") == 2


@pytest.mark.parametrize(
    "unit",
    [
        "token\n value:",
        "password:\n  ",
        "password=a&",
        "key=",
        "api_key=",
        "password: ",
        "cookie:",
        "token=a1B2c3D4",
        "secret ",
    ],
)
def test_time_grows_with_the_text_only(unit: str) -> None:
    """Names upon names are read once: this test would not end otherwise."""
    assert len(seen(unit * (400_000 // len(unit)))) < 400_000
