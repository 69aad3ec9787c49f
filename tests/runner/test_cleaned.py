"""Promises of `nexdiag.runner.cleaned`: a foreign recording loses its secrets, once."""

from pathlib import Path

import pytest

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import encode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.runner.cleaned import Cleaner
from nexdiag.runner.load import load

ROOT = Path(__file__).parents[2]

KEY = "sk-proj-0123456789abcdefghijklmnop"
MINE = "my own secret value"


def leaky() -> Cassette:
    """A key of a known shape and a value in use, wherever text can stand."""
    both = f"{KEY} {MINE}"
    request = Request(
        method="POST",
        url=f"http://user:{KEY}@h/v1?api_key={KEY}",
        headers=(("authorization", f"Bearer {KEY}"), ("cookie", both), ("host", "h")),
        body=Body.of(f'{{"messages":[{{"role":"user","content":"{both}"}}]}}'.encode()),
    )
    chunks = (Chunk(at=0.1, bytes=both[:20].encode()), Chunk(at=0.2, bytes=both[20:].encode()))
    response = Response(status=200, headers=(("set-cookie", both),), chunks=chunks)
    return Cassette(
        header=Header(origin=f"http://user:{KEY}@h"),
        turns=(Turn(number=1, said=both, reply=both, error=both),),
        exchanges=(Exchange(id=0, started=1.0, request=request, response=response, failure=both, turn=1),),
        tool_runs=(ToolRun(call_id="c", name="n", arguments=both, output=both),),
        log=(LogLine(at=1.0, text=both),),
    )


def test_no_secret_is_left_in_any_place() -> None:
    """Header, URL, headers, bodies (also cut by a chunk's end), failure, turn, tool run, log."""
    clean = Cleaner([MINE]).cassette(leaky())
    written = encode(clean)
    assert KEY.encode() not in written
    assert MINE.encode() not in written
    assert len(clean.exchanges[0].response.chunks) == 2 if clean.exchanges[0].response else False


def test_a_second_time_changes_nothing() -> None:
    """A placeholder is no secret: a recording may be converted again and again."""
    once = encode(Cleaner([MINE]).cassette(leaky()))
    assert encode(Cleaner([MINE]).cassette(Cleaner([MINE]).cassette(leaky()))) == once


@pytest.mark.parametrize("path", sorted((ROOT / "cassettes").rglob("*.cassette.jsonl")), ids=lambda path: path.stem)
def test_what_holds_no_secret_is_whole(path: Path) -> None:
    """Our own recordings: bodies byte for byte, chunk for chunk, word for word."""
    same = Splitter()
    cassette = load(path, splitter=same)
    clean = Cleaner().cassette(cassette)
    assert [exchange.request.body.join() for exchange in clean.exchanges] == [
        exchange.request.body.join() for exchange in cassette.exchanges
    ]
    assert [exchange.response for exchange in clean.exchanges] == [exchange.response for exchange in cassette.exchanges]
    assert [(turn.said, turn.reply) for turn in clean.turns] == [(turn.said, turn.reply) for turn in cassette.turns]
    assert clean.log == cassette.log


def test_messages_are_tied_together() -> None:
    """What a foreign file holds as bytes shares its beginning with what went before: it is stored once."""
    body = b'{"model":"m","messages":[{"role":"user","content":"%s"}]}' % (b"long" * 99)
    exchanges = tuple(
        Exchange(id=number, started=1.0, request=Request(method="POST", url="http://h/", body=Body.of(body)))
        for number in range(9)
    )
    written = encode(Cleaner().cassette(Cassette(header=Header(), exchanges=exchanges)))
    assert written.count(b"longlong") < 60


def test_a_key_that_a_later_request_carries_is_replaced_in_an_earlier_one() -> None:
    """The whole is looked through before its first word is written."""
    told = Request(method="POST", url="http://h/", body=Body.of(b"it is Xy7-qqqq-8888-zz"))
    carries = Request(method="POST", url="http://h/", headers=(("authorization", "Bearer Xy7-qqqq-8888-zz"),))
    exchanges = tuple(Exchange(id=number, started=1.0, request=one) for number, one in enumerate((told, carries)))
    assert b"qqqq" not in encode(Cleaner().cassette(Cassette(header=Header(), exchanges=exchanges)))


def test_the_users_own_patterns_count() -> None:
    assert b"customer-7" not in encode(
        Cleaner(patterns=[r"customer-\d"]).cassette(
            Cassette(header=Header(), log=(LogLine(at=1.0, text="customer-7"),))
        )
    )
