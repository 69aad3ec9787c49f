"""Lines that are told while a recording is made."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Finding, Severity
from nexdiag.report.passing import Passed, ended, found, line, passed, recording, saved
from nexdiag.report.visible import visible

CALL = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": "{}"}}
EVENTS = (
    {"choices": [{"delta": {"role": "assistant", "tool_calls": [{"index": 0, **CALL}]}}]},
    {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    {"choices": [], "usage": {"prompt_tokens": 1234, "completion_tokens": 5}},
)
STREAM = (*(f"data: {json.dumps(event)}\n\n".encode() for event in EVENTS), b"data: [DONE]\n\n")


def exchange(
    *pieces: bytes, status: int = 200, kind: str = "text/event-stream", messages: int = 3, failure: str | None = None
) -> Exchange:
    sent = json.dumps({"messages": [{"role": "user", "content": "hi"}] * messages}).encode()
    return Exchange(
        id=0,
        started=0.0,
        request=Request(method="POST", url="http://h/v1/chat/completions?key=x", body=Body.of(sent)),
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


def test_a_stream_with_a_call() -> None:
    """Messages sent, tokens, chunks, times and tools; no query, which may hold a key."""
    told = line(passed(exchange(*STREAM)))
    assert (
        told == "turn 1   POST /v1/chat/completions   3 msgs   1.2k tok   4 chunks   first 212 ms   1.9 s   → read_file"
    )


def test_a_whole_answer_that_does_not_open_its_turn() -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
    told = line(passed(exchange(json.dumps(body).encode(), kind="application/json", messages=1)), opens=False)
    assert told == "         POST /v1/chat/completions   1 msg   1.9 s"


def test_a_refusal_shows_the_servers_words() -> None:
    body = b'{"error":{"message":"roles must alternate"}}'
    told = line(passed(exchange(body, status=500, kind="application/json")))
    assert told == 'turn 1   POST /v1/chat/completions   3 msgs   ✗ 500 "roles must alternate"'


def test_no_answer_shows_the_transports_words() -> None:
    failed = Exchange(
        id=0, started=0.0, request=Request(method="GET", url="http://h/v1/models"), failure="ConnectError: refused"
    )
    assert line(passed(failed)) == "         GET /v1/models   ✗ ConnectError: refused"


@pytest.mark.parametrize("failure", [None, "RemoteProtocolError: cut"])
def test_a_stream_that_broke_off_is_no_answer(failure: str | None) -> None:
    told = line(passed(exchange(STREAM[0], failure=failure)))
    assert f'✗ 200 "{failure or "the answer broke off before its end"}"' in told


def test_a_client_that_left_with_the_whole_answer_has_it() -> None:
    """Codex reads no further than `response.completed`; one that left before has no answer."""
    left = "ClientClosed: the client stopped reading before the end"
    assert "✗" not in line(passed(exchange(*STREAM, failure=left)))
    assert f'✗ 200 "{left}"' in line(passed(exchange(STREAM[0], failure=left)))
    assert f'✗ 500 "{left}"' in line(passed(exchange(b"{}", status=500, failure=left)))


def test_other_routes_are_lines_too() -> None:
    """A list of models sends no conversation, and is no failure."""
    one = passed(
        Exchange(
            id=0,
            started=0.0,
            request=Request(method="GET", url="http://h/v1/models"),
            response=Response(status=200, chunks=(Chunk(at=0.0, bytes=b'{"data":[]}'),)),
            duration=0.012,
        )
    )
    assert line(one) == "         GET /v1/models   12 ms"


def test_many_calls_are_cut() -> None:
    told = line(Passed(method="POST", path="/x", calls=tuple("abcdefg")))
    assert told.endswith("→ a, b, c, d and 3 more")


@given(
    st.binary(max_size=200), st.binary(max_size=200), st.integers(100, 599), st.text(max_size=50), st.text(max_size=9)
)
def test_whatever_passes_is_one_line_that_no_terminal_obeys(
    sent: bytes, came: bytes, status: int, path: str, method: str
) -> None:
    request = Request(method=method, url=f"http://h/{path}/chat/completions", body=Body.of(sent))
    for headers in ((), (("content-type", "text/event-stream"),)):
        response = Response(status=status, headers=headers, chunks=(Chunk(at=0.0, bytes=came),))
        told = line(passed(Exchange(id=0, started=0.0, request=request, response=response, session=path, turn=1)))
        assert visible(told) == told
        assert "\n" not in told


def test_the_first_line_names_both_ends_and_the_program() -> None:
    told = recording(
        "http://127.0.0.1:47011", "https://me:pw@h.example/api/v1?k=v", ["./my-agent", "secret words"], 4121
    )
    assert told == "● recording   127.0.0.1:47011 → h.example   ./my-agent (pid 4121)"


def test_how_it_ended() -> None:
    command = ["./my-agent", "x"]
    assert ended(command, code=1, signal=None, turn=2, took=6.1) == "✗ ./my-agent exited 1 in turn 2, after 6.1 s"
    assert ended(command, code=0, signal=None, turn=2, took=6.1) == "✓ ./my-agent exited 0, after 6.1 s"
    killed = ended(command, code=143, signal="SIGTERM", turn=None, took=0.5)
    assert killed == "✗ ./my-agent was ended by SIGTERM, after 500 ms"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (18_400, "18 kB"), (1_250_000, "1.2 MB"), (3 * 10**9, "3000.0 MB")]
)
def test_what_was_saved(size: int, shown: str) -> None:
    assert saved("f", size=size, exchanges=1, log_lines=0, secrets=0) == f"saved f   {shown} · 1 exchange"


def test_what_was_saved_counts_only_what_there_is() -> None:
    told = saved("f", size=18_000, exchanges=3, log_lines=57, secrets=1)
    assert told == "saved f   18 kB · 3 exchanges · 57 log lines · 1 secret redacted"


def test_findings_are_short_and_cut() -> None:
    one = Finding(rule="role-alternation", code="NX101", severity=Severity.ERROR, summary="both\nare user")
    assert found([one]) == ["NX101 role-alternation   both⏎are user"]
    assert found([one] * 7)[5:] == ["and 2 more findings"]
