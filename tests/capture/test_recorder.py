"""Promises of `nexdiag.capture.recorder`, kept against a real server."""

import asyncio
import errno
import itertools
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import STREAM_HEAD, Asked
from recordings import KEY, Recording, streamed

from nexdiag.capture.recorder import CLIENT_CLOSED, InSession, Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.redaction.secrets import spellings
from nexdiag.capture.writer import Writer
from nexdiag.codec import encodings
from nexdiag.codec.cassette import decode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Request
from nexdiag.core.turn import LogLine, ToolRun, Turn


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "c")
    yield recording
    recording.recorder.close()


def test_traffic_goes_on_without_the_recording(tmp_path: Path) -> None:
    """A disk that fails at any write costs the client nothing, and is told."""
    for at in range(1, 4):
        writes = itertools.count()

        def write(file: int, raw: bytes, at: int = at, writes: "itertools.count[int]" = writes) -> int:
            if next(writes) == at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return os.write(file, raw)

        recording = Recording(tmp_path / f"{at}", write=write)

        async def play(recording: Recording = recording) -> None:
            async with recording.client(streamed) as client:
                for _ in range(3):
                    assert (await client.get("/")).text == "data: héllo\n\ndata: [DONE]\n\n"

        asyncio.run(play())
        assert "No space left on device" in (recording.recorder.trouble or "")
        assert len(recording.read().exchanges) == at - 1


