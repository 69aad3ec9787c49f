"""Promises of nexdiag.agent.daemon.protocol: a request is read or refused in words, and an answer is one line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values, names

from nexdiag.agent.daemon.protocol import LONGEST_ASK, LONGEST_MESSAGE, Ask, answer, read_ask, refusal


def read(**values: object) -> Ask | str:
    return read_ask(json.dumps(values).encode() + b"\n")


def test_a_request_is_read() -> None:
    """What is not given has its default; keys that we do not know are passed over."""
    assert read(cmd="status", odd=1) == Ask(cmd="status")
    full = read(cmd="user_chat", message="hi", request_id="r", chat_id=3, timeout=5)
    assert full == Ask(cmd="user_chat", message="hi", request_id="r", chat_id=3, timeout=5.0)


def test_the_reference_s_older_name_of_a_chat_counts() -> None:
    """`coordinator_id` means the same chat."""
    old = read(cmd="user_chat", coordinator_id=4)
    assert isinstance(old, Ask)
    assert (old.chat, Ask(cmd="x", chat_id=5).chat) == (4, 5)


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"\n", b"{", b"null", b"[]", b'"status"', b"{}", b'{"cmd": 5}', b"\xff\xfe", b'{"cmd": "\\ud800"}'),
        b'{"cmd": "x", "chat_id": "zero"}',
        b'{"cmd": "x", "chat_id": -1}',
        b'{"cmd": "x", "chat_id": 99999999999999999999}',
        b'{"cmd": "x", "timeout": -1}',
        b'{"cmd": "x", "timeout": 1e999}',
        b'{"cmd": "x", "message": {}}',
        b'{"cmd": "x", "request_id": "' + b"r" * 201 + b'"}',
        b'{"cmd": "x", "y": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(18),
)
def test_what_is_no_request_is_refused_in_words(line: bytes) -> None:
    """As the reference words it, with the reason."""
    why = read_ask(line)
    assert isinstance(why, str)
    assert why.startswith("Invalid request: ")


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_line_is_too_odd(line: bytes) -> None:
    """Whatever a client sends is a request or a reason."""
    assert isinstance(read_ask(line), Ask | str)


@given(
    st.dictionaries(names.filter(lambda name: name not in ("ok", "self")), json_values, max_size=4),
    st.text(st.characters(codec="utf-8")),
)
def test_an_answer_is_one_line(values: dict[str, object], why: str) -> None:
    """Line ends within it are escaped; `ok` says which kind it is."""
    for line, wanted in ((answer(**values), {"ok": True, **values}), (refusal(why), {"ok": False, "error": why})):
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert json.loads(line) == wanted


def test_the_longest_message_fits_into_a_request() -> None:
    """Also with every character escaped."""
    assert len(json.dumps({"cmd": "user_chat", "message": "\x01" * LONGEST_MESSAGE})) < LONGEST_ASK
