"""Promises of `nexdiag.codec.cassette.reader`: what is read, what is told as torn, and what is refused."""

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import json_values
from strategies_wire import cassettes

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode, encode
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

HEADER = b'{"cassette":1}\n'
EXCHANGE = b'{"exchange":0,"at":1,"request":{"method":"GET","url":"http://h/"},"response":null}\n'


def recording() -> Cassette:
    """A recording with a line of every kind, and bytes that are cut within a character."""
    splitter = Splitter()
    bodies = [splitter.split(b'{"model":"m","messages":[{"c":"h\xc3\xa9"},{"c":"b"}]}'), splitter.split(b"\xff\n")]
    chunks = (Chunk(at=0.25, bytes=b"data: \xe2"), Chunk(at=0.5, bytes=b"x\n"))
    exchanges = tuple(
        Exchange(
            id=number,
            started=10.5 + number,
            request=Request(method="POST", url="http://h/v1", headers=(("a", "é"),), body=body),
            response=Response(status=200, first_byte=0.1, chunks=chunks),
            duration=1.5,
            turn=1,
            failure="ReadError: gone",
        )
        for number, body in enumerate(bodies)
    )
    runs = (ToolRun(call_id="c", name="n", arguments="{}", output="o", started=12.5, duration=0.5, turn=1),)
    log = (LogLine(at=13.5, text="line", level="WARN", turn=1), LogLine(at=14.5, text="other"))
    turn = Turn(
        number=1,
        said="hi",
        reply="ho",
        started=10.0,
        duration=6.0,
        exchanges=exchanges,
        tool_runs=runs,
        log=log[:1],
    )
    return Cassette(header=Header(created=9.5, model="m"), turns=(turn,), exchanges=exchanges, tool_runs=runs, log=log)


def test_every_cut_reads_as_far_as_it_goes() -> None:
    """Cut after any byte: whole lines are read, a line that was cut is told, and a cut header is refused."""
    raw = encode(recording())
    for size in range(len(raw)):
        cut = raw[:size]
        if size < raw.index(b"\n"):
            with pytest.raises(CassetteError):
                decode(cut)
            continue
        torn = not cut.endswith(b"\n") and raw[size : size + 1] != b"\n"
        lines = cut.split(b"\n")[: -1 if torn else None]
        found = decode(cut)
        assert (found.tear or "").startswith(f"line {len(lines) + 1} is torn" if torn else ""), cut[-60:]
        assert (found.tear is not None) == torn
        kinds = [sum(line.startswith(b'{"%s"' % kind) for line in lines) for kind in (b"exchange", b"tool", b"log")]
        assert [len(found.exchanges), len(found.tool_runs), len(found.log)] == kinds


@given(cassettes(), st.data())
def test_any_recording_reads_up_to_any_cut(cassette: Cassette, data: st.DataObject) -> None:
    """The same for random recordings: what stands before the cut is the beginning of the whole."""
    raw = encode(cassette)
    size = data.draw(st.integers(raw.index(b"\n"), len(raw)))
    splitter = Splitter()
    found, complete = decode(raw[:size], splitter=splitter), decode(raw, splitter=splitter)
    assert set(found.exchanges) <= set(complete.exchanges)
    assert found.tool_runs == cassette.tool_runs[: len(found.tool_runs)]
    assert found.log == cassette.log[: len(found.log)]


@pytest.mark.parametrize("tail", [b"\0\0\0\0", b"{", b'{"log":"a","at":1', b'{"log":"\xe2\x82', b"x"])
def test_a_torn_tail_is_told(tail: bytes) -> None:
    """Whatever a crash leaves after the last line end, also null bytes, ends the reading and no more."""
    found = decode(HEADER + EXCHANGE + tail)
    assert found.tear is not None
    assert len(found.exchanges) == 1


@pytest.mark.parametrize("ending", [b"", b"\r\n", b"\n\n\n", b"\n  \n"])
def test_line_ends_of_editors_do_no_harm(ending: bytes) -> None:
    """A last line without its end, blank lines and carriage returns lose nothing."""
    found = decode(HEADER.strip() + b"\r\n" + EXCHANGE.strip() + ending)
    assert len(found.exchanges) == 1
    assert found.tear is None


