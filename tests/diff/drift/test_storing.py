"""Shapes on paper."""

import json

import pytest
from drifting import corpus, exchange, recorded, response, shapes
from made import user

from nexdiag.core.errors import UsageError
from nexdiag.diff.drift.comparing import compare
from nexdiag.diff.drift.storing import is_shape, packed, unpacked, written


def test_what_is_written_is_read_back() -> None:
    """Whole or as a file: the same bytes again."""
    made = shapes(corpus(40))
    assert packed(unpacked(packed(made))) == packed(made)
    assert written(unpacked(written(made))) == written(made)
    assert compare(made.of(), unpacked(written(made)).of()) == ([], [])
    assert is_shape(written(made))
    assert not is_shape(b'{"cassette": 2}')


def test_a_file_holds_no_text_of_a_conversation() -> None:
    """Neither words nor ids, names, keys of arguments or lengths of texts: choices of few alone."""
    tools = [{"type": "function", "function": {"name": "open_door", "parameters": {"properties": {"keyhole": {}}}}}]
    asked = {"model": "house-model", "messages": [user("yes")], "tools": tools, "user": "sk-live-123", "extra": "short"}
    answered = {"id": "chatcmpl-secretid", "choices": [{"message": {"content": "no"}, "finish_reason": "stop"}]}
    made = shapes(
        recorded(*(exchange(at, {**asked, "tone": f"mood{at % 20}"}, response(answered)) for at in range(40)))
    )
    text = written(made).decode()
    for word in ("yes", '"no"', "open_door", "keyhole", "house-model", "sk-live", "secretid", "mood"):
        assert word not in text
    assert '"stop"' in text
    assert max(map(len, text.splitlines())) < 200
    assert json.loads(text)["schema"] == "nexdiag.shape/1"


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"\xff", b'{"schema": "nexdiag.shape/9", "files": 0}', b"[" * 9999])
def test_what_is_no_shape_is_told(raw: bytes) -> None:
    """One line of what, one of what to do."""
    with pytest.raises(UsageError) as caught:
        unpacked(raw, "x.json")
    assert "x.json" in caught.value.what
    assert "--write" in caught.value.hint


def test_another_version_is_told() -> None:
    """A file of a later format is none that this version reads."""
    raw = written(shapes(corpus(1))).replace(b"nexdiag.shape/1", b"nexdiag.shape/9")
    with pytest.raises(UsageError, match=r"nexdiag\.shape/9"):
        unpacked(raw)
