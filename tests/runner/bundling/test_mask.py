"""Signs in the place of what was said."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.runner.bundling.mask import Masker
from nexdiag.runner.bundling.names import Names
from nexdiag.runner.bundling.said import Echo

MASKER = Masker(b"key")
NOTHING = Echo(b"", Names(b"key"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=5), inner, max_size=4),
    max_leaves=12,
)
SAID = "Zqleak"


def shape(value: object) -> object:
    """The value without its strings, and without what its keys are called."""
    if isinstance(value, dict):
        return [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value)


@settings(max_examples=60)
@given(JSON, st.booleans())
def test_json_stays_json_of_the_same_length_and_shape(value: object, ascii_only: bool) -> None:
    """Structure is kept; it can be cut nowhere that it could not be cut before."""
    raw = json.dumps({"content": value}, ensure_ascii=ascii_only).encode("utf-8", "replace")
    masked = MASKER.json(raw)
    assert len(masked) == len(raw)
    assert shape(json.loads(masked)) == shape(json.loads(raw))


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from([b"", b"data: ", b'data: {"content": "', b"{"]))
def test_whatever_it_is_the_length_stays(raw: bytes, head: bytes) -> None:
    """Also of what is no JSON and no stream."""
    raw = head + raw
    answers = [MASKER.answer(raw, NOTHING, refused=refused) for refused in (False, True)]
    assert {len(MASKER.json(raw)), *map(len, answers)} == {len(raw)}


def test_nothing_said_is_left_and_what_builds_the_conversation_is() -> None:
    """Roles stay, names and ids are others of their make; a text does not stay, nor the lengths of its words."""
    raw = json.dumps(
        {"role": "user", "id": "call_1abc", "name": "read_me", "content": 'my "secret" plan\\n for tomorrow ünd so'}
    ).encode()
    masked, again = json.loads(MASKER.json(raw)), json.loads(MASKER.json(raw))
    assert masked == again
    assert masked["role"] == "user"
    assert masked["id"].startswith("call_")
    assert masked["id"] != "call_1abc"
    assert masked["name"][4] == "_"
    assert not {"read", "me"} & set(masked["name"].split("_"))
    assert "secret" not in masked["content"]
    assert " " not in masked["content"]


def test_arguments_keep_their_structure_in_pieces_as_in_one() -> None:
    """The keys of JSON within JSON have others in their place, the same everywhere; cut ones stay as cut."""
    told = '{"path": "/etc/passwd", "lines": [12, 7], "deep": {"tail": "y\\"z"}, "on": true'
    whole = MASKER.json(json.dumps({"arguments": told}).encode())
    names = {key: MASKER.name(key) for key in ("path", "lines", "deep", "tail", "on")}
    wanted = '{{"{path}": "xxxxxxxxxxx", "{lines}": [11, 1], "{deep}": {{"{tail}": "x//x"}}, "{on}": true'
    assert json.loads(whole)["arguments"] == wanted.format(**names) == MASKER.arguments(told)
    pieces = [told[at : at + 5] for at in range(0, len(told), 5)]
    lines = [
        "data: " + json.dumps({"index": 1, "function": {"arguments": one}}, separators=(",", ":")) for one in pieces
    ]
    stream = MASKER.answer(("\n\n".join(lines) + "\n\ndata: [DONE]\n\n").encode(), NOTHING).decode()
    rows = [json.loads(row[6:]) for row in stream.split("\n\n") if row.startswith("data: {")]
    assert "".join(row["function"]["arguments"] for row in rows) == json.loads(whole)["arguments"]
    assert stream.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("by", ["choice", "index", "id"])
def test_the_pieces_of_several_calls_are_not_mixed(by: str) -> None:
    """They are told apart by choice, by index, and by an id that is new."""
    pieces = ('{"alpha": "a', 'b", "n": 1}')
    rows = []
    order = [(0, 0), (1, 0), (0, 1), (1, 1)] if by != "id" else [(0, 0), (0, 1), (1, 0), (1, 1)]
    for call, piece in order:
        one: dict[str, object] = {"index": call if by == "index" else 0, "function": {"arguments": pieces[piece]}}
        if by == "id" and piece == 0:
            one["id"] = f"call_{call}"
        rows.append({"choices": [{"delta": {"tool_calls": [one]}, "index": call if by == "choice" else 0}]})
    raw = "".join(f"data: {json.dumps(row)}\n\n" for row in rows).encode()
    heard = [""] * 2
    lines = MASKER.answer(raw, NOTHING).decode().split("\n\n")[:-1]
    for (call, _), line in zip(order, lines, strict=True):
        heard[call] += json.loads(line[6:])["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
    assert heard == [MASKER.arguments("".join(pieces))] * 2
    json.loads(heard[0])


@pytest.mark.parametrize(
    "raw",
    [
        f"data: {{'content': '{SAID}'}}\n\n",
        f": {SAID}\n\ndata: {{}}\n\n",
        f"event: {SAID}\ndata: {{}}\n\n",
        f"id: {SAID}\rdata: {{}}\r\r",
        f'data: {{"content": "{SAID}"}}\rdata: {{"content": "{SAID}"}}\r',
        f'data: {{"choices": [{{"delta": {{"content":\ndata: "{SAID}"}}}}]}}\n\n',
        f'data: {{"type": "response.custom.delta", "delta": "{SAID}"}}\n\n',
        f"[INFO] {SAID}",
        f'{{"content": "{SAID}',
        f'{{"{SAID}": [1, {{"role": "{SAID}"',
        f'{{"message": {{"tool_calls": [{{"function": {{"arguments": "{{\\u0022k\\u0022:\\u0022{SAID}"}}}}]}}}}',
        f'{{"message": {{"tool_calls": [{{"function": {{"arguments": "{{{SAID}: 1}}"}}}}]}}}}',
        f'{{"logprobs": {{"content": [{{"token": "{SAID}", "bytes": [90, 113]}}]}}}}',
        f'{{"content": "<|{SAID.lower()}|> data:{SAID.lower()};base64,"}}',
    ],
)
def test_what_is_not_understood_is_masked_whole(raw: str) -> None:
    """Streams with other lines than data, other line ends, text that is no JSON, and what was cut."""
    masked = MASKER.answer(raw.encode(), NOTHING)
    assert SAID.lower().encode() not in masked.lower()
    assert b"113" not in masked


def test_a_refusal_keeps_its_words_and_not_what_it_repeats() -> None:
    """Neither the input that a validator returns, nor what it says again of the request, nor what the model wrote."""
    asked = json.dumps({"messages": [{"role": "user", "content": f"tell {SAID} a secret"}]}).encode()
    echo = Echo(asked, MASKER.names)
    detail = [{"type": "missing", "loc": ["body", "messages", 0], "msg": "Field required", "input": SAID, "ctx": {}}]
    kept = json.loads(MASKER.answer(json.dumps({"detail": detail}).encode(), echo, refused=True))["detail"][0]
    assert kept["msg"] == "Field required"
    assert kept["loc"] == ["body", "messages", 0]
    assert SAID not in json.dumps(kept)
    words = f"roles must alternate user/assistant, found \"{SAID}\" in '{SAID}'"
    for raw in (json.dumps({"error": {"message": words}}), words):
        told = MASKER.answer(raw.encode(), echo, refused=True).decode()
        assert "roles must alternate user/assistant, found" in told
        assert SAID not in told
    assert (
        SAID not in MASKER.answer(f"Failed to parse input at pos 3: x{SAID}".encode(), NOTHING, refused=True).decode()
    )


def test_equal_texts_have_equal_digests_that_need_the_key() -> None:
    """Who has the recording can tell them; who has not cannot guess at them."""
    text = "a text that is long enough"
    assert MASKER.text(text) == MASKER.text(text) != Masker(b"other").text(text)
    assert MASKER.text("short") == "xxxxx"
    assert MASKER.text(" \n") == " \n"
