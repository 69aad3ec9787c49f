"""A small file cannot fill the memory of who reads it; and what was recorded is read, however it repeats itself."""

import json

import pytest
from msgspec import structs

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import Encoder, decode, encode, limits
from nexdiag.codec.cassette.limits import AT_LEAST, LONGEST_LIST, LONGEST_SAID, LONGEST_SEPARATOR, TIMES, Room
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import Turn

MB = 1_000_000
LINK = {"link": 0, "after": None, "json": {"role": "user", "content": "A" * MB}}
LISTED = {"headers": 0, "pairs": [[f"h{number}", "v"] for number in range(LONGEST_LIST + 1)]}
STREAM = {"status": 200, "frame": ["A" * MB, ""], "at": [0] * 400, "chunks": [""] * 400}


def asked(**other: object) -> dict[str, object]:
    return {"method": "POST", "url": "http://x/v1/chat/completions"} | other


BOMBS = {
    "a frame around many pieces": [{"exchange": 0, "request": asked(), "response": STREAM}],
    "a frame around many texts of one piece": [
        {"exchange": 0, "request": asked(), "response": STREAM | {"at": [0], "chunks": [[""] * 400]}}
    ],
    "a text many times in one list": [LINK, *({"link": n, "after": n - 1, "like": 0} for n in range(1, 99))],
    "a long list of headers": [LISTED, {"exchange": 0, "request": asked(headers={"as": 0, "but": {"h1": "w"}})}],
    "a text that many turns begin with": [LINK, *({"turn": n, "said": {"link": 0}} for n in range(400))],
    "a separator": [LINK, {"exchange": 0, "request": asked(separators=[",", ":", "," + " " * 99], body={"a": 1})}],
}


@pytest.mark.parametrize("lines", BOMBS.values(), ids=BOMBS)
def test_what_makes_too_much_of_little_is_refused(lines: list[dict[str, object]]) -> None:
    """Before anything is made of it, as an error that names the line and how to save the rest."""
    raw = b"\n".join(json.dumps(line).encode() for line in [{"cassette": 2}, *lines])
    with pytest.raises(CassetteError, match=r"^c is broken at line \d+: .*(more than|longer than)") as told:
        decode(raw, name="c")
    assert told.value.hint.endswith("nexdiag cassette repair c")


def test_a_file_may_stand_for_much_more_than_it_holds() -> None:
    """A floor, and a multiple of its size; the byte after that is refused."""
    room = Room(10)
    room.take(AT_LEAST + TIMES * 10)
    room.take(0)
    with pytest.raises(ValueError, match="64 MiB and 200 times its size"):
        room.take(1)


def again(*exchanges: Exchange) -> Cassette:
    """What is read of what was written."""
    return decode(encode(Cassette(header=Header(tool="t"), exchanges=exchanges)))


def one(**other: object) -> Exchange:
    return structs.replace(Exchange(id=0, started=1.0, request=Request(method="POST", url="/")), **other)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """No floor, and little that a list may repeat: what was written must keep to the limits line by line."""
    monkeypatch.setattr(limits, "AT_LEAST", 0)
    for module in ("encoder", "recording"):
        monkeypatch.setattr(f"nexdiag.codec.cassette.{module}.AGAIN", 10_000)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("size", [300, 3000, 30_000])
def test_any_stream_that_was_recorded_is_read(size: int) -> None:
    """Also one whose every event repeats far more than it says."""
    chunks = tuple(Chunk(at=n / 8, bytes=b"data: " + b"m" * size + b"%d\n\n" % (n % 9)) for n in range(500))
    (read,) = again(one(response=Response(status=200, chunks=chunks))).exchanges
    assert read.response is not None
    assert tuple(read.response.chunks) == chunks


@pytest.mark.usefixtures("narrow")
def test_any_chat_that_was_recorded_is_read() -> None:
    """Also one that says the same again and again."""
    splitter = Splitter()
    said = b'{"role":"user","content":"%s"}' % (b"again " * 300)
    raws = [b'{"messages":[' + b",".join([said] * n) + b"]}" for n in (1, 30, 31, 60)]
    bodies = [splitter.split(raw) for raw in raws]
    kept = again(*(one(id=n, request=Request(method="POST", url="/", body=body)) for n, body in enumerate(bodies)))
    assert [exchange.request.body.join() for exchange in kept.exchanges] == raws


@pytest.mark.usefixtures("narrow")
def test_whatever_is_long_or_many_is_read() -> None:
    """Headers by the hundred, and wide separators."""
    headers = tuple((f"h{n}", "v" * 40) for n in range(LONGEST_LIST + 1))
    said = Link(b'{"role":"user","content":"hi"}')
    wide = Body(fields=(Field(key=b'"messages"', value=said),), item_comma=b"," + b" " * LONGEST_SEPARATOR)
    exchanges = [
        one(id=n, request=Request(method="POST", url="/", headers=headers, body=body))
        for n, body in enumerate([wide, Body(fields=wide.fields), wide])
    ]
    read = again(*exchanges)
    assert [each.request.headers for each in read.exchanges] == [headers] * 3
    assert [each.request.body.join() for each in read.exchanges] == [each.request.body.join() for each in exchanges]


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("size", [LONGEST_SAID, LONGEST_SAID * 3])
def test_a_long_text_that_every_turn_begins_with_is_read(size: int) -> None:
    """As often as it was said."""
    text = "w" * size
    body = Splitter().split(b'{"messages":[{"role":"user","content":"%s"}]}' % text.encode())
    encoder = Encoder()
    lines = [encoder.header(Header()), encoder.exchange(one(request=Request(method="POST", url="/", body=body)))]
    lines += [encoder.turn_started(Turn(number=n, said=text)) for n in range(1, 1500)]
    read = decode(b"".join(lines))
    assert {turn.said for turn in read.turns} == {text}
