"""Promises of `nexdiag.codec.shapes`."""

import base64
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import LOOK_ALIKES, NAMED, TOKENS
from strategies import texts

from nexdiag.codec import shapes
from nexdiag.codec.needles import Needles
from nexdiag.codec.shapes import SHAPES, look

ROOT = Path(__file__).parents[2]


def shown(raw: bytes) -> list[bytes]:
    """What was found, each place once."""
    return [raw[start:end] for start, end in sorted({(found.start, found.end) for found in look(raw)})]


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize(
    "around",
    ["{}", "key={},", "({})", "x\n{}\ny", "é{}é", '"{}"', "a.{}", "\x1b[32m{}\x1b[0m", "use `{}`!", "https://h/{}/v1"],
)
def test_a_token_is_found_wherever_it_stands(name: str, around: str) -> None:
    """The very token, and nothing beside it: in text, in JSON, in colours, in a path."""
    raw = around.format(TOKENS[name]).encode()
    assert TOKENS[name].encode() in shown(raw)


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_told_whose_it_is(name: str) -> None:
    """A finding names the shape, so that one knows what to revoke."""
    (shape,) = {found.shape for found in look(TOKENS[name].encode())}
    assert name.split(maxsplit=1)[0] in shape


@pytest.mark.parametrize("name", NAMED)
def test_a_secret_is_found_by_what_stands_before_it(name: str) -> None:
    """Headers, connection strings, options, forms, JSON and JSON within JSON."""
    around, secret = NAMED[name]
    text = around.format(secret)
    for raw in (text, f"$ {text}\n", json.dumps(text), json.dumps(json.dumps({"a": text}))):
        assert any(secret.encode() in one for one in shown(raw.encode())), raw


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_are_none(text: str) -> None:
    """Ids, hashes, images, code, prose: also within JSON."""
    for raw in (text, json.dumps(text), json.dumps(json.dumps([text]))):
        assert shown(raw.encode()) == [], raw


def test_no_secret_is_seen_in_our_own_code_and_documentation() -> None:
    """Real prose and code: what a chat about this project would show."""
    paths = [
        path for folder in ("nexdiag", "docs") for path in (ROOT / folder).rglob("*.*") if path.suffix in (".py", ".md")
    ]
    seen = {path.name: shown(path.read_bytes()) for path in paths}
    told = {"secret_in_recording.py", "secret-in-recording.md"}  # their example has one
    assert not {name: found for name, found in seen.items() if found and name not in told}


def test_random_images_are_none() -> None:
    """A megabyte of base64, in both alphabets."""
    raw = random.Random(1).randbytes(700_000)  # noqa: S311 - a picture
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode()):
        assert shown(b'{"image":"data:image/png;base64,%s"}' % text) == []


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.name} {shape.hint.decode()}")
def test_time_grows_with_the_text_only(shape: object) -> None:
    """A text that almost fits, over and over, is looked through once: this test would not end otherwise."""
    hint = shape.hint  # type: ignore[attr-defined]
    for unit in (hint, hint + b"-", hint + b"a.", b" " + hint + b"a" * 30):
        list(look(unit * (300_000 // len(unit))))


@given(st.binary() | texts.map(str.encode))
def test_any_bytes_are_borne(raw: bytes) -> None:
    """Nothing is raised, and what is found lies within the text."""
    for found in look(raw):
        assert 0 <= found.start < found.end <= len(raw)


def test_placeholders_are_none() -> None:
    """What was redacted once is not redacted again."""
    for around, _ in NAMED.values():
        assert not [one for one in shown(re.sub(r"\{\}", "[redacted 5b1c3f0a]", around).encode()) if b"[" in one]


_PIECES = (
    *(token.encode() for token in TOKENS.values()),
    *(around.format(secret).encode() for around, secret in NAMED.values()),
    *(shape.hint for shape in SHAPES),
    *(b" ", b"\n", b"\t", b'"', b'": "', b"x", b"a1B2c3D4e5F6g7H8i9J0", b"passecret=", b"TOKEN", b"\\n"),
)


@given(st.lists(st.sampled_from(_PIECES) | st.binary(max_size=8), max_size=8).map(b"".join))
def test_the_quick_look_misses_nothing(raw: bytes) -> None:
    """Where a shape's pattern fits at its letters, something is found; and it is found without the library too."""
    found = {(one.start, one.end, one.shape) for one in look(raw)}
    covered = {at for start, end, _ in found for at in range(start, end)}
    for shape in SHAPES:
        for start in (at for at in range(len(raw)) if raw.startswith(shape.hint, at)):
            match = shape.pattern.match(raw, max(0, start + shape.shift))
            first, last = (0, 0) if match is None else match.span(match.re.groups)
            if last and (shape.real is None or shape.real(raw[first:last])):
                assert covered.intersection(range(first, last)), shape.name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "_NEEDLES", Needles(shapes._NEEDLES.words, quick=False))
        assert {(one.start, one.end, one.shape) for one in look(raw)} == found
