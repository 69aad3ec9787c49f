"""Promises of `nexdiag.capture.veiled`."""

import base64
import json
import random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import LOOK_ALIKES, PEM, TOKENS

from nexdiag.capture.secrets import Secrets, mark
from nexdiag.capture.spelled import spellings
from nexdiag.capture.splice import splice


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
