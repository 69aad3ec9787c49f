"""Promises of `nexdiag.capture.proxy.kept`: the recording is beside the traffic, and never in its way."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest
from proxied import Make, Unkept, rounds

from nexdiag.capture.proxy import kept
from nexdiag.capture.proxy.kept import HELD, INLINE, Keeper
from nexdiag.capture.proxy.times import Times
from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.writer import Writer
from nexdiag.codec.cassette import decode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Headers, Request

LAST = b"GET /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
REQUEST = Request(method="GET", url="http://h/v1/models", body=Body.of(b""))


class Slow(Unkept):
    """A passing whose end takes until it is let go."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.ended_in = threading.get_ident()
        self.go = threading.Event()
        self.go.set()

    def chunk(self, piece: bytes) -> None:
        self.told.append(len(piece))

    def end(self, failure: str | None = None) -> None:
        self.go.wait()
        self.ended_in = threading.get_ident()
        self.told.append(failure)


class Broken(Unkept):
    """A recorder that raises at the one place that is named."""

    def __init__(self, place: str) -> None:
        self.place = place

    def begin(self, request: Request) -> "Broken":
        self._at("begin", request)
        return self

    def head(self, status: int, headers: Headers) -> None:
        self._at("head", status, headers)

    def chunk(self, piece: bytes) -> None:
        self._at("chunk", piece)

    def end(self, failure: str | None = None) -> None:
        self._at("end", failure)

    def _at(self, place: str, *told: object) -> None:
        del told
        if place == self.place:
            raise RuntimeError(f"no luck at the {place}")


@pytest.mark.parametrize("place", ["begin", "head", "chunk", "end"])
def test_whatever_a_recorder_raises_the_traffic_goes_on(world: Make, place: str) -> None:
    """The client gets all of it, twice; what is wrong is told once."""
    told: list[str] = []
    keeper = Keeper(Broken(place).begin, told=told.append)

    async def play() -> None:
        async with world(keeper=keeper) as here:
            for _ in range(2):
                assert (await here.ask(LAST)).endswith(b"hello")

    asyncio.run(play())
    assert told == [f"recording failed: RuntimeError: no luck at the {place}"]


def test_a_full_disk_is_told_once_and_stops_no_traffic(world: Make, tmp_path: Path) -> None:
    """The second exchange does not fit: all three are answered, one is on disk."""
    full = [False]
    told: list[str] = []

    def write(file: int, raw: bytes) -> int:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(file, raw)

    path = tmp_path / "full"
    recorder = Recorder(Writer(path, Header(), write=write), Redactor())
    keeper = Keeper(recorder.begin, trouble=lambda: recorder.trouble, told=told.append)

    async def play() -> None:
        async with world(keeper=keeper) as here:
            for _ in range(3):
                assert (await here.ask(LAST)).endswith(b"hello")
                full[0] = True

    asyncio.run(play())
    recorder.close()
    assert told == [f"recording stopped: No space left on device ({path})"]
    assert len(decode(path.read_bytes()).exchanges) == 1


def test_a_listener_that_raises_is_nobodys_trouble() -> None:
    """Stderr may be gone."""

    def told(trouble: str) -> None:
        raise BrokenPipeError(trouble)

    async def play() -> None:
        keeper = Keeper(Broken("begin").begin, told=told)
        for _ in range(2):
            keeper.begin(REQUEST, 0).end()
        await keeper.close()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("size", "in_loop", "waits"),
    [(0, True, True), (INLINE, True, True), (INLINE + 1, False, True), (HELD, False, True), (HELD + 1, False, False)],
)
def test_a_last_piece_waits_for_what_is_small(size: int, in_loop: bool, waits: bool) -> None:
    """Up to 1 MiB an exchange is on disk before its end is handed on; the loop writes only what takes no time."""

    async def play() -> None:
        passing = Slow()
        keeper = Keeper(lambda request: passing)
        if not in_loop:
            passing.go.clear()
        handed: list[bool] = []
        exchange = keeper.begin(REQUEST, size)
        exchange.end(None, lambda: handed.append(None in passing.told))
        await rounds()
        assert bool(handed) is (in_loop or not waits)
        passing.go.set()
        await keeper.close()
        assert handed == [waits]
        assert (passing.ended_in == threading.get_ident()) is in_loop

    asyncio.run(play())


def test_nothing_waits_for_a_large_exchange_that_is_written() -> None:
    """Neither the loop nor a small exchange: another thread writes that, before its last piece is handed on."""

    async def play() -> None:
        before, large, small = Slow(), Slow(), Slow()
        passings = iter([before, large, small])
        keeper = Keeper(lambda request: next(passings))
        large.go.clear()
        handed: list[str] = []
        earlier = keeper.begin(REQUEST, 1)
        begun = keeper.begin(REQUEST, HELD + 1)
        await asyncio.gather(*keeper._writing)
        begun.end(None, lambda: handed.append("large"))
        earlier.chunk(b"12")
        written = asyncio.Event()
        keeper.begin(REQUEST, 1).end(None, lambda: (handed.append("small"), written.set())[0])
        await written.wait()
        assert handed == ["large", "small"]
        assert small.told == [None]
        assert small.ended_in != threading.get_ident()
        assert before.told == large.told == []
        earlier.end()
        large.go.set()
        await keeper.close()
        assert before.told == [2, None]

    asyncio.run(play())


