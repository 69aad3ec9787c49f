"""Promises of `nexdiag.capture.witness`, kept with a real recorder, a real file and a real server."""

import asyncio
import itertools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import Asked, serving

from nexdiag.capture.grouping.places import Grouping
from nexdiag.capture.grouping.turns import Book
from nexdiag.capture.logs.under_way import Spans
from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.witness import Told, Witness
from nexdiag.capture.writer import Writer
from nexdiag.codec.cassette import decode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Request
from nexdiag.core.turn import LogLine

U1, U2 = ({"role": "user", "content": text} for text in ("What day is it?", "And tomorrow?"))
A1 = {"role": "assistant", "content": "Friday."}
KEY = "sk-test-0123456789abcdef"


def reply(text: str, *, calls: tuple[str, ...] = ()) -> bytes:
    told = [
        {"id": f"call_0000{n}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for n, name in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text, "tool_calls": told}
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    return json.dumps(
        {"id": f"id-{text}", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    ).encode()


class Recording:
    """A witness with a file, and a clock that goes a second a look."""

    def __init__(self, path: Path, told: Callable[[Told], None] | None = None) -> None:
        self.told: list[Told] = []
        clock = itertools.count(1000)
        self.recorder = Recorder(
            Writer(path, Header()),
            Redactor([KEY]),
            clock=lambda: float(next(clock)),
            ticks=lambda: float(next(clock)),
        )
        self.witness = Witness(self.recorder, told=told or self.told.append)

    def ask(self, *messages: object, answer: bytes = b"", status: int = 200, end: bool = True, **more: Any) -> Any:  # noqa: ANN401 - fields of a body; a Witnessed
        """A round trip, or its beginning."""
        body = Body.of(json.dumps({"model": "m", "messages": messages, **more}).encode())
        url = f"http://127.0.0.1:1/v1/chat/completions?key={KEY}"
        passing = self.witness.begin(Request(method="POST", url=url, body=body))
        if end:
            passing.head(status, (("content-type", "application/json"), ("x-request-id", "server-0001")))
            passing.chunk(answer)
            passing.end()
        return passing

    def read(self) -> Cassette:
        """What is on disk, after the end."""
        self.witness.close()
        self.recorder.close()
        return decode(self.recorder.writer.path.read_bytes())

    def kinds(self) -> list[str]:
        """What the lines of the file are, in order, but for links."""
        rows = [json.loads(line) for line in self.recorder.writer.path.read_bytes().splitlines()[1:]]
        kinds = ("exchange", "said", "ended", "log")
        return [f"{kind} {row.get('turn')}" for row in rows for kind in kinds if kind in row]


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "c")
    yield recording
    recording.recorder.close()


def test_turns_are_written_as_they_come_to_be(recording: Recording) -> None:
    """The opening line right after the turn's first exchange; the last when the next begins, or at the end."""
    recording.ask(U1, answer=reply("", calls=("date",)))
    recording.ask(U1, A1, answer=reply("Friday."))
    recording.ask(U1, A1, U2, status=500, answer=b'{"error":{"message":"no room"}}')
    cassette = recording.read()
    assert recording.kinds() == ["exchange 1", "said 1", "exchange 1", "ended 1", "exchange 2", "said 2", "ended 2"]
    assert [(t.number, t.said, t.outcome, t.error) for t in cassette.turns] == [
        (1, "What day is it?", "answered", None),
        (2, "And tomorrow?", "failed", "no room"),
    ]
    assert [len(turn.exchanges) for turn in cassette.turns] == [2, 1]
    assert cassette.turns[0].usage.input_tokens == 14
    assert cassette.turns[0].reply is None


def test_a_turn_that_the_client_gives_goes_before(recording: Recording) -> None:
    """And whoever gives it writes its turns."""
    passing = recording.witness.begin(
        Request(method="POST", url="http://x/v1/chat/completions", body=Body.of(b'{"messages":[]}')),
        turn=7,
        attempt=2,
        session="s",
    )
    passing.end("ConnectError")
    (exchange,) = recording.read().exchanges
    assert (exchange.turn, exchange.attempt, exchange.session) == (7, 2, "s")
    assert recording.kinds() == ["exchange 7"]


def test_an_attempt_alone_is_no_word_of_a_turn(recording: Recording) -> None:
    """Transports give `attempt=1` where they know nothing: what was found counts, on disk and in what is told."""
    request = Request(
        method="POST", url="http://x/v1/chat/completions", body=Body.of(json.dumps({"messages": [U1]}).encode())
    )
    for _ in range(2):
        recording.witness.begin(request, attempt=1).end("ConnectError: refused")
    assert [exchange.attempt for exchange in recording.read().exchanges] == [1, 2]
    assert [told.attempt for told in recording.told] == [1, 1, 2, 2]


def test_what_is_under_way_at_the_end_is_kept_and_its_turn_is_unfinished(recording: Recording) -> None:
    recording.ask(U1, end=False)
    cassette = recording.read()
    assert cassette.exchanges[0].failure == "Unfinished: the recording ended first"
    assert [(turn.said, turn.outcome) for turn in cassette.turns] == [("What day is it?", "unfinished")]


def test_progress_is_told_at_both_ends(recording: Recording) -> None:
    """With what a line of it shows, and without what must not be shown."""
    recording.ask(U1, answer=reply("Hm", calls=("date", "bash")))
    recording.ask(U1, A1, U2, status=400, answer=f'{{"error":"no {KEY}"}}'.encode())
    begun, ended, _, refused = recording.told
    assert (begun.number, begun.ended, begun.turn, begun.begins, begun.messages) == (0, False, 1, True, 1)
    assert (begun.method, begun.path) == ("POST", "/v1/chat/completions")
    assert (ended.number, ended.ended, ended.status, ended.chunks, ended.calls) == (0, True, 200, 1, ("date", "bash"))
    assert (ended.usage.input_tokens, ended.first_byte is not None, ended.duration > 0) == (7, True, True)
    assert (refused.turn, refused.status) == (2, 400)
    assert KEY not in repr(recording.told)


@pytest.mark.parametrize("known", [True, False])
def test_a_key_in_a_path_is_not_told(recording: Recording, known: bool) -> None:
    """Neither one in use nor one that the request itself carries, by its end."""
    key = KEY if known else "Tr0ub4dor3correcthorse"
    headers = (("authorization", f"Bearer {key}"),)
    recording.witness.begin(Request(method="GET", url=f"http://x/{key}/v1/models", headers=headers)).end()
    begun, ended = recording.told
    assert key not in repr(ended)
    assert ended.path.startswith("/[redacted ")
    assert ended.path.endswith("/v1/models")
    assert not known or begun.path == ended.path


def test_a_listener_that_fails_changes_nothing(tmp_path: Path) -> None:
    def told(passing: Told) -> None:
        raise OSError(passing.path)

    recording = Recording(tmp_path / "c", told)
    recording.ask(U1, answer=reply("Friday."))
    assert len(recording.read().turns) == 1


FAULTY = [
    (Grouping, "asked"),
    (Grouping, "answered"),
    (Book, "asked"),
    (Book, "ended"),
    (Book, "close"),
    (Spans, "begun"),
    (Spans, "named"),
    (Spans, "ended"),
    (Recorder, "text"),
]


@pytest.mark.parametrize(("owner", "name"), FAULTY, ids=[f"{owner.__name__}.{name}" for owner, name in FAULTY])
def test_a_fault_of_ours_loses_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """Whatever fails in here, the traffic goes on, both exchanges are kept, and the fault is counted."""

    def broken(*words: object, **more: object) -> None:
        raise RecursionError

    monkeypatch.setattr(owner, name, broken)
    witness = Witness(Recorder(Writer(tmp_path / "c", Header()), Redactor()))
    for _ in range(2):
        passing = witness.begin(Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b"{}")))
        passing.head(200, (("x-request-id", "r-12345678"),))
        passing.chunk(b"{}")
        passing.end()
    witness.close()
    assert len(decode((tmp_path / "c").read_bytes()).exchanges) == 2
    assert witness.faults > 0


