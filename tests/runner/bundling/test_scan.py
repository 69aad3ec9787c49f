"""JSON text, token by token."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.runner.bundling.scan import Broken, Frame, Scanner


def read(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token."""
    scanner = Scanner(text, Frame(None, "", "x", listed=False))
    return [(kind, text[start:end]) for kind, start, end, _ in scanner.tokens()]


def test_each_token_is_told_with_its_kind() -> None:
    """Also what is cut at the end, but for half an escape."""
    assert read('{"a": [1, "b", null], "c": "d\\"') == [
        ("{", "{"), ("key", "a"), ("[", "["), ("number", "1"), ("string", "b"), ("key", "c"), ("cut", 'd\\"'),
    ]  # fmt: skip
    assert read('["a\\u00')[-1] == ("cut", "a\\u00")


@pytest.mark.parametrize(
    "text", ["x", "{'a': 1}", "{a: 1}", "[1 2]", "[1,]", "{} {}", "]", '{"a" 1}', '"a\nb"', "[" * 500, '{"a":1]', "01"]
)
def test_what_is_no_json_is_told(text: str) -> None:
    """Strictly: whoever hears it masks the whole."""
    with pytest.raises(Broken):
        read(text)


@settings(max_examples=80)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ),
    st.booleans(),
)
def test_all_that_python_writes_is_read(value: object, ascii_only: bool) -> None:
    """And whatever its strings hold, the strings that are told are those."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    strings = [inner for kind, inner in read(text) if kind in ("key", "string")]
    assert all(json.dumps(json.loads(f'"{one}"'), ensure_ascii=ascii_only) == f'"{one}"' for one in strings)
    assert len(strings) == len(_strings(value))


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(one for inner in value.values() for one in _strings(inner))]
    if isinstance(value, list):
        return [one for inner in value for one in _strings(inner)]
    return [value] if isinstance(value, str) else []
