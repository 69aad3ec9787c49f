"""Promises of `nexdiag.capture.redaction.secrets`."""

import base64
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from nexdiag.capture.redaction.secrets import NO_SECRETS, Secrets, mark, spellings
from nexdiag.capture.redaction.splice import splice

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n"
    + "MIIEpAIBAAKCAQEA+/x1\n" * 3
    + "AQ==\n-----END RSA PRIVATE KEY-----"
)
TOKENS = [
    "sk-abcdefghijklmnopqrstuvwx",
    "sk-ant-api03-abcdefghijklmnopqrstuvwx",
    "sk-proj-abc_def-ghijklmnopqrstuvwx",
    "gsk_abcdefghijklmnopqrstuvwx",
    "hf_abcdefghijklmnopqrstuvwx",
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1" * 12,
    "glpat-abcdefghijklmnopqrstuvwx",
    "AIza" + "b" * 35,
    "AKIA" + "A1" * 8,
    "ASIA" + "A1" * 8,
    "xoxb-123456789-abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    PEM,
]
ODD_KEYS = ['pass"word/with\\all', "a/b+c==&d e", "key<>with&signs", "schlüssel-ü", "tab\tkey\n2", "emoji-😀-key"]


def clean(raw: bytes, *values: str) -> bytes:
    """The bytes with each secret replaced by its mark."""
    return b"".join(splice([raw], Secrets(values).find(raw)))


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "key={},", "({})", "x\n{}\ny", "\t{}", "é{}é", '"{}"', "a.{}"])
def test_well_known_tokens_are_found(token: str, around: str) -> None:
    """A token is replaced wherever it stands, in text, in JSON, and in JSON within JSON; and only the token is."""
    text = around.format(token)
    expected = around.format(mark(re.sub(r"\s", "", token).encode()))
    assert clean(text.encode()).decode() == expected
    for ascii_only in (False, True):
        once = json.dumps(text, ensure_ascii=ascii_only)
        assert json.loads(clean(once.encode())) == expected
        twice = json.dumps(once, ensure_ascii=ascii_only)
        assert json.loads(json.loads(clean(twice.encode()))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "sk-short",
        "task-abcdefghijklmnopqrstuvwxyz",
        "a mask-abcdefghijklmnopqrstuvwxyz",
        "https://host:8000/v1",
        "https://host/a:b@c",
        "bearer of news",
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
        "chatcmpl-abcdefghijklmnopqrstuvwxyz0123456789",
        "eyJhbGciOiJIUzI1NiJ9 alone",
    ],
)
def test_what_only_looks_a_little_like_it_stays(text: str) -> None:
    """Words, addresses, ids and certificates are no secrets."""
    assert clean(text.encode()) == text.encode()


def test_a_cut_private_key_is_found() -> None:
    """A tool's output may show only the beginning of a key file: what stands there is a secret."""
    assert clean(PEM[:120].encode()).startswith(b"[redacted ")
    assert clean(b"-----BEGIN PRIVATE KEY----- is how it begins.").endswith(b"] is how it begins.")


