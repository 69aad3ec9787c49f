"""Promises of nexdiag.codec.sse: an event stream reads as WHATWG says, wherever it is cut and whatever it holds."""

from typing import Self

import pytest
import strategies as our
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import example, given
from hypothesis import strategies as st

from nexdiag.codec.sse import Event, Parser, encode

SAMPLES = {
    "one event": (b"data: hello\n\n", [Event(data="hello")]),
    "CRLF": (b"event: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [Event(event="a", data="b"), Event(data="c")]),
    "CR": (b"data: a\r\rdata: b\r\r", [Event(data="a"), Event(data="b")]),
    "mixed line ends": (b"data: a\rdata: b\ndata: c\r\n\ndata: d\n\r\n", [Event(data="a\nb\nc"), Event(data="d")]),
    "BOM": (b"\xef\xbb\xbfdata: a\n\n", [Event(data="a")]),
    "BOM later": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event(data="a")]),
    "two BOMs": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Event(data="b")]),
    "BOM in data": (b"data: \xef\xbb\xbfx\n\n", [Event(data="\ufeffx")]),
    "comments": (b": hi\n\n:\n:data: x\n\ndata: a\n: in between\ndata: b\n\n", [Event(data="a\nb")]),
    "only a name": (b"event: ping\n\nid: 3\n\nretry: 5\n\n", []),
    "name does not leak": (b"event: ping\n\ndata: a\n\n", [Event(data="a")]),
    "id stays in its block": (b"id: 1\ndata: a\n\ndata: b\n\n", [Event(data="a", id="1"), Event(data="b")]),
    "no space": (b"data:a\ndata: b\ndata:  c\ndata:\td\n\n", [Event(data="a\nb\n c\n\td")]),
    "no colon": (b"data\n\n", [Event(data="")]),
    "no colon twice": (b"data\ndata\n\n", [Event(data="\n")]),
    "empty": (b"data:\n\n", [Event(data="")]),
    "unknown names": (b"dat: a\ndata : b\n data: c\nDATA: d\nfoo\ndata: e\n\n", [Event(data="e")]),
    "empty name": (b"event:\ndata: a\n\n", [Event(data="a")]),
    "last name wins": (b"event: a\nevent: b\ndata: c\n\n", [Event(event="b", data="c")]),
    "NUL in id": (b"id: 1\nid: 2\0\ndata: a\n\n", [Event(data="a", id="1")]),
    "empty id": (b"id\ndata: a\n\n", [Event(data="a", id="")]),
    "retry": (b"retry: 10\nretry: 1x\nretry: -1\nretry:\nretry: \xd9\xa1\ndata: a\n\n", [Event(data="a", retry=10)]),
    "huge retry": (b"retry: " + b"9" * 5000 + b"\ndata: a\n\n", [Event(data="a")]),
    "UTF-8": ("data: é☃😀\n\n".encode(), [Event(data="é☃😀")]),
    "other line ends": ("data: a\x0b\x0c\x1c\x85\u2028b\n\n".encode(), [Event(data="a\x0b\x0c\x1c\x85\u2028b")]),
    "not UTF-8": (b"data: \xff\xe2\x82|\xf0\x9f\ndata: x\n\n", [Event(data="\ufffd\ufffd|\ufffd\nx")]),
    "blank lines": (b"\n\n\r\n\r\rdata: a\n\n\n\n", [Event(data="a")]),
    "torn after its line": (b"data: a\n\ndata: b\n", [Event(data="a"), Event(data="b")]),
    "torn in its line": (b"data: a\n\nevent: x\ndata: {\xe2\x82", [Event(data="a"), Event(event="x", data="{\ufffd")]),
    "torn without data": (b"data: a\n\nevent: b\n: c", [Event(data="a")]),
    "nothing": (b"", []),
    "only a BOM": (b"\xef\xbb\xbf", []),
}
TORN = {"torn after its line", "torn in its line"}


def parse(*pieces: bytes) -> list[Event]:
    parser = Parser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.close()


def oracle(stream: bytes) -> list[tuple[str, str]]:
    """Name and data of each event as httpx-sse reads them, but for what differs on purpose.

    It gives out blocks without data (an event of a name alone, or any blank line once an id was seen), which WHATWG
    forbids; it keeps a BOM, having no bytes to find it in; and it drops the last event if no blank line ends it, which
    is WHATWG's way, and why two newlines are added here.
    """
    lines = SSELineDecoder()
    decoder = SSEDecoder()
    found = []
    for line in lines.decode(stream.decode("utf-8", "replace").removeprefix("\ufeff") + "\n\n") + lines.flush():
        had_data = bool(decoder._data)
        event = decoder.decode(line)
        if event is not None and had_data:
            found.append((event.event, event.data))
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_reads_as_written(name: str) -> None:
    """Each sample gives its events, and only a last event without its blank line is called torn."""
    stream, wanted = SAMPLES[name]
    parser = Parser()
    assert parser.feed(stream) + parser.close() == wanted
    assert parser.torn is (name in TORN)


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_at_every_byte(name: str) -> None:
    """Every sample, cut in two at every byte and fed byte by byte, gives the same events as the whole."""
    stream, wanted = SAMPLES[name]
    for cut in range(len(stream) + 1):
        assert parse(stream[:cut], stream[cut:]) == wanted, cut
        assert parse(stream[:cut], b"", stream[cut:]) == wanted, cut
    assert parse(*(bytes([byte]) for byte in stream)) == wanted


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_reads_as_httpx_sse_reads_it(name: str) -> None:
    """Name and data are those that httpx-sse finds, where it does not differ on purpose."""
    stream, wanted = SAMPLES[name]
    assert [(event.event, event.data) for event in wanted] == [
        (kind or "message", text) for kind, text in oracle(stream)
    ]


