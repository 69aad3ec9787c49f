"""Promises of `nexdiag.codec.cassette.encoder`: what is written can be read, and each message is written once."""

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import bodies_raw, cassettes, headers

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import Encoder, decode, encode, resumed
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn


def plain(cassette: Cassette) -> Cassette:
    """The same with bodies as plain bytes: links are equal only if one splitter made them."""
    replaced = {one.id: _plain(one) for one in cassette.exchanges}
    turns = tuple(
        Turn(
            **{name: getattr(turn, name) for name in turn.__struct_fields__ if name != "exchanges"},
            exchanges=tuple(replaced[one.id] for one in turn.exchanges),
        )
        for turn in cassette.turns
    )
    fields = {name: getattr(cassette, name) for name in cassette.__struct_fields__}
    return Cassette(**fields | {"exchanges": tuple(replaced.values()), "turns": turns})


def _plain(exchange: Exchange) -> Exchange:
    asked = exchange.request
    request = Request(method=asked.method, url=asked.url, headers=asked.headers, body=Body.of(asked.body.join()))
    return Exchange(**{name: getattr(exchange, name) for name in exchange.__struct_fields__} | {"request": request})


def one(body: Body) -> Exchange:
    """An exchange with that request body."""
    return Exchange(id=0, started=1.0, request=Request(method="POST", url="http://h/", body=body))


def body_of(raw: bytes) -> bytes:
    """The request body of the first exchange in a file."""
    return decode(raw).exchanges[0].request.body.join()


@given(cassettes())
def test_decode_gives_back_what_was_encoded(cassette: Cassette) -> None:
    """The round trip: every word of a recording, in its order, and every body byte for byte."""
    assert plain(decode(encode(cassette))) == plain(cassette)


@given(cassettes())
def test_reading_and_writing_again_changes_nothing(cassette: Cassette) -> None:
    """A file that was read and written stays the same file, whatever order its times suggest."""
    raw = encode(cassette)
    assert encode(decode(raw)) == raw


@given(st.lists(bodies_raw, max_size=4))
def test_bodies_come_back_byte_for_byte(raws: list[bytes]) -> None:
    """The recorded bytes are the record, also for bodies that were split apart from each other, or never."""
    found = [Splitter().split(raw) for raw in raws] + [Body.of(raw) for raw in raws]
    exchanges = (Exchange(id=n, started=0, request=Request(method="", url="", body=b)) for n, b in enumerate(found))
    raw = encode(Cassette(header=Header(), exchanges=tuple(exchanges)))
    assert [exchange.request.body.join() for exchange in decode(raw).exchanges] == raws + raws