def test_keys_that_are_learnt_meanwhile_break_nothing(tmp_path: Path) -> None:
    """Each thread's request carries a key of its own, and each is answered with a refusal that is told."""
    told: list[Told] = []
    witness = Witness(Recorder(Writer(tmp_path / "c", Header()), Redactor()), told=told.append)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work(own: int) -> None:
        for number in range(20):
            headers = (("authorization", f"Bearer key-{own}-{number}-abcdefgh"),)
            passing = witness.begin(Request(method="POST", url="http://h/v1/chat/completions", headers=headers))
            passing.head(400, ())
            passing.chunk(b"no")
            passing.end()

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert (witness.faults, witness.recorder.trouble) == (0, None)
    assert sum(one.ended for one in told) == 80


def test_log_lines_get_the_turn_that_was_under_way(recording: Recording) -> None:
    """By their time, or by the name of a request; one that has a turn keeps it."""
    recording.ask(U1, answer=reply("Friday."))
    recording.ask(U1, A1, U2, answer=reply("Saturday."))
    first, second = (exchange.started for exchange in decode(recording.recorder.writer.path.read_bytes()).exchanges)
    lines = [
        LogLine(at=first - 5, text="started"),
        LogLine(at=first, text="one"),
        LogLine(at=second, text="two"),
        LogLine(at=second, text="Finished id-Friday."),
        LogLine(at=second, text="given", turn=9),
    ]
    for line in lines:
        recording.witness.log_line(line)
    assert [line.turn for line in recording.read().log] == [None, 1, 2, 1, 9]


