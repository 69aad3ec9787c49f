"""Promises of `nexdiag.capture.redaction.keys`."""

import base64

import pytest

from nexdiag.capture.redaction.keys import carried, secrets_of, worth
from nexdiag.core.exchange import Request


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "CLIENT_SECRET",
        "MY_KEY", "GITHUB_PAT", "TOKEN", "openai_api_key", "MYSQL_PWD", "APIKEY", "AZURE_KEY_1", "GOOGLE_CREDENTIALS",
    ],
)  # fmt: skip
def test_variables_named_for_a_secret_are_secrets(name: str) -> None:
    """By the end of their name, in any case."""
    assert secrets_of({name: " s3cret-value \n"}) == ("s3cret-value",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "s3cret-value"),
        ("MAX_TOKENS", "123456789012"),
        ("MONKEY", "s3cret-value"),
        ("SSH_KEY", "/home/me/.ssh/id_ed25519"),
        ("TLS_KEY", "~/keys/server.pem"),
        ("PWD", "/home/me/project-1"),
        ("CACHE_KEY", "production"),
        ("API_KEY", ""),
        ("API_KEY", "short"),
        ("API_KEY", "12345678"),
        ("API_KEY", "************"),
        ("BASE_URL", "https://user@host/v1"),
    ],
)
def test_what_is_no_secret_stays(name: str, value: str) -> None:
    """Paths, words, small numbers and stars, whatever they are called: they stand everywhere."""
    assert secrets_of({name: value}) == ()


def test_the_password_of_a_url_is_a_secret() -> None:
    """Of any variable, as it is and not as the URL quotes it; each secret once."""
    assert secrets_of({"DATABASE_URL": "postgres://app:p%40ss-w0rd@db/x", "DB_PASSWORD": "p@ss-w0rd"}) == ("p@ss-w0rd",)
    assert secrets_of({"X": "http://[broken"}) == ()


def request(*headers: tuple[str, str], url: str = "http://h/v1") -> Request:
    return Request(method="POST", url=url, headers=headers)


@pytest.mark.parametrize(
    ("asked", "secrets"),
    [
        (request(("authorization", "Bearer abc.def-123")), {"abc.def-123"}),
        (request(("authorization", "abc.def-123")), {"abc.def-123"}),
        (request(("x-api-key", "abc"), ("api-key", "def"), ("x-goog-api-key", "ghi")), {"abc", "def", "ghi"}),
        (request(("ocp-apim-subscription-key", "abc"), ("x-auth-token", "def")), {"abc", "def"}),
        (request(("cookie", "lang=en; sid=q7Xz2Lm9Rt4V; a=b")), {"q7Xz2Lm9Rt4V"}),
        (request(url="http://h/v1?alt=sse&key=a%2Fb&max_tokens=1"), {"a/b"}),
        (request(url="http://me:p%40ss@h/v1"), {"p@ss"}),
        (request(("content-type", "application/json"), ("user-agent", "x/1"), ("x-monkey", "a")), set()),
    ],
)
def test_a_request_shows_its_secrets(asked: Request, secrets: set[str]) -> None:
    """In authorization, in headers that are named for keys, in long cookies, and in its URL."""
    assert set(carried(asked)) == secrets


def test_basic_credentials_show_the_password_too() -> None:
    """It may stand in a body by itself."""
    pair = base64.b64encode(b"me:p4ss-w0rd").decode()
    assert set(carried(request(("authorization", f"Basic {pair}")))) == {pair, "p4ss-w0rd"}


@pytest.mark.parametrize("value", ["short", "assistant", "[redacted 5b1c3f0a]", "x" * 30, "undefined", "x" * 200_000])
def test_what_is_not_worth_it(value: str) -> None:
    """Replacing it everywhere would do more harm than good."""
    assert not worth(value)
