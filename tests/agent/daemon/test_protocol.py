"""Promises of nexdiag.agent.daemon.protocol: a request is read or refused in words, and an answer is one line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values, names

from nexdiag.agent.daemon.protocol import (
    LONGEST_ASK,
    LONGEST_MESSAGE,
    Ask,
    Told,
    answer,
    read_ask,
    read_told,
    refusal,
    telling,
)
from nexdiag.agent.progress import (
    Progress,
    TextDelta,
    TextTakenBack,
    ToolRan,
    TurnEnded,
    TurnStarted,
    UsageTold,
)
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun, Turn


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


def test_the_older_names_of_requests_count() -> None:
    """A client of the reference's older protocol is understood."""
    old = read(cmd="archive_coordinator", coordinator_id=2)
    assert isinstance(old, Ask)
    assert (old.cmd, old.named) == ("archive_chat", 2)
    assert Ask(cmd="x").named is None


@pytest.mark.parametrize(
    "progress",
    [
        TurnStarted(turn=Turn(number=3, said="hi")),
        TextDelta(text="é"),
        TextTakenBack(),
        ToolRan(run=ToolRun(call_id="c", name="bash", arguments="{}", output="o", is_error=True, duration=0.5)),
        UsageTold(usage=Usage(input_tokens=5), used=7, window=9),
        TurnEnded(turn=Turn(number=3, said="hi", reply="yo", usage=Usage(output_tokens=1))),
    ],
)
def test_what_is_told_crosses_the_socket(progress: Progress) -> None:
    """Each kind is the same on the other side, on one line."""
    told = Told(seq=7, turn=3, progress=progress, request_id="r1")
    line = telling(told)
    assert line.count(b"\n") == 1
    assert read_told(line) == told


def test_exchanges_do_not_cross_the_socket() -> None:
    """A turn may hold megabytes of wire: a follower is told the turn without them."""
    exchange = Exchange(id=0, started=0.0, request=Request(method="POST", url="http://h/v1"))
    turn = Turn(number=1, said="hi", exchanges=(exchange,))
    read_back = read_told(telling(Told(seq=1, turn=1, progress=TurnEnded(turn=turn))))
    assert read_back == Told(seq=1, turn=1, progress=TurnEnded(turn=Turn(number=1, said="hi")))


def test_half_a_character_crosses_mended() -> None:
    """A model that cuts an emoji in two does not end the following."""
    read_back = read_told(telling(Told(seq=1, turn=1, progress=TextDelta(text="a\ud83d"))))
    assert read_back == Told(seq=1, turn=1, progress=TextDelta(text="a\ufffd"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (refusal("overloaded"), "overloaded"),
        (answer(), "the daemon told nothing"),
        (b'{"seq": 1, "turn": 1, "progress": {"kind": "dance"}}', "not understood"),
        (b"[]", "not understood"),
        (b"\xff", "not understood"),
    ],
)
def test_a_line_that_tells_nothing_ends_the_following(line: bytes, why: str) -> None:
    """With the daemon's word, or ours."""
    read_back = read_told(line)
    assert isinstance(read_back, str)
    assert why in read_back


def test_a_refusal_has_its_hint_apart() -> None:
    """So that a program shows each where it belongs."""
    assert json.loads(refusal("no", "do this")) == {"ok": False, "error": "no", "hint": "do this"}