def test_a_name_in_a_log_tells_how_its_clock_is_off(recording: Recording) -> None:
    recording.ask(U1, answer=reply("Friday."))
    line = LogLine(at=0.0, text="got server-0001")
    offset = recording.witness.offset(line)
    assert offset is not None
    assert offset > 900
    assert recording.witness.offset(LogLine(at=0.0, text="words")) is None


def test_chats_in_threads_are_told_apart(recording: Recording) -> None:
    """Eight at once, five turns each: no exchange is lost, each session has its own, and the file can be read."""

    def chat(name: int) -> None:
        history: list[Any] = []
        for turn in range(5):
            history.append({"role": "user", "content": f"chat {name} asks {turn}"})
            text = f"chat {name} hears {turn}"
            recording.ask(*history, answer=reply(text))
            history.append({"role": "assistant", "content": text})

    threads = [threading.Thread(target=chat, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cassette = recording.read()
    assert len(cassette.exchanges) == 40
    said: dict[str, list[str]] = {}
    for turn in cassette.turns:
        said.setdefault(turn.session, []).append(turn.said)
    assert sorted(said) == sorted(["", *map(str, range(2, 9))])
    for asked in said.values():
        name = asked[0].split()[1]
        assert asked == [f"chat {name} asks {turn}" for turn in range(5)]
    assert {turn.outcome for turn in cassette.turns} == {"answered"}


def test_it_stands_in_for_a_recorder(recording: Recording) -> None:
    """The recording transport takes it as it is: a real client, a real server, a streamed answer."""

    async def answer(asked: Asked) -> None:
        await asked.answer(reply("Friday."), headers=b"Content-Type: application/json\r\n")

    async def play() -> None:
        async with serving(answer) as url:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recording.witness)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                for messages in ([U1], [U1, A1, U2]):
                    await client.post("/v1/chat/completions", json={"messages": messages})

    asyncio.run(play())
    assert [(turn.number, turn.said) for turn in recording.read().turns] == [(1, U1["content"]), (2, U2["content"])]