BAD_LINES = {
    "link after itself": b'{"link":0,"after":0,"json":1}',
    "link like itself": b'{"link":0,"like":0}',
    "link after an unknown one": b'{"link":0,"after":7,"json":1}',
    "loop of links": b'{"link":0,"after":1,"json":1}\n{"link":1,"after":0,"json":1}',
    "link twice": b'{"link":0,"json":1}\n{"link":0,"json":2}',
    "link without text": b'{"link":0}',
    "negative link": b'{"link":-1,"json":1}',
    "huge link": b'{"link":' + b"9" * 10**6 + b',"json":1}',
    "link as text": b'{"link":"0","json":1}',
    "reference to nothing": EXCHANGE.replace(b'"http://h/"', b'"","body":{"m":{"$link":3}}'),
    "unknown reference": EXCHANGE.replace(b'"http://h/"', b'"","body":{"m":{"$other":3}}'),
    "negative reference": EXCHANGE.replace(b'"http://h/"', b'"","body":{"m":{"$link":-1}}'),
    "body that is a list": EXCHANGE.replace(b'"http://h/"', b'"","body":[]'),
    "separators of no JSON": EXCHANGE.replace(b'"http://h/"', b'"","body":{},"separators":["x",":",","]'),
    "separators with a line end": EXCHANGE.replace(b'"http://h/"', b'"","body":{},"separators":[",\\n",":",","]'),
    "two separators": EXCHANGE.replace(b'"http://h/"', b'"","body":{},"separators":[",",":"]'),
    "no base64": EXCHANGE.replace(b'"http://h/"', b'"","base64":"*"'),
    "exchange without request": b'{"exchange":0}',
    "exchange twice": EXCHANGE + EXCHANGE,
    "negative exchange": EXCHANGE.replace(b":0,", b":-1,"),
    "request as text": b'{"exchange":0,"request":"GET"}',
    "request without URL": b'{"exchange":0,"request":{"method":"GET"}}',
    "response without status": EXCHANGE.replace(b"null", b"{}"),
    "chunk as object": EXCHANGE.replace(b"null", b'{"status":200,"chunks":[{}]}'),
    "chunk of nothing": EXCHANGE.replace(b"null", b'{"status":200,"chunks":[[]]}'),
    "chunk of no base64": EXCHANGE.replace(b"null", b'{"status":200,"chunks":[[0,null,"="]]}'),
    "header of three": EXCHANGE.replace(b"null", b'{"status":200,"headers":[["a","b","c"]]}'),
    "NaN time": EXCHANGE.replace(b'"at":1', b'"at":NaN'),
    "null time": EXCHANGE.replace(b'"at":1', b'"at":null'),
    "negative time": EXCHANGE.replace(b'"at":1', b'"at":-1'),
    "infinite time": EXCHANGE.replace(b'"at":1', b'"at":1e999'),
    "time after all calendars": EXCHANGE.replace(b'"at":1', b'"at":1e15'),
    "time of many digits": EXCHANGE.replace(b'"at":1', b'"at":' + b"9" * 10**6),
    "deep nesting": b'{"future":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting in a body": EXCHANGE.replace(b'"http://h/"', b'"","body":{"m":' + b"[" * 9**5 + b"]" * 9**5 + b"}"),
    "list": b"[]",
    "text": b'"exchange"',
    "no JSON": b"exchange",
    "torn in the middle": EXCHANGE[:-9],
    "invalid UTF-8": b'{"log":"\xff","at":1}',
    "lone surrogate": b'{"log":"\\ud800","at":1}',
    "turn without number": b'{"said":"hi"}',
    "end without number": b'{"ended":"answered"}',
    "negative turn": b'{"turn":-1,"said":"hi"}',
    "turn as text": b'{"turn":"1","said":"hi"}',
    "reply as list": b'{"turn":1,"ended":"answered","reply":[]}',
    "tool as number": b'{"tool":3}',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_broken_line_is_told_with_its_number(line: bytes) -> None:
    """What no recorder wrote is an error that names the line: never another exception, never silence."""
    with pytest.raises(CassetteError, match=r"f is broken at line \d: .+") as told:
        decode(HEADER + line + b"\n", name="f")
    assert told.value.hint
    assert len(told.value.what) < 300


def test_a_whole_line_that_is_wrong_is_no_torn_one() -> None:
    """Without a line end after it, too, a complete line of wrong types is an error: no crash writes such."""
    with pytest.raises(CassetteError, match="line 2"):
        decode(HEADER + b'{"log":3}')


NO_HEADERS = {
    b"": "is empty",
    b"\n": "is empty",
    b"\n" + EXCHANGE: "is empty",
    b"[]": "no header",
    b"{": "no header",
    b'{"cassette"': "no header",
    b"\xff\xfe": "no header",
    b"\xef\xbb\xbf" + HEADER: "no header",
    b"[" * 100_000: "no header",
    b'{"log": {"version": "1.2", "entries": []}}': "no `cassette` version",
    b'{"interactions": [], "version": 1}': "no `cassette` version",
    b"interactions:\n- request:": "no header",
    b'{"cassette":true}': "no `cassette` version",
    b'{"cassette":"1"}': "no `cassette` version",
    b'{"cassette":0}': "no `cassette` version",
    b'{"cassette":-1}': "no `cassette` version",
    b'{"cassette":1.0}': "no `cassette` version",
    b'{"cassette":null}': "no `cassette` version",
    b'{"cassette":' + b"9" * 10**6 + b"}": "no header",
    b'{"cassette":1,"model":3}': "broken at line 1",
    b'{"cassette":1,"created":-1}': "broken at line 1",
    b'{"cassette":1,"created":1e300}': "broken at line 1",
    b'{"cassette":1,"scenario":{"name":"n"}}': "broken at line 1",
}


@pytest.mark.parametrize(("raw", "told"), NO_HEADERS.items(), ids=[repr(raw[:40]) for raw in NO_HEADERS])
def test_what_is_no_cassette_is_said_so(raw: bytes, told: str) -> None:
    """A foreign or empty file is one clear error with a hint."""
    with pytest.raises(CassetteError, match=told) as error:
        decode(raw, name="f")
    assert error.value.hint


def test_a_newer_format_asks_for_an_update() -> None:
    """A recording of a later format is refused with the way out, whatever else its header holds."""
    with pytest.raises(CassetteError, match=f"format {FORMAT + 1}.*up to {FORMAT}") as error:
        decode(b'{"cassette":%d,"model":{}}' % (FORMAT + 1))
    assert "update nexdiag" in error.value.hint


@given(st.lists(json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30), max_size=4))
@example([b'{"turn":1,"ended":"x"}'])
def test_hostile_lines_raise_nothing_else(lines: list[bytes]) -> None:
    """Any lines give a cassette or a CassetteError."""
    with contextlib.suppress(CassetteError):
        decode(HEADER + b"\n".join(lines))


def test_a_long_chain_is_read() -> None:
    """Links in the tens of thousands neither recurse nor take long."""
    links = b"".join(
        b'{"link":%d,"after":%s,"json":1}\n' % (n, b"%d" % (n - 1) if n else b"null") for n in range(50_000)
    )
    asked = EXCHANGE.replace(b'"http://h/"', b'"","body":{"m":{"$link":49999}}')
    assert len(decode(HEADER + links + asked).exchanges[0].request.body.join()) == len(b'{"m":[]}') + 2 * 50_000 - 1


def test_bodies_split_later_share_the_recorded_links() -> None:
    """With one splitter for both, a request that is asked again has the very links of the recording."""
    splitter = Splitter()
    raw = b'{"messages":[{"a":1},{"b":2}]}'
    found = decode(encode(Cassette(header=Header(), exchanges=(asked(raw),))), splitter=splitter)
    again = splitter.split(raw)
    assert again.last_link("messages") is not None
    assert again.last_link("messages") is found.exchanges[0].request.body.last_link("messages")


def asked(raw: bytes) -> Exchange:
    """An exchange with that request body."""
    return Exchange(id=0, started=1.0, request=Request(method="POST", url="http://h/", body=Splitter().split(raw)))


def test_format_1_is_read() -> None:
    """Recordings outlive the code: one of the first format comes to the same words."""
    old = (
        b'{"cassette":1,"created":9.5}\n'
        b'{"exchange":0,"turn":1,"at":1.5,"request":{"method":"GET","url":"u","headers":[["a","b"]]},"response":'
        b'{"status":200,"headers":[["c","d"]],"first_byte":0.1,"chunks":[[0.13,"x"],[0.14,null,"IPCf"]]}}\n'
        b'{"turn":1,"at":1.0,"said":"hi"}\n'
        b'{"turn":1,"ended":"answered","duration":1.0,"reply":"ho","error":null}\n'
    )
    found = decode(old)
    response = Response(
        status=200,
        headers=(("c", "d"),),
        first_byte=0.1,
        chunks=(Chunk(at=0.13, bytes=b"x"), Chunk(at=0.14, bytes=b" \xf0\x9f")),
    )
    assert found.exchanges[0].response == response
    assert (found.turns[0].said, found.turns[0].reply) == ("hi", "ho")


@pytest.mark.parametrize(
    "response",
    [
        b'{"status":200,"at":[1],"chunks":[]}',
        b'{"status":200,"at":[-1],"chunks":["x"]}',
        b'{"status":200,"at":[1000000000000000000],"chunks":["x"]}',
        b'{"status":200,"at":[1],"chunks":[{"base64":"!"}]}',
        b'{"status":200,"at":[1],"chunks":[["x",1]]}',
        b'{"status":200,"at":[1],"chunks":[["x",null]]}',
        b'{"status":200,"headers":{"as":7}}',
        b'{"status":200,"chunks":["x"]}',
    ],
)
def test_chunks_that_cannot_be_made_are_refused_when_they_are_read(response: bytes) -> None:
    """They are made when somebody looks at them, and that must never fail."""
    line = b'{"exchange":0,"request":{"method":"GET","url":"u"},"response":' + response + b"}\n"
    with pytest.raises(CassetteError, match="line 2"):
        decode(HEADER + line)