def test_what_begins_in_one_thread_and_ends_in_another_is_told_in_its_order() -> None:
    """A request that waits behind others may get an answer that is large."""

    async def play() -> None:
        slow, grown = Slow(), Slow()
        go = threading.Event()

        def begin(request: Request) -> Slow:
            if request.method == "PUT":
                go.wait()
                return grown
            return slow

        keeper = Keeper(begin)
        other = keeper.begin(Request(method="PUT", url="http://h/", body=Body.of(b"")), INLINE + 1)
        other.chunk(b"a" * (HELD + 1))
        other.end()
        await rounds()
        go.set()
        await keeper.close()
        assert grown.told == [HELD + 1, None]

    asyncio.run(play())


@pytest.mark.parametrize("packed", ["request", "answer"])
def test_what_is_compressed_is_no_small_exchange(packed: str) -> None:
    """Nobody knows how large it is before it is read: never by the loop."""
    headers = (("content-encoding", "gzip"),)

    async def play() -> None:
        passing = Slow()
        began_in: list[int] = []
        keeper = Keeper(lambda request: (began_in.append(threading.get_ident()), passing)[1])
        request = Request(
            method="POST", url="http://h/", headers=headers if packed == "request" else (), body=Body.of(b"x")
        )
        handed: list[bool] = []
        exchange = keeper.begin(request, 1)
        exchange.head(200, headers if packed == "answer" else ())
        exchange.chunk(b"x")
        exchange.end(None, lambda: handed.append(None in passing.told))
        assert handed == []
        await keeper.close()
        assert handed == [True]
        assert passing.ended_in != threading.get_ident()
        assert (began_in[0] == threading.get_ident()) is (packed == "answer")

    asyncio.run(play())


def test_what_comes_while_a_thread_writes_is_told_later_with_its_own_times(tmp_path: Path) -> None:
    """An exchange that began before is not told of by the loop either, and its times are those of the wire."""
    ticks = [0.0]
    times = Times(lambda: 1000.0 + ticks[0], lambda: ticks[0])
    recorder = Recorder(Writer(tmp_path / "c", Header()), Redactor(), clock=times.clock, ticks=times.ticks)

    async def play() -> None:
        slow = Slow()
        takes = iter([recorder.begin, lambda request: slow, recorder.begin])
        keeper = Keeper(lambda request: next(takes)(request), times=times)  # noqa: PLW0108 - a new one for each
        before = keeper.begin(REQUEST, 0)
        slow.go.clear()
        keeper.begin(REQUEST, INLINE + 1).end()
        ticks[0] = 1.0
        behind = keeper.begin(REQUEST, 0)
        for exchange in (before, behind):
            ticks[0] += 1.0
            exchange.head(200, ())
            ticks[0] += 1.0
            exchange.chunk(b"piece")
            ticks[0] += 1.0
            exchange.end()
        ticks[0] = 100.0
        assert not decode((tmp_path / "c").read_bytes()).exchanges
        slow.go.set()
        await keeper.close()

    asyncio.run(play())
    recorder.close()
    first, second = decode((tmp_path / "c").read_bytes()).exchanges
    assert (first.started, first.response.first_byte, first.response.chunks[0].at, first.duration) == (1000, 2, 3, 4)
    assert (second.started, second.response.first_byte, second.response.chunks[0].at, second.duration) == (
        1001,
        4,
        5,
        6,
    )


def test_the_patience_with_a_thread_that_writes_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client beside a very large exchange gets its last piece all the same, once."""
    monkeypatch.setattr(kept, "PATIENCE", 0.0)

    async def play() -> None:
        passing = Slow()
        passing.go.clear()
        keeper = Keeper(lambda request: passing)
        handed = asyncio.Event()
        times: list[None] = []
        keeper.begin(REQUEST, HELD).end(None, lambda: (times.append(None), handed.set())[0])
        await handed.wait()
        assert passing.told == []
        passing.go.set()
        await keeper.close()
        assert passing.told == times == [None]

    asyncio.run(play())


def test_an_answer_without_end_is_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the limit is passed on, not kept, and the recording says so."""
    monkeypatch.setattr(kept, "MOST", 10)

    async def play() -> None:
        passing = Slow()
        keeper = Keeper(lambda request: passing)
        exchange = keeper.begin(REQUEST, 0)
        for _ in range(5):
            exchange.chunk(b"1234")
        exchange.end()
        await keeper.close()
        assert passing.told[:2] == [4, 4]
        assert str(passing.told[2]).startswith("Unfinished: ")
        assert len(passing.told) == 3

    asyncio.run(play())


def test_at_its_close_what_is_under_way_is_kept_as_far_as_it_came() -> None:
    """And everything is written when it returns."""

    async def play() -> None:
        passing = Slow()
        keeper = Keeper(lambda request: passing)
        keeper.begin(REQUEST, HELD + 1).chunk(b"123")
        await keeper.close()
        assert passing.told == [3, "Unfinished: the recording ended first"]
        assert not keeper.under_way

    asyncio.run(play())