ODD_BODIES = {
    "our own reference": Body(fields=(Field(key=b'"a"', value=b'{"$link":0}'),)),
    "a name twice": Body(fields=(Field(key=b'"a"', value=b"1"), Field(key=b'"a"', value=b"2"))),
    "an escaped name": Body(fields=(Field(key=b'"\\u0061"', value=b"1"),)),
    "a name that is none": Body(fields=(Field(key=b"a", value=b"1"),)),
    "a line end in a value": Body(fields=(Field(key=b'"a"', value=b"[\n]"),)),
    "a line end in a link": Body(fields=(Field(key=b'"a"', value=Link(b"[\n]", Link(b"1"))),)),
    "a line end between": Body(fields=(Field(key=b'"a"', value=b"1"), Field(key=b'"b"', value=b"1")), comma=b",\n"),
    "an odd colon": Body(fields=(Field(key=b'"a"', value=b"1"),), colon=b"="),
    "no field": Body(),
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_a_body_whose_parts_do_not_fit_is_kept_whole(body: Body) -> None:
    """Parts that could not be told apart, or rebuilt, when they are read are written as one text."""
    assert body_of(encode(Cassette(header=Header(), exchanges=(one(body),)))) == body.join()


def chat(turns: int) -> list[Exchange]:
    """A chat that sends its whole past in every request, as chats do."""
    splitter, said, exchanges = Splitter(), [], []
    for number in range(turns):
        said.append({"role": "user", "content": f"This is message number {number:04}, and it has some words to say."})
        raw = json.dumps({"model": "m", "messages": said}).encode()
        chunks = (Chunk(at=0.1, bytes=b'data: {"answer":%04d}\n\n' % number),)
        request = Request(method="POST", url="http://h/v1/chat/completions", body=splitter.split(raw))
        response = Response(status=200, chunks=chunks)
        exchanges.append(Exchange(id=number, started=number, request=request, response=response))
        said.append({"role": "assistant", "content": f"The answer to number {number:04}."})
    return exchanges


def test_a_file_grows_with_new_text_only() -> None:
    """200 turns take twice the bytes of 100, not four times; each message stands in the file once."""
    sizes = {turns: len(encode(Cassette(header=Header(), exchanges=tuple(chat(turns))))) for turns in (1, 100, 200)}
    assert sizes[200] - sizes[1] == pytest.approx(2 * (sizes[100] - sizes[1]), rel=0.05)
    raw = encode(Cassette(header=Header(), exchanges=tuple(chat(200))))
    assert raw.count(b"This is message number 0000,") == 1
    assert len(raw) < 200 * 600


def test_bodies_that_were_split_apart_share_lines_all_the_same() -> None:
    """It is the text that is written once, not the object: every request may come from a splitter of its own."""
    exchanges = chat(50)
    apart = []
    for exchange in exchanges:
        request = Request(method="POST", url="u", body=Splitter().split(exchange.request.body.join()))
        apart.append(Exchange(id=exchange.id, started=exchange.started, request=request))
    raw = encode(Cassette(header=Header(), exchanges=tuple(apart)))
    assert raw.count(b'{"link":') == 99
    assert [exchange.request.body.join() for exchange in decode(raw).exchanges] == [
        exchange.request.body.join() for exchange in exchanges
    ]


def test_a_message_in_another_place_is_written_once() -> None:
    """A list that drops its first message (a compacted chat) repeats no text."""
    splitter = Splitter()
    bodies = [b'{"messages":[{"s":"old words"},{"t":"kept words"}]}', b'{"messages":[{"t":"kept words"}]}']
    encoder = Encoder()
    lines = b"".join(encoder.exchange(one(splitter.split(raw))) for raw in bodies)
    assert lines.count(b"kept words") == 1
    assert b'"like":1' in lines


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf, -1.0, 1e300])
def test_a_mad_clock_leaves_the_recording_readable(time: float) -> None:
    """Times that are none are written as 0: a recording is not lost for them."""
    turn = Turn(number=1, said="", started=time, duration=time)
    response = Response(status=200, first_byte=time, chunks=(Chunk(at=time, bytes=b""),))
    exchange = Exchange(
        id=0, started=time, request=Request(method="", url=""), response=response, duration=time, turn=1
    )
    run = ToolRun(call_id="", name="", arguments="", output="", started=time, duration=time)
    line = LogLine(at=time, text="")
    cassette = Cassette(header=Header(), turns=(turn,), exchanges=(exchange,), tool_runs=(run,), log=(line,))
    found = decode(encode(cassette))
    assert (found.exchanges[0].started, found.turns[0].duration, found.tool_runs[0].started) == (0, 0, 0)


def test_half_a_character_does_not_stop_the_recording() -> None:
    """Lone surrogates, which models do send, are mended rather than raised."""
    half = "\ud83d"
    line = LogLine(at=1, text=half, source=half)
    run = ToolRun(call_id=half, name=half, arguments=half, output=half)
    turn = Turn(number=1, said=half, reply=half, error=half)
    request = Request(method="GET", url=half, headers=((half, half),))
    exchange = Exchange(id=0, started=1, request=request, failure=half)
    cassette = Cassette(header=Header(model="m"), turns=(turn,), exchanges=(exchange,), tool_runs=(run,), log=(line,))
    assert decode(encode(cassette)).log[0].text == "\ufffd"


@given(headers)
def test_every_word_is_one_line(pairs: tuple[tuple[str, str], ...]) -> None:
    """No text, whatever it holds, breaks a line: a crash can tear only the last."""
    encoder = Encoder()
    one_each = len({name for name, _ in pairs}) == len(pairs)  # such a list has a line of its own
    text = "a\nb\r\u2028\x85\0" + "".join(name + value for name, value in pairs)
    request = Request(method="GET", url=text, headers=pairs, body=Splitter().split(b'{"a":[{"b":"\xe2\x80\xa8"}]}'))
    words = [
        encoder.header(Header(model=text)),
        encoder.turn_started(Turn(number=1, said=text)),
        encoder.turn_ended(Turn(number=1, said=text, reply=text)),
        encoder.tool_run(ToolRun(call_id=text, name=text, arguments=text, output=text)),
        encoder.log_line(LogLine(at=1, text=text)),
    ]
    assert [word.count(b"\n") for word in words] == [1] * 5
    assert encoder.exchange(Exchange(id=0, started=1, request=request)).count(b"\n") == 2 + bool(pairs and one_each)