def test_events_come_as_soon_as_they_end() -> None:
    """An event is given out with the newline that ends it, not with the next piece."""
    parser = Parser()
    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\ndata: b\r") == [Event(data="a")]
    assert parser.feed(b"\r") == [Event(data="b")]
    assert parser.feed(b"\n") == []
    assert parser.close() == []


lines_of_streams = st.lists(
    st.sampled_from([b"data", b"data:", b"data: x", b"event: e", b"id: 1", b"retry: 7", b": c", b"\xef\xbb\xbf", b"z"])
    | st.binary(max_size=6),
)
line_ends = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n"])
streams = lines_of_streams.flatmap(
    lambda lines: st.lists(line_ends, min_size=len(lines), max_size=len(lines)).map(
        lambda ends: b"".join(line + end for line, end in zip(lines, ends, strict=True)),
    ),
)


@given(streams)
def test_any_stream_reads_as_httpx_sse_reads_it(stream: bytes) -> None:
    """Name and data of all events, of any stream of lines, are those that httpx-sse finds."""
    assert [(event.event, event.data) for event in parse(stream)] == [
        (kind or "message", text) for kind, text in oracle(stream)
    ]


@given(st.data(), streams | st.binary())
def test_pieces_never_matter(choice: st.DataObject, stream: bytes) -> None:
    """Any bytes, cut anywhere, give the events of the whole, without an exception."""
    assert parse(*choice.draw(our.pieces(stream))) == parse(stream)


@given(our.events)
@example(Event(data=""))
@example(Event(data="\n"))
@example(Event(data=" a", id="", event=" message"))
def test_round_trip(event: Event) -> None:
    """What is encoded reads back equal, and is no torn event."""
    parser = Parser()
    assert parser.feed(encode(event)) == [event]
    assert parser.close() == []
    assert not parser.torn


@given(st.lists(our.events, max_size=4), st.data())
def test_round_trip_of_many(events: list[Event], choice: st.DataObject) -> None:
    """A stream of encoded events, cut anywhere, reads back as these events: none leaks into the next."""
    assert parse(*choice.draw(our.pieces(b"".join(map(encode, events))))) == events


@pytest.mark.parametrize("field", ["event", "id"])
def test_no_line_can_be_smuggled_in(field: str) -> None:
    """A name or id that holds line ends stays in its line: it cannot start data of its own."""
    assert [event.data for event in parse(encode(Event(**{"data": "a", field: "x\n\rdata: b\r\n\r\n"})))] == ["a"]


def test_line_ends_in_data_become_newlines() -> None:
    """CR and CRLF within data come back as newlines, since the format knows no other; surrogates do not raise."""
    assert parse(encode(Event(data="a\rb\r\nc\n\ud800"))) == [Event(data="a\nb\nc\n?")]


class Counted(bytearray):
    """A buffer that counts the bytes that are put into it, taken out of it, or looked through."""

    work = 0

    def __iadd__(self, more: bytes) -> Self:
        """In place: what was there is not touched."""
        self.work += len(more)
        return super().__iadd__(more)

    def __bytes__(self) -> bytes:
        """All of it, copied."""
        self.work += len(self)
        return bytes(self[:])

    def __getattribute__(self, name: str) -> object:
        """A method looks at all of it; but for the one that forgets it."""
        if not name.startswith("_") and name not in {"clear", "work"}:
            self.work += len(self)
        return super().__getattribute__(name)


@pytest.mark.parametrize("line", [b"data: " + b"x" * 400_000, b"data: xxxxxxxxxxxxxx\n" * 20_000])
def test_work_is_linear(line: bytes) -> None:
    """One event of 400 kB in pieces of 64 bytes: each byte goes into the buffer once, and out of it once."""
    parser = Parser()
    buffer = parser._line = Counted()
    events = [event for at in range(0, len(line), 64) for event in parser.feed(line[at : at + 64])]
    (event,) = [*events, *parser.feed(b"\n\n")]
    assert parser._line is buffer
    assert 0 < buffer.work <= 2 * len(line)
    assert len(event.data) > 290_000


@pytest.mark.parametrize(("stream", "mangled"), [(b"data: a\xff\n\n", True), ("data: a\ufffdö\n\n".encode(), False)])
def test_bytes_that_are_no_utf_8_are_noticed(stream: bytes, *, mangled: bool) -> None:
    """However they are cut; a sign that the server itself put there is none of them."""
    for size in (1, 100):
        parser = Parser()
        for start in range(0, len(stream), size):
            parser.feed(stream[start : start + size])
        assert parser.mangled is mangled
