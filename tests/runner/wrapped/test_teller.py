"""What is told while a command runs, and when."""

import json
import os
import pty
import subprocess
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.witness import Told, Witness
from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.report.passing import Passed, line
from nexdiag.runner.wrapped.teller import Teller, passed, terminal_taken


def exchange(number: int = 0, turn: int | None = None, session: str = "") -> Told:
    return Told(number=number, ended=True, method="GET", path=f"/v1/models/{number}", turn=turn, session=session)


CALL = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}
EVENTS = (
    {"choices": [{"delta": {"role": "assistant", "tool_calls": [{"index": 0, **CALL}]}}]},
    {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"prompt_tokens": 1234, "completion_tokens": 5}},
)
STREAM = (*(f"data: {json.dumps(event)}\n\n".encode() for event in EVENTS), b"data: [DONE]\n\n")


def passing(
    *pieces: bytes, status: int = 200, kind: str = "text/event-stream", messages: int = 3, failure: str | None = None
) -> Exchange:
    sent = json.dumps({"messages": [{"role": "user", "content": "hi"}] * messages}).encode()
    return Exchange(
        id=0,
        started=0.0,
        request=Request(method="POST", url="http://h/v1/chat/completions?key=x", body=Splitter().split(sent)),
        response=Response(
            status=status,
            headers=(("content-type", kind),),
            chunks=tuple(Chunk(at=0.0, bytes=piece) for piece in pieces),
            first_byte=0.212,
        ),
        failure=failure,
        duration=1.9,
        turn=1,
    )


def shown(exchange: Exchange) -> Passed:
    """What a witness tells of it when it has ended."""
    told: list[Told] = []
    witness = Witness(Recorder(Silent(), Redactor()), told=told.append)  # type: ignore[arg-type]
    passage = witness.begin(exchange.request, turn=exchange.turn)
    if exchange.response is not None:
        passage.head(exchange.response.status, exchange.response.headers)
        for chunk in exchange.response.chunks:
            passage.chunk(chunk.bytes)
    passage.end(exchange.failure)
    messages = exchange.request.body.last_link("messages")
    times = {"first_byte": exchange.response.first_byte} if exchange.response is not None else {}
    counted = msgspec.structs.replace(
        told[-1], messages=messages.depth if messages else 0, duration=exchange.duration, **times
    )
    return passed(counted)