def test_a_fault_in_redaction_writes_nothing(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no recording than one with secrets: the traffic goes on, the trouble is told without the text."""

    def broken(self: Redactor, raw: bytes) -> bytes:
        raise RecursionError(KEY)

    monkeypatch.setattr(Redactor, "wire", broken)

    async def play() -> None:
        async with recording.client(streamed) as client:
            assert (await client.post("/", json={"k": KEY})).status_code == 200

    asyncio.run(play())
    recording.recorder.log_line(LogLine(at=1, text=KEY))
    assert "RecursionError" in (recording.recorder.trouble or "")
    assert KEY not in (recording.recorder.trouble or "")
    assert recording.read().exchanges == ()
    assert recording.read().log == ()


def test_no_secret_reaches_the_disk(recording: Recording) -> None:
    """Planted in every place, in every spelling: none is in the file afterwards."""
    in_json = json.dumps(KEY)[1:-1]
    cut = [f"data: {json.dumps({'content': KEY[place : place + 3]})}\n\n" for place in range(0, len(KEY), 3)]

    async def answer(asked: Asked) -> None:
        assert KEY.encode() in asked.head  # the wire has it
        await asked.send(
            STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nSet-Cookie: k=%s\r\nX-K: %s\r\n\r\n" % (2 * (KEY.encode(),)))
        )
        whole = f'data: {{"content":"{in_json}"}}\n\n{"".join(cut)}: {KEY}\n\n'.encode()
        for place in range(0, len(whole), 7):
            await asked.chunk(whole[place : place + 7])
        await asked.chunk(b"")

    async def play() -> None:
        async with recording.client(answer) as client:
            url = client.base_url.copy_with(username="me", password=KEY, path="/v1", query=f"key={KEY}".encode())
            headers = {"authorization": f"Bearer {KEY}", "x-api-key": KEY, "cookie": f"k={KEY}", "user-agent": KEY}
            messages = [{"role": "user", "content": KEY}, {"role": "tool", "content": json.dumps({"k": KEY})}]
            await client.post(url, json={"messages": messages, "k": KEY}, headers=headers)

    asyncio.run(play())
    recorder = recording.recorder
    turn = Turn(number=1, said=f"said {KEY}", reply=f"reply {KEY}", error=f"error {KEY}", outcome="failed")
    recorder.turn_started(turn)
    recorder.tool_run(ToolRun(call_id="c", name="n", arguments=json.dumps({"k": KEY}), output=f"output {KEY}"))
    recorder.log_line(LogLine(at=1, text=f"log {KEY}"))
    recorder.turn_ended(turn)
    recorder.begin(Request(method="GET", url=f"http://me:{KEY}@h/", body=Body.of(KEY.encode())), turn=None).end(KEY)
    raw = recorder.writer.path.read_bytes()
    found = decode(raw)
    assert recorder.trouble is None
    assert len(found.exchanges) == 2
    assert found.exchanges[0].response is not None
    deltas = [
        json.loads(line[6:])["content"]
        for line in found.exchanges[0].response.body.splitlines()
        if line[:5] == b"data:"
    ]
    texts = [raw.decode(), "".join(deltas), found.exchanges[0].request.url, *deltas]
    for spelled in spellings(KEY):
        assert not [text for text in texts if spelled.decode() in text], spelled
    assert "0123456789" not in "".join(texts)
    assert len(deltas) == 1 + len(cut)


def test_what_is_under_way_at_the_end_is_kept(recording: Recording) -> None:
    """A recording that ends while a server still thinks shows the request that it was thinking about."""
    passing = recording.recorder.begin(Request(method="POST", url="http://h/"), turn=1)
    passing.head(200, ())
    passing.chunk(b"begin")
    recording.recorder.close()
    passing.chunk(b"late")
    passing.end()
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"begin"
    assert (exchange.failure or "").startswith("Unfinished")


def test_a_client_that_leaves_at_the_end_of_a_stream_has_it_all(recording: Recording) -> None:
    """Openai's closes at `[DONE]`: that broke nothing off."""
    failures = (CLIENT_CLOSED, "CancelledError", "ReadError: gone")
    for failure in failures:
        for last in (b"data: [DONE]\n\n", b"data: {}\n\n"):
            passing = recording.recorder.begin(Request(method="GET", url="http://h/"))
            passing.head(200, ())
            passing.chunk(last)
            passing.end(failure)
    kept = [one.failure for one in recording.read().exchanges]
    assert kept == [None, failures[0], None, failures[1], failures[2], failures[2]]


def test_a_round_trip_ends_once(recording: Recording) -> None:
    """A second end, as when a client closes what has broken, does not write it again."""
    passing = recording.recorder.begin(Request(method="GET", url="http://h/"))
    passing.end("ReadError: gone")
    passing.end()
    assert [one.failure for one in recording.read().exchanges] == ["ReadError: gone"]


def test_two_who_end_it_at_once_keep_it_once(recording: Recording) -> None:
    """A client in its thread and the end of the recording in another: one exchange is written, and the file is read."""
    passings = [recording.recorder.begin(Request(method="GET", url="http://h/")) for _ in range(200)]
    together = threading.Barrier(2)

    def end() -> None:
        together.wait(10)
        for passing in passings:
            passing.end()

    threads = [threading.Thread(target=end) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recording.read().exchanges) == 200


@pytest.mark.parametrize(("turn", "attempt"), [("1", None), (-1, 0), (None, "x"), (1.5, -3)])
def test_odd_numbers_of_turns_do_no_harm(recording: Recording, turn: object, attempt: object) -> None:
    """Extensions come from anyone: what is no number counts as none, and the file stays readable."""
    recording.recorder.begin(Request(method="GET", url="http://h/"), turn=turn, attempt=attempt).end()
    (exchange,) = recording.read().exchanges
    assert (exchange.turn, exchange.attempt) == (None, 1)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, br"])
def test_an_encoded_request_is_kept_as_what_it_says(recording: Recording, encoding: str) -> None:
    """Its messages are links like any other's, and the encoding that it had on the wire is named."""
    body = b'{"messages":[{"role":"user","content":"hello"}]}'
    sent = encodings.encoded(body, encoding)
    assert sent is not None
    headers = (("content-encoding", encoding), ("content-type", "application/json"))
    recording.recorder.begin(
        Request(method="POST", url="http://h/v1/responses", headers=headers, body=Body.of(sent))
    ).end()
    (exchange,) = recording.read().exchanges
    assert (exchange.request.body.join(), exchange.request.encoding) == (body, encoding)
    assert exchange.request.body.last_link("messages") is not None
    assert exchange.request.headers == headers


@pytest.mark.parametrize("cut", [0, 1, 9, 30])
def test_a_request_in_an_encoding_that_is_none_is_kept_as_it_came(recording: Recording, cut: int) -> None:
    """What cannot be undone as a whole is the record: half a body in plain is none."""
    whole = encodings.encoded(b'{"messages":[{"role":"user","content":"what is said here is long"}]}' * 9, "gzip")
    body = b"no gzip" if not cut or whole is None else whole[:-cut]
    request = Request(method="POST", url="u", headers=(("content-encoding", "gzip"),), body=Body.of(body))
    recording.recorder.begin(request).end()
    (exchange,) = recording.read().exchanges
    assert (exchange.request.body.join(), exchange.request.encoding) == (body, "")


def test_a_clock_that_jumps_changes_no_order_and_no_duration(tmp_path: Path) -> None:
    """The time of day may go back by years: exchanges keep their order, and durations come from another clock."""
    days = iter([1_800_000_000.0, 1.0, 900_000_000.0])
    ticks = itertools.count()
    recorder = Recorder(
        Writer(tmp_path / "c", Header()), Redactor(), clock=lambda: next(days), ticks=lambda: float(next(ticks))
    )
    for number in range(3):
        passing = recorder.begin(Request(method="GET", url=f"u{number}"))
        passing.head(200, ())
        passing.chunk(b"x")
        passing.end()
    recorder.close()
    found = decode((tmp_path / "c").read_bytes()).exchanges
    assert [one.request.url for one in found] == ["u0", "u1", "u2"]
    assert [one.duration for one in found] == [3.0, 3.0, 3.0]
    assert [one.response.chunks[0].at for one in found if one.response is not None] == [2.0, 2.0, 2.0]


def test_what_is_of_one_conversation_is_said_to_be(recording: Recording) -> None:
    """A recorder for one session names it in the exchange, in the turn and in the tool run."""
    own = InSession(recording.recorder, "2")
    own.turn_started(Turn(number=1, said="hi"))
    own.begin(Request(method="GET", url="u"), turn=1).end()
    own.tool_run(ToolRun(call_id="c", name="n", arguments="{}", output="o", turn=1))
    own.turn_ended(Turn(number=1, said="hi", reply="ho"))
    (turn,) = recording.read().turns
    assert (turn.session, turn.exchanges[0].session, turn.tool_runs[0].session, turn.reply) == ("2", "2", "2", "ho")


@pytest.mark.parametrize(("own", "more", "named"), [("", "", ""), ("", "2", "2"), ("a", "", "a"), ("a", "2", "a/2")])
def test_what_is_of_another_conversation_of_the_same_client_is_named_after_both(
    recording: Recording, own: str, more: str, named: str
) -> None:
    """In each that is kept: exchange, turn, tool run and log line. What else it tells is the recorder's."""
    one = InSession(recording.recorder, own)
    one.turn_started(Turn(number=1, session=more, said="hi"))
    one.begin(Request(method="GET", url="u"), turn=1, session=more).end()
    one.tool_run(ToolRun(call_id="c", name="n", arguments="{}", output="o", turn=1, session=more))
    one.log_line(LogLine(at=1.0, text="x", session=more))
    assert (one.trouble, one.text("x"), one.clock() > 0) == (None, "x", True)
    cassette = recording.read()
    kept = [*cassette.turns, *cassette.exchanges, *cassette.tool_runs, *cassette.log]
    assert [word.session for word in kept] == [named] * len(kept)
    assert len(kept) >= 4


def test_a_recording_is_gone_on_with_by_number(tmp_path: Path) -> None:
    """A second recorder of one file numbers its exchanges after those that are there."""
    first = Recorder(Writer(tmp_path / "c", Header()), Redactor())
    first.begin(Request(method="GET", url="u0")).end()
    first.close()
    second = Recorder(Writer.reopen(tmp_path / "c"), Redactor())
    second.begin(Request(method="GET", url="u1")).end()
    second.close()
    assert [(one.id, one.request.url) for one in decode((tmp_path / "c").read_bytes()).exchanges] == [
        (0, "u0"),
        (1, "u1"),
    ]


def test_what_is_small_never_waits_for_what_is_large(recording: Recording) -> None:
    """While an exchange of megabytes is looked through, others are kept, and in the file."""
    recorder = recording.recorder
    large = recorder.begin(Request(method="POST", url="http://h/large", body=Body.of(b"x" * 2**21)))
    small = recorder.begin(Request(method="POST", url="http://h/small", body=Body.of(b"{}")))
    with recorder._large.lock:
        thread = threading.Thread(target=large.end)
        thread.start()
        small.end()
        assert [one.request.url for one in recording.read().exchanges] == ["http://h/small"]
    thread.join()
    assert [one.request.url for one in recording.read().exchanges] == ["http://h/large", "http://h/small"]


def test_a_key_that_one_lane_learnt_is_known_to_the_other(recording: Recording) -> None:
    """Also in a message that was looked through before the key was seen."""
    key = "carried-Zq8w7e6r5t4"
    body = b'{"messages":[{"role":"user","content":"my key is %s"}]}' % key.encode()
    for headers, padding in (((), b""), ((("authorization", f"Bearer {key}"),), b"x" * 2**21), ((), b"")):
        passing = recording.recorder.begin(
            Request(method="POST", url="http://h/", headers=headers, body=Body.of(body + padding))
        )
        passing.end()
    bodies = [one.request.body.join() for one in recording.read().exchanges]
    assert [key.encode() in body for body in bodies] == [True, False, False]


@pytest.mark.parametrize("number", [2**53 + 1, 2**60])
def test_a_number_that_no_reader_takes_is_not_written(recording: Recording, number: int) -> None:
    """Whatever a client calls its turn, the file stays readable."""
    recording.recorder.begin(Request(method="GET", url="u"), turn=number, attempt=number).end()
    (exchange,) = recording.read().exchanges
    assert (exchange.turn, exchange.attempt) == (None, 1)


def test_a_log_that_quotes_the_key_of_a_request_under_way_holds_it_not(recording: Recording) -> None:
    """A server logs while it works; the key is known from the moment at which the request goes out."""
    key = "carried-Zq8w7e6r5t4"
    headers = (("authorization", f"Bearer {key}"),)
    passing = recording.recorder.begin(Request(method="POST", url="http://h/", headers=headers))
    recording.recorder.log_line(LogLine(at=1, text=f"POST / with {key}"))
    assert key not in recording.read().log[0].text
    passing.end()