@pytest.mark.parametrize("between", [" ", "  ", "\\n", "\\\\n", "\r\n", ""])
@pytest.mark.parametrize("end", ["-----END RSA PRIVATE KEY-----", ""])
def test_a_private_key_is_found_whatever_stands_between_its_lines(between: str, end: str) -> None:
    """Somebody may have made one line of it, with blanks or with nothing, and may have cut its end."""
    lines = [
        "-----BEGIN RSA PRIVATE KEY-----",
        *("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + sign * 32 for sign in "ABC"),
        end,
    ]
    clean_text = clean(f"key: {between.join(lines)} and on".encode())
    assert b"MII" not in clean_text
    assert b"AAAA" not in clean_text
    assert b"and on" in clean_text


@pytest.mark.parametrize("key", ["sk-test-0123456789", *ODD_KEYS])
def test_a_key_is_found_in_every_spelling(key: str) -> None:
    """Plain, JSON-escaped once and twice, with escaped slashes, URL-quoted, and in base64 at any offset."""
    once = json.dumps(key)[1:-1]
    spelled = [
        key,
        once,
        json.dumps(once)[1:-1],
        json.dumps(key, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(key, ensure_ascii=False), ensure_ascii=False)[3:-3],
        once.replace("/", "\\/"),
        once.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        quote(key),
        quote(key, safe=""),
        quote(key, safe="").lower() if key.islower() else quote(key),
        base64.b64encode(key.encode()).decode(),
        base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
        base64.b64encode(b"u:" + key.encode()).decode(),
        base64.b64encode(b"us:" + key.encode() + b"xy").decode(),
    ]
    for text in spelled:
        assert mark(key.encode()).encode() in clean(f"before {text} after".encode(), key), text


@given(texts, st.sampled_from([*TOKENS, *ODD_KEYS]), texts, st.booleans())
def test_redaction_and_json_go_together(before: str, secret: str, after: str, ascii_only: bool) -> None:
    """Redacting the JSON of a text gives the JSON of the redacted text: a replay then asks as it was recorded."""
    text = f"{before} {secret} {after}"
    expected = clean(text.encode(), *ODD_KEYS).decode()
    assert secret not in expected
    assert json.loads(clean(json.dumps(text, ensure_ascii=ascii_only).encode(), *ODD_KEYS)) == expected


@given(st.lists(texts | st.sampled_from([*TOKENS, *ODD_KEYS]), max_size=5))
def test_marks_are_left_alone(parts: list[str]) -> None:
    """What was redacted once stays as it is the second time."""
    once = clean(" ".join(parts).encode(), *ODD_KEYS)
    assert clean(once, *ODD_KEYS) == once


def test_equal_secrets_have_equal_marks() -> None:
    """A mark tells two secrets apart, and not a secret from itself."""
    found = re.findall(
        rb"\[redacted [0-9a-f]{8}\]", clean(b"one-secret two-secret one-secret", "one-secret", "two-secret")
    )
    assert found[0] == found[2] != found[1]


def test_of_two_that_overlap_both_go() -> None:
    """A secret within, or half within, another leaves nothing behind."""
    assert clean(b"abcdefghij", "abcdefg", "defghij").count(b"[redacted") == 1
    assert b"abc" not in clean(b"abcdefghij", "abcdefg", "defghij")
    assert b"hij" not in clean(b"abcdefghij", "abcdefg", "efg", "defghij")
    assert (
        clean(b"sk-abcdefghijklmnopqrstuvwx.rest", "sk-abcdefghijklmnopqrstuvwx.rest")
        == mark(b"sk-abcdefghijklmnopqrstuvwx.rest").encode()
    )


@pytest.mark.parametrize("value", ["", "x", "none", "EMPTY", *sorted(NO_SECRETS)])
def test_dummies_are_no_secrets(value: str) -> None:
    """What manuals tell you to type does not blot out the recording."""
    assert clean(b"owned_by: ollama, none of x, not-needed", value) == b"owned_by: ollama, none of x, not-needed"


def test_bytes_that_are_no_text_are_looked_through() -> None:
    """A key from the environment may hold any bytes, and so may what it stands in."""
    assert (
        clean(b"\xff secret-\xff-key \xfe", "secret-\udcff-key")
        == b"\xff " + mark(b"secret-\xff-key").encode() + b" \xfe"
    )
    assert spellings("half-\ud83d-key")


def test_bearer_tokens_and_passwords_in_urls_are_found() -> None:
    """Wherever a log quotes a request."""
    assert (
        clean(b"Authorization: Bearer abcdefghijklmnop1234\n")
        == b"Authorization: Bearer %s\n" % mark(b"abcdefghijklmnop1234").encode()
    )
    assert clean(b"GET https://me:pa55w0rd@host/v1") == b"GET https://%s@host/v1" % mark(b"me:pa55w0rd").encode()


@pytest.mark.parametrize("place", [0, 5, 2**20 - 40, 2**20 - 12, 2**20 - 1, 2**20, 2**20 + 1, 2**21 - 7, 2**21 + 99])
def test_a_long_text_is_looked_through_in_slices(place: int) -> None:
    """A secret is found wherever it stands, once, also across the end of a slice; and no word is cut into one."""
    filler = b"lorem ipsum " * 200_000
    for secret, known in ((b"tr0ub4dor-and-3", ["tr0ub4dor-and-3"]), (b"sk-" + b"aB3dE5fG7h" * 3, [])):
        raw = filler[:place] + b" " + secret + b" " + filler[place:]
        (found,) = Secrets(known).find(raw)
        assert raw[found.start : found.end] == secret
    inside = filler[: place - place % 12] + b"xxx" + b"sk-" + b"aB3dE5fG7h" * 3 + filler
    assert Secrets().find(inside) == []