def test_headers_are_written_once() -> None:
    """Of a list of headers that was there before, only the values that changed are written again."""
    names = ("host", "user-agent", "authorization", "x-request-id")
    encoder = Encoder()
    values = ("127.0.0.1:8080", "agent/1.0 of somebody", "[redacted 5b1c3f0a]")
    kept = [tuple(zip(names, (*values, request_id), strict=True)) for request_id in "ab"]
    lines = [
        encoder.exchange(Exchange(id=n, started=1, request=Request(method="GET", url="u", headers=pairs)))
        for n, pairs in enumerate(kept)
    ]
    assert b"agent/1.0" in lines[0]
    assert b'"headers":{"as":0,"but":{"x-request-id":"b"}}' in lines[1]
    found = decode(encoder.header(Header()) + b"".join(lines))
    assert [exchange.request.headers for exchange in found.exchanges] == kept


def test_headers_that_have_little_in_common_are_written_anew() -> None:
    """Naming what changed must not cost more than the list; and a name that stands twice is no name for a change."""
    encoder = Encoder()
    lists = [(("a", "x" * 50), ("b", "y" * 50)), (("a", "z" * 60), ("b", "w" * 60)), (("c", "1"), ("c", "2"))]
    lines = b"".join(
        encoder.exchange(Exchange(id=n, started=1, request=Request(method="GET", url="u", headers=pairs)))
        for n, pairs in enumerate(lists)
    )
    assert lines.count(b'"pairs":') == 2
    assert [one.request.headers for one in decode(encoder.header(Header()) + lines).exchanges] == lists


def test_what_was_said_is_a_reference_where_a_message_holds_it() -> None:
    """A turn whose opening follows its first request repeats no text."""
    said = "Why does the second message break, and the first does not?"
    body = Splitter().split(json.dumps({"messages": [{"role": "user", "content": said}]}).encode())
    encoder = Encoder()
    exchange = one(body)
    raw = encoder.header(Header()) + encoder.exchange(exchange) + encoder.turn_started(Turn(number=1, said=said))
    assert raw.count(said.encode()) == 1
    assert decode(raw).turns[0].said == said


def test_a_stream_costs_little_more_than_its_words() -> None:
    """A stream of 60 events of 200 bytes takes a fifth of its bytes, and comes back chunk for chunk."""
    event = b'data: {"id":"chatcmpl-%s","choices":[{"index":0,"delta":{"content":" word%d"}}]}\n\n'
    chunks = tuple(Chunk(at=n / 100, bytes=event % (b"i" * 130, n)) for n in range(60))
    exchange = Exchange(
        id=0, started=1, request=Request(method="GET", url=""), response=Response(status=200, chunks=chunks)
    )
    line = Encoder().exchange(exchange)
    assert len(line) < sum(len(chunk.bytes) for chunk in chunks) / 5
    found = decode(Encoder().header(Header()) + line).exchanges[0].response
    assert found is not None
    assert found.chunks == chunks


@given(cassettes(), st.data())
def test_a_recording_can_be_gone_on_with(cassette: Cassette, data: st.DataObject) -> None:
    """Cut after any line and resumed, what is written on top is read, and repeats no message that is there."""
    raw = encode(cassette)
    ends = [place + 1 for place, byte in enumerate(raw) if byte == ord("\n")]
    kept = raw[: data.draw(st.sampled_from(ends))]
    encoder = resumed(kept)
    body = b'{"messages":[{"role":"user","content":"on top"},{"role":"assistant","content":"of it"}]}'
    on_top = encoder.exchange(msgspec.structs.replace(one(Splitter().split(body)), id=1000))
    again = encoder.exchange(msgspec.structs.replace(one(Splitter().split(body)), id=1001))
    assert again.count(b"\n") == 1
    found = decode(kept + on_top + again)
    assert [exchange.request.body.join() for exchange in found.exchanges[-2:]] == [body, body]
    assert resumed(kept + on_top).exchange(msgspec.structs.replace(one(Splitter().split(body)), id=1001)) == again


def test_the_latest_moments_come_back_too() -> None:
    """Where a float has no room for microseconds any more, the one that was written is the one that is read."""
    chunks = tuple(Chunk(at=at, bytes=b"x") for at in (0.000001, 4294967296.201547, 253402300799.0))
    exchange = Exchange(
        id=0, started=1, request=Request(method="GET", url=""), response=Response(status=200, chunks=chunks)
    )
    found = decode(encode(Cassette(header=Header(), exchanges=(exchange,)))).exchanges[0].response
    assert found is not None
    assert found.chunks == chunks
