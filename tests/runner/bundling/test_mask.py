"""Signs in the place of what was said."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.runner.bundling.mask import Masker

MASKER = Masker(b"key")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shape(value: object) -> object:
    """The value without its strings."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "" if isinstance(value, str) else value


@settings(max_examples=60)
@given(JSON, st.booleans())
def test_json_stays_json_of_the_same_length_and_shape(value: object, ascii_only: bool) -> None:
    """Keys, numbers and structure are kept; it can be cut nowhere that it could not be cut before."""
    raw = json.dumps({"content": value}, ensure_ascii=ascii_only).encode("utf-8", "replace")
    masked = MASKER.json(raw)
    assert len(masked) == len(raw)
    assert shape(json.loads(masked)) == shape(json.loads(raw))


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_whatever_it_is_the_length_stays(raw: bytes) -> None:
    """Also of what is no JSON and no stream."""
    assert len(MASKER.json(raw)) == len(MASKER.stream(raw)) == len(raw)


def test_nothing_said_is_left_and_what_builds_the_conversation_is() -> None:
    """Roles, ids and names stay; a text does not, nor the lengths of its words."""
    raw = json.dumps(
        {"role": "user", "id": "call_1", "name": "read", "content": 'my "secret" plan\\n for tomorrow ünd so'}
    ).encode()
    masked = json.loads(MASKER.json(raw))
    assert {key: masked[key] for key in ("role", "id", "name")} == {"role": "user", "id": "call_1", "name": "read"}
    assert "secret" not in masked["content"]
    assert " " not in masked["content"]


def test_arguments_keep_their_structure_in_pieces_as_in_one() -> None:
    """The keys of JSON within JSON stay, values do not; broken ones stay as broken."""
    told = '{"path": "/etc/passwd", "lines": [12, 7], "deep": {"x": "y\\"z"}, "on": true'
    whole = MASKER.json(json.dumps({"arguments": told}).encode())
    assert (
        json.loads(whole)["arguments"]
        == '{"path": "xxxxxxxxxxx", "lines": [11, 1], "deep": {"x": "xxxxxx"}, "on": true'
    )
    pieces = [told[at : at + 5] for at in range(0, len(told), 5)]
    lines = [
        "data: " + json.dumps({"index": 1, "function": {"arguments": one}}, separators=(",", ":")) for one in pieces
    ]
    stream = MASKER.stream(("\n\n".join(lines) + "\n\ndata: [DONE]\n\n").encode()).decode()
    rows = [json.loads(row[6:]) for row in stream.split("\n\n") if row.startswith("data: {")]
    assert "".join(row["function"]["arguments"] for row in rows) == json.loads(whole)["arguments"]
    assert stream.endswith("data: [DONE]\n\n")


def test_equal_texts_have_equal_digests_that_need_the_key() -> None:
    """Who has the recording can tell them; who has not cannot guess at them."""
    text = "a text that is long enough"
    assert MASKER.text(text) == MASKER.text(text) != Masker(b"other").text(text)
    assert MASKER.text("short") == "xxxxx"
    assert MASKER.text(" \n") == " \n"
