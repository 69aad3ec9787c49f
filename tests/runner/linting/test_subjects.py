"""What `lint` is given."""

import json
from pathlib import Path

import pytest
from linting import ASSISTANT, USER, recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import CassetteError
from nexdiag.runner.foreign.convert import convert
from nexdiag.runner.linting.subjects import Recording, Requests, State, of_text, read

REQUEST = {"model": "m", "messages": [USER]}
CASSETTE = codec.encode(recording((REQUEST, 200, {"choices": [{"message": ASSISTANT}]})))


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (CASSETTE, Recording),
        (json.dumps(REQUEST).encode(), Requests),
        (json.dumps(REQUEST, indent=2).encode(), Requests),
        (b'{"model": "m", "input": "hello"}', Requests),
        (b'{"status": 400}\n{"status": 200}\n', Requests),
        (json.dumps({"status": 400, "request": REQUEST}, indent=2).encode(), Requests),
        (json.dumps(REQUEST).encode() + b"\n" + json.dumps(REQUEST).encode(), Requests),
        (b'{"journal": []}', State),
    ],
)
def test_it_is_told_by_its_contents(raw: bytes, kind: type) -> None:
    """Whatever the name; on one line or on several."""
    assert isinstance(of_text(raw, "x"), kind)


@pytest.mark.parametrize("suffix", [".har", ".yaml", ".json", ".exchanges.jsonl"])
def test_recordings_of_other_tools_are_read(tmp_path: Path, suffix: str) -> None:
    """As `convert` writes them."""
    (tmp_path / "a.cassette.jsonl").write_bytes(CASSETTE)
    convert(tmp_path / "a.cassette.jsonl", tmp_path / f"b{suffix}")
    (subject,) = read([tmp_path / f"b{suffix}"])
    if isinstance(subject, Recording):
        assert len(subject.cassette.exchanges) == 1
    else:
        assert isinstance(subject, Requests)
        assert len(subject.bares) == 1


@pytest.mark.parametrize("raw", [b"", b"text", b"[1]", b"{}", b'{"a": 1}', b"\x00\xff", b'{"log": {}}', b"[" * 10_000])
def test_anything_else_is_an_error(raw: bytes) -> None:
    """One that says what would do."""
    with pytest.raises(CassetteError) as caught:
        of_text(raw, "x")
    assert caught.value.hint


def test_a_line_that_is_a_request_is_one_among_exchanges() -> None:
    """Its id is empty, as that of any exchange that came without."""
    subject = of_text(json.dumps(REQUEST).encode() + b'\n{"id": 7, "status": 400}\n', "x")
    assert isinstance(subject, Requests)
    assert [bare.id for bare in subject.bares] == ["", "7"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "x is empty"),
        (b" \n", "x is empty"),
        (b'{"model": ', "no JSON: line 1 column 11"),
        ('{"messages": []}'.encode("utf-16"), "x is UTF-16"),
        ('{"messages": []}'.encode("utf-16-be"), "x is UTF-16"),
    ],
)
def test_what_is_broken_is_told(raw: bytes, told: str) -> None:
    """Not only that it is none of these."""
    with pytest.raises(CassetteError) as caught:
        of_text(raw, "x")
    assert told in caught.value.what


def test_a_byte_order_mark_is_read_over() -> None:
    """Editors of Windows write one."""
    assert isinstance(of_text(b"\xef\xbb\xbf" + json.dumps(REQUEST).encode(), "x"), Requests)
    assert isinstance(of_text(b"\xef\xbb\xbf" + CASSETTE, "x"), Recording)
