"""Promises of `nexdiag.capture.redaction.logprobs`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import LOOK_ALIKES, TOKENS

from nexdiag.capture.redaction.logprobs import clean
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.redaction.secrets import Secrets, mark
from nexdiag.core.exchange import Chunk, Response

VALUE = "a value in use [0]"
SECRETS = Secrets([VALUE])


def told(token: str, *others: str) -> dict[str, Any]:
    """A token as OpenAI's servers tell it."""
    alternatives = [{"token": one, "logprob": -1.5, "bytes": list(one.encode())} for one in (token, *others)]
    return {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": alternatives}


def tokens(text: str) -> list[str]:
    """Three signs each."""
    return [text[start : start + 3] for start in range(0, len(text), 3)]


def answer(text: str) -> bytes:
    """The body of an answer, not streamed."""
    content = [told(token, "é", "x]") for token in tokens(text)]
    return json.dumps({"choices": [{"message": {"content": "no"}, "logprobs": {"content": content}}]}).encode()


def stream(text: str) -> list[bytes]:
    """The events of one that is."""
    return [
        b"data: %s\n\n" % json.dumps({"choices": [{"delta": {}, "logprobs": {"content": [told(token, "]")]}}]}).encode()
        for token in tokens(text)
    ]


@pytest.mark.parametrize("secret", [TOKENS["Groq key"], VALUE])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_secret_that_the_tokens_spell_is_cut_out(secret: str, *, streamed: bool) -> None:
    """As text, as numbers, and among the alternatives; the other tokens stay, and JSON is JSON."""
    said = f"aaaaab {secret} bbbccc"
    pieces = stream(said) if streamed else [answer(said)]
    cleaned, changed = clean(pieces, SECRETS)
    assert changed
    assert len(cleaned) == len(pieces)
    texts = [json.loads(piece.removeprefix(b"data: ")) for piece in cleaned]
    entries = [entry for text in texts for entry in text["choices"][0]["logprobs"]["content"]]
    assert "".join(entry["token"] for entry in entries) == said.replace(secret, mark(secret.encode()))
    for entry in entries:
        for one in (entry, *entry["top_logprobs"]):
            assert one["token"].strip("a b\xe9x]c") == "" or "[redacted " in one["token"] or one["token"] in said[:7]
            assert bytes(one["bytes"]).decode() in ("", one["token"])


def test_redaction_asks_for_it() -> None:
    """A whole answer."""
    raw = answer(f"the key {TOKENS['Groq key']}.")
    found = Redactor().response(Response(status=200, headers=(), chunks=(Chunk(at=0.0, bytes=raw),), first_byte=0.0))
    entries = json.loads(found.body)["choices"][0]["logprobs"]["content"]
    assert TOKENS["Groq key"] not in "".join(entry["token"] for entry in entries)
    assert b"gsk_" not in b"".join(bytes(entry["bytes"]) for entry in entries)
    assert b"gsk_" not in b"".join(bytes(entry["top_logprobs"][0]["bytes"]) for entry in entries)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_stay(text: str) -> None:
    """The very pieces."""
    for pieces in (stream(text), [answer(text)]):
        assert clean(pieces, SECRETS) == (pieces, 0)


@given(st.lists(st.sampled_from([b'"logprobs"', b'"token":"', b'"bytes":[', b"999,", b"]", b"[", b'"', b"\\", b"sk-"])))
def test_any_bytes_are_borne(pieces: list[bytes]) -> None:
    """Nothing is raised."""
    clean(pieces, SECRETS)