class Silent:
    """A writer that writes nothing."""

    next_number = 0
    trouble = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Whatever it is asked to write."""
        return lambda *words: None


def test_a_stream_with_a_call() -> None:
    """Messages sent, tokens, chunks, times and tools; no query, which may hold a key."""
    told = line(shown(passing(*STREAM)))
    assert (
        told == "turn 1   POST /v1/chat/completions   3 msgs   1.2k tok   4 chunks   first 212 ms   1.9 s   → read_file"
    )


def test_a_whole_answer_that_does_not_open_its_turn() -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
    told = line(shown(passing(json.dumps(body).encode(), kind="application/json", messages=1)), opens=False)
    assert told == "         POST /v1/chat/completions   1 msg   1.9 s"


def test_a_refusal_shows_the_servers_words() -> None:
    body = b'{"error":{"message":"roles must alternate"}}'
    told = line(shown(passing(body, status=500, kind="application/json")))
    assert told == 'turn 1   POST /v1/chat/completions   3 msgs   ✗ 500 "roles must alternate"'


def test_no_answer_shows_the_transports_words() -> None:
    failed = Exchange(
        id=0, started=0.0, request=Request(method="GET", url="http://h/v1/models"), failure="ConnectError: refused"
    )
    assert line(shown(failed)) == "         GET /v1/models   ✗ ConnectError: refused"


@pytest.mark.parametrize("failure", [None, "RemoteProtocolError: cut"])
def test_a_stream_that_broke_off_is_no_answer(failure: str | None) -> None:
    told = line(shown(passing(STREAM[0], failure=failure)))
    assert f'✗ 200 "{failure or "the answer broke off before its end"}"' in told


def test_a_client_that_left_with_the_whole_answer_has_it() -> None:
    """Codex reads no further than `response.completed`; one that left before has no answer."""
    left = "ClientClosed: the client stopped reading before the end"
    assert "✗" not in line(shown(passing(*STREAM, failure=left)))
    assert f'✗ 200 "{left}"' in line(shown(passing(STREAM[0], failure=left)))
    assert '✗ 500 "{}"' in line(shown(passing(b"{}", status=500, failure=left)))


def test_other_routes_are_lines_too() -> None:
    """A list of models sends no conversation, and is no failure."""
    one = shown(
        Exchange(
            id=0,
            started=0.0,
            request=Request(method="GET", url="http://h/v1/models"),
            response=Response(status=200, chunks=(Chunk(at=0.0, bytes=b'{"data":[]}'),)),
            duration=0.012,
        )
    )
    assert line(one) == "         GET /v1/models   12 ms"


def test_each_exchange_is_a_line_in_order() -> None:
    told: list[str] = []
    teller = Teller(told.append)
    teller.say("first")
    for number in range(20):
        teller.exchange(exchange(number))
    teller.close()
    assert [line.split()[1] for line in told[1:]] == [f"/v1/models/{number}" for number in range(20)]
    assert told[0] == "first"


def test_a_turn_is_named_on_its_first_line() -> None:
    """And again where another one came between; a side request of none names none."""
    told: list[str] = []
    teller = Teller(told.append)
    for turn, session in ((1, ""), (1, ""), (None, ""), (1, ""), (2, ""), (1, "2"), (2, "")):
        teller.exchange(exchange(turn=turn, session=session))
    teller.close()
    heads = [line.partition("GET")[0].strip() for line in told]
    assert heads == ["turn 1", "", "", "", "turn 2", "chat 2 turn 1", "turn 2"]
    assert teller.turn == 2


def test_lines_wait_while_somebody_else_has_the_terminal() -> None:
    """And come all, in order, when it is ours again."""
    told: list[str] = []
    looked = threading.Semaphore(0)

    def taken() -> bool:
        looked.release()
        return True

    teller = Teller(told.append, taken=taken)
    teller.say("a")
    teller.say("b")
    looked.acquire()
    looked.acquire()
    assert told == []
    teller.close()
    assert told == ["a", "b"]


def test_nobody_waits_for_a_reader_that_does_not_read() -> None:
    """Whoever hands an exchange in goes on at once; what was not told is counted, and memory is bounded."""
    told: list[str] = []
    stuck = threading.Event()

    def slow(line: str) -> None:
        stuck.wait()
        told.append(line)

    teller = Teller(slow)
    for number in range(3000):
        teller.exchange(exchange(number))
    stuck.set()
    teller.close()
    shown = len(told) - 1
    assert shown < 1100
    assert told[-1] == f"and {3000 - shown} more exchanges: nobody read these lines fast enough"


def test_a_reader_that_has_gone_ends_nothing() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    teller = Teller(gone)
    teller.exchange(exchange())
    teller.close()


def test_without_live_lines_the_turn_is_still_known() -> None:
    told: list[str] = []
    teller = Teller(told.append, live=False)
    teller.exchange(exchange(turn=3))
    teller.say("● recording")
    teller.close()
    assert told == ["● recording"]
    assert teller.turn == 3


@pytest.mark.parametrize("words", ["raw", "-icanon", "-echo"])
def test_a_full_screen_or_a_prompt_takes_the_terminal(words: str) -> None:
    """It is told by the mode that such a program sets, and given back with it."""
    ours, its = pty.openpty()
    with os.fdopen(its, "w") as terminal:
        taken = terminal_taken(terminal)
        assert not taken()
        before = termios.tcgetattr(its)
        subprocess.run(["stty", words], stdin=its, check=True)
        assert taken()
        termios.tcsetattr(its, termios.TCSANOW, before)
        assert not taken()
    os.close(ours)


def test_without_a_terminal_nobody_has_it(tmp_path: Path) -> None:
    """Lines go into a file, or nowhere."""
    with (tmp_path / "log").open("w") as log:
        assert not terminal_taken(log)()
    assert not terminal_taken(log)()
    assert not terminal_taken(None)()
