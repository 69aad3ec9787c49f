"""Promises of `nexdiag.capture.redaction.encoded`."""

import base64
import json
import random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import LOOK_ALIKES, PEM, TOKENS

from nexdiag.capture.redaction.secrets import Secrets, mark
from nexdiag.capture.redaction.spellings import spellings
from nexdiag.capture.redaction.splice import splice


def clean(raw: bytes) -> bytes:
    """The bytes without secrets."""
    return splice([raw], Secrets().find(raw))[0]


def escaped(text: str, every: int) -> str:
    """With each so-manieth sign as an escape of JSON."""
    return "".join(f"\\u{ord(sign):04x}" if place % every == 0 else sign for place, sign in enumerate(text))


def quoted(text: str, every: int) -> str:
    """With each so-manieth sign as an escape of a URL."""
    return "".join(f"%{ord(sign):02X}" if place % every == 0 else sign for place, sign in enumerate(text))


@pytest.mark.parametrize("name", [name for name in TOKENS if TOKENS[name] != PEM])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_token_is_found_behind_escapes(name: str, every: int) -> None:
    """Some signs or all of them, as URLs and as JSON write them; what stands beside it stays."""
    token = TOKENS[name]
    for veil in (quoted, escaped):
        text = f"a %41 x=({veil(token, every)}) b\\u0041".encode()
        assert clean(text) == f"a %41 x=({mark(token.encode())}) b\\u0041".encode()


def test_a_private_key_in_a_form_is_found() -> None:
    """With its line ends and spaces quoted."""
    for text in (quote_plus(PEM), quote(PEM, safe="")):
        assert clean(f"k={text}&z=1".encode()) == f"k={mark(PEM.replace(' ', '').encode())}&z=1".encode() or (
            b"%0A" not in clean(text.encode())
        )


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_in_base64_is_found(name: str) -> None:
    """A file that was sent as base64: the signs of the secret are replaced, those beside it stay."""
    for before in ("", "u", "us"):
        text = f"{before} A=1\n{TOKENS[name]}\nB={'2' * 30}"
        for coded in (base64.b64encode(text.encode()), base64.urlsafe_b64encode(text.encode())):
            raw = b'{"data":"%s"}' % coded
            found = clean(raw)
            assert b"[redacted " in found
            head, _, tail = found.partition(b"[redacted ")
            assert raw.startswith(head)
            assert raw.endswith(tail[9:])
            assert not [one for one in spellings(TOKENS[name].splitlines()[-2:][0]) if one in found]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TOKENS)
def test_base64_that_is_wrapped_is_read_over_its_lines(name: str, end: str) -> None:
    """As `base64 FILE` prints it, plain and in JSON; what stands around it stays, and JSON is JSON."""
    value = "in-use:q7Xz2Lm9Rt4Vb8Nc"
    text = f"{'# a file of settings' * 4}\nA=1\n{TOKENS[name]}\nB={'2' * 30}\nC={value}\n"
    knows = Secrets([value])
    for before in range(3):
        lines = base64.encodebytes(b"u" * before + text.encode()).decode().replace("\n", end)
        for shown in (lines, json.dumps(f"$ base64 x{end}{lines}$ "), json.dumps(json.dumps(f"x{end}{lines}"))):
            found = splice([shown.encode()], knows.find(shown.encode()))[0].decode()
            if shown is not lines:
                found = json.loads(found)
            if found.startswith('"'):
                found = json.loads(found)
            rest = "".join(found.split())
            assert mark(value.encode()) in found
            assert base64.b64encode(b"u" * before + text.encode()).decode()[:60] in rest
            for secret in (TOKENS[name].splitlines()[-2:][0], value):
                assert not [one for one in spellings(secret) if one in rest.encode()]


def test_base64_at_the_start_of_a_line_is_found_in_json() -> None:
    """The `n` of an escaped line's end is none of its signs."""
    coded = base64.b64encode(f"key {TOKENS['Groq key']} and more".encode()).decode()
    for end in ("\n", "\t", "\r\n"):
        raw = json.dumps(f"x{end}{coded}{end}y").encode()
        assert b"[redacted " in clean(raw)
        json.loads(clean(raw))


@pytest.mark.parametrize("name", [name for name in TOKENS if TOKENS[name] != PEM])
def test_a_token_in_hex_is_found(name: str) -> None:
    """In small letters and capitals, over lines as well; a hash beside it stays."""
    token, digest = TOKENS[name], "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    coded = f"a={token};".encode().hex()
    lines = "\n".join(coded[start : start + 60] for start in range(0, len(coded), 60))
    for shown in (coded, coded.upper(), lines):
        raw = f"{digest} {shown}\n{digest}".encode()
        found = clean(raw).decode()
        assert "[redacted " in found
        assert found.count(digest) == 2
        assert token[8:].encode().hex() not in found.replace("\n", "").lower()


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_stay_behind_escapes(text: str) -> None:
    """What is no secret plain is none encoded."""
    for veil in (quoted(text, 1), escaped(text, 1), base64.b64encode(text.encode() * 3).decode(), json.dumps(text)):
        assert clean(veil.encode(errors="replace")) == veil.encode(errors="replace")


def test_an_image_stays() -> None:
    """Half a megabyte of it."""
    raw = base64.b64encode(random.Random(2).randbytes(400_000))  # noqa: S311 - a picture
    assert clean(raw) == raw


@given(st.binary() | st.text(alphabet="%\\u00467sk-+/=a\"' ").map(str.encode))
def test_any_bytes_are_borne(raw: bytes) -> None:
    """Nothing is raised."""
    clean(raw)
