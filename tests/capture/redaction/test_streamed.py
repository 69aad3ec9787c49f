"""Promises of `nexdiag.capture.redaction.streamed`."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.capture.redaction import streamed
from nexdiag.capture.redaction.secrets import Secrets, mark

KEY = 'my/secret"key-ü'


def stream(pieces: list[str], name: str = "content", *, ascii_only: bool = False, prefix: str = "data: ") -> bytes:
    """Events that say the pieces one after the other."""
    events = (
        prefix
        + json.dumps({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {name: piece}}]}, ensure_ascii=ascii_only)
        + "\n\n"
        for piece in pieces
    )
    return "".join(events).encode()


def said(raw: bytes, name: str = "content", prefix: str = "data: ") -> list[str]:
    """What each event says."""
    return [
        json.loads(line.removeprefix(prefix))["choices"][0]["delta"][name]
        for line in raw.decode().splitlines()
        if line.startswith(prefix)
    ]


def clean(raw: bytes) -> bytes:
    """The stream without what is said piece by piece."""
    return b"".join(streamed.clean([raw], Secrets([KEY]))[0])


@given(st.lists(st.integers(0, len(KEY)), max_size=6), st.booleans(), st.sampled_from(["content", "arguments"]))
def test_a_secret_said_in_pieces_is_cut_out(cuts: list[int], ascii_only: bool, name: str) -> None:
    """Wherever the model's tokens cut the secret, its mark stands where it began, and no piece of it is left."""
    places = [0, *sorted(cuts), len(KEY)]
    pieces = [KEY[a:b] for a, b in pairwise(places)]
    told = said(clean(stream(["It is ", *pieces, "."], name, ascii_only=ascii_only)), name)
    assert "".join(told) == f"It is {mark(KEY.encode())}."
    assert len(told) == len(pieces) + 2
    assert mark(KEY.encode()) in told


def test_every_other_byte_stays() -> None:
    """Events without a piece of the secret, and all else in those with one, are as they were."""
    raw = b': a "comment\r\ndata: {"a" : 1e5, "content":"\\u0041my/sec", "b":null}\n\n'
    raw += b'event: x\ndata: {"content":"ret\\"key-\xc3\xbc"}\n\n'
    key = mark(KEY.encode()).encode()
    assert clean(raw) == raw.replace(b"\\u0041my/sec", b"A" + key).replace(b'ret\\"key-\xc3\xbc', b"")


@pytest.mark.parametrize("prefix", ["data: ", "data:", ""])
def test_streams_of_any_framing_are_read(prefix: str) -> None:
    """Server-sent events with and without a space, and JSON Lines."""
    raw = stream(["my/secr", 'et"key-ü'], prefix=prefix).replace(b"\n\n", b"\n")
    assert "".join(said(clean(raw), prefix=prefix)) == mark(KEY.encode())


@given(st.lists(json_values, max_size=4))
def test_streams_without_secrets_stay_byte_for_byte(values: list[object]) -> None:
    """The recorded bytes are the record."""
    raw = "".join(f"data: {json.dumps({'v': value})}\n\n" for value in values).encode()
    assert clean(raw) == raw


@given(st.binary())
def test_any_bytes_are_borne(raw: bytes) -> None:
    """What is no stream of JSON is looked through all the same, without a fault."""
    assert clean(b"data: " + raw) == b"data: " + raw


def test_a_whole_body_is_not_read_as_a_stream() -> None:
    """Values that stand under the same name in one JSON body were not said one after the other."""
    raw = json.dumps([{"content": "my/secr"}, {"content": 'et"key-ü'}], ensure_ascii=False).encode()
    assert clean(raw) == raw


@pytest.mark.parametrize("field", ["index", "output_index", "item_id"])
def test_texts_that_are_said_in_turns_are_told_apart(field: str) -> None:
    """Parallel tool calls: each is read by its index, and the other stays as it is."""
    pieces = [KEY[place : place + 3] for place in range(0, len(KEY), 3)]
    events = [{field: at, "arguments": text} for piece in pieces for at, text in ((0, piece), (1, "other"))]
    raw = "".join(f"data: {json.dumps(one)}\n\n" for one in events).encode()
    told: dict[int, str] = {}
    for line in clean(raw).decode().splitlines():
        if line:
            one = json.loads(line[6:])
            told[one[field]] = told.get(one[field], "") + one["arguments"]
    assert told == {0: mark(KEY.encode()), 1: "other" * len(pieces)}


def test_a_beginning_that_looks_like_a_whole_key_takes_its_rest_along() -> None:
    """A model's first piece may be long enough for a shape: what follows is of the same key."""
    key = "sk-proj-" + "a1B2c3D4e5" * 6
    raw = stream([f"It is {key[:40]}", key[40:], " indeed"])
    told = said(b"".join(streamed.clean([raw], Secrets())[0]))
    assert told == [f"It is {mark(key.encode())}", "", " indeed"]


FORMS = [
    '{"id":"x","choices":[{"index":%d,"delta":{"content":%s}}]}',
    '{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[{"index":%d,"function":{"arguments":%s}}]}}]}',
    '{"type":"response.function_call_arguments.delta","output_index":%d,"delta":%s}',
    '{"type":"content_block_delta","index":%d,"delta":{"type":"input_json_delta","partial_json":%s}}',
]


@pytest.mark.parametrize("form", FORMS)
def test_texts_that_are_said_in_turns_are_each_looked_at(form: str) -> None:
    """Two answers, two tool calls, two blocks: a secret in one is found though pieces of the other stand between."""
    key = "tigerkey-Zq8w7e6r5t"
    said = ["key=", key[:5], key[5:9], key[9:13], key[13:], ";", " done", " now"]
    words = [(index, word if index == 0 else f" w{n}") for n, word in enumerate(said) for index in (0, 1)]
    pieces = [f"data: {form % (index, json.dumps(word))}\n\n".encode() for index, word in words]
    cleaned, count = streamed.clean(pieces, Secrets([key]))
    assert count > 0
    first = b"".join(cleaned[0::2])
    assert b"redacted" in first
    assert key[5:9].encode() not in first
