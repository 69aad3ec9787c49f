"""Promises of `nexdiag.runner.tape.tape`: one request at a time, whatever sends it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from nexdiag.codec.cassette import encode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import NothingToDo, Unmatched, UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.runner.load import load
from nexdiag.runner.replaying.how import How
from nexdiag.runner.tape.modes import RecordMode
from nexdiag.runner.tape.tape import Tape
from nexdiag.runner.tape.verdict import close_with


def exchange(number: int, path: str) -> Exchange:
    request = Request(method="GET", url=f"http://h{path}", body=Body.of(b""))
    response = Response(status=200, chunks=(Chunk(at=0.0, bytes=b"%d" % number),))
    return Exchange(id=number, started=0, request=request, response=response)


def recorded(path: Path, *paths: str, header: Header | None = None) -> Path:
    """A cassette of requests for these paths."""
    found = tuple(exchange(number, one) for number, one in enumerate(paths))
    path.write_bytes(encode(Cassette(header=header or Header(), exchanges=found)))
    return path


def live(request: httpx.Request) -> httpx.Response:
    """A server that says so."""
    return httpx.Response(200, text=f"live {request.url.path}")


def never(request: httpx.Request) -> Any:  # noqa: ANN401 - it does not answer
    raise AssertionError(request)


def ask(tape: Tape, path: str, send: Any = live) -> str:  # noqa: ANN401 - a transport's method
    """What comes of a request."""
    return tape.handle(httpx.Request("GET", f"http://h{path}"), send).read().decode()


def test_a_tape_that_plays_never_sends(tmp_path: Path) -> None:
    """A hit is played, a miss is refused, and both are remembered."""
    tape = Tape(recorded(tmp_path / "x", "/a", "/b"), RecordMode.NONE)
    assert tape.idle
    assert ask(tape, "/a", never) == "0"
    with pytest.raises(Unmatched):
        ask(tape, "/a", never)
    assert [one.id for one in tape.played] == [0]
    assert [one.id for one in tape.unplayed] == [1]
    assert (len(tape.misses), tape.idle, tape.trouble) == (1, False, None)


def test_an_empty_recording_says_so(tmp_path: Path) -> None:
    """One that was broken off before its first exchange has no nearest."""
    tape = Tape(recorded(tmp_path / "x"), RecordMode.ONCE)
    with pytest.raises(Unmatched, match="GET /a: the cassette holds no exchange"):
        ask(tape, "/a", never)


def test_a_request_equal_to_one_just_recorded_goes_live_again(tmp_path: Path) -> None:
    """In new_episodes each live answer is recorded, so that a replay has as many: vcrpy would play the first again."""
    tape = Tape(recorded(tmp_path / "x", "/a"), RecordMode.NEW_EPISODES)
    assert [ask(tape, way) for way in ("/a", "/b", "/b")] == ["0", "live /b", "live /b"]
    tape.close(raised=False)
    assert len(tape.recorded) == 2


def test_a_recording_that_was_cut_short_is_appended_to(tmp_path: Path) -> None:
    """A torn tail is cut off, and what stands before it is played."""
    path = recorded(tmp_path / "x", "/a")
    path.write_bytes(path.read_bytes() + b'{"exchange":1,"req')
    tape = Tape(path, RecordMode.NEW_EPISODES)
    assert (ask(tape, "/a"), ask(tape, "/b")) == ("0", "live /b")
    tape.close(raised=False)
    assert tape.cassette.tear is None
    assert len(tape.cassette.exchanges) == 2


def test_a_pattern_that_is_none_is_the_users_fault_or_nobodys(tmp_path: Path) -> None:
    """In `redact` it is an error; in a file's header it is left out."""
    path = recorded(tmp_path / "x", "/a", header=Header(redactions=("(",)))
    assert ask(Tape(path, RecordMode.NONE), "/a") == "0"
    with pytest.raises(UsageError):
        Tape(path, RecordMode.NONE, redact=("(",))


@pytest.mark.parametrize("mode", [RecordMode.NEW_EPISODES, RecordMode.REWRITE, RecordMode.ALL])
def test_what_a_file_names_as_secret_is_so_in_all_that_is_added(tmp_path: Path, mode: RecordMode) -> None:
    """Also where it is recorded anew; and the next header names it again."""
    path = recorded(tmp_path / "x", "/a", header=Header(redactions=("cust-[0-9]+", "[redacted 00c0ffee]")))
    tape = Tape(path, mode)
    assert ask(tape, "/cust-123") == "live /cust-123"
    tape.close(raised=False)
    assert b"cust-123" not in path.read_bytes()
    assert "cust-[0-9]+" in tape.cassette.header.redactions


def test_a_file_that_goes_away_meanwhile_is_no_error(tmp_path: Path) -> None:
    """The client has its answers; the tape still tells what it read."""
    path = recorded(tmp_path / "x", "/a")
    tape = Tape(path, RecordMode.NEW_EPISODES)
    path.unlink()
    assert ask(tape, "/b") == "live /b"
    tape.close(raised=False)
    assert tape.trouble is not None
    assert (len(tape.cassette.exchanges), tape.recorded) == (1, ())


def test_the_cassette_can_be_read_while_it_is_recorded(tmp_path: Path) -> None:
    """What has ended is in it."""
    tape = Tape(tmp_path / "x", RecordMode.ONCE)
    assert tape.cassette.exchanges == ()
    ask(tape, "/a")
    assert [one.request.path for one in tape.recorded] == ["/a"]
    tape.close(raised=True)
    assert len(tape.cassette.exchanges) == 1


def test_what_was_sent_is_told_with_its_answer_or_with_none(tmp_path: Path) -> None:
    """Played, refused, recorded, and what is to replace a file: each as it was sent, numbered anew."""
    path = recorded(tmp_path / "x", "/a", "/b")
    plays = Tape(path, RecordMode.NONE)
    ask(plays, "/b", never)
    with pytest.raises(Unmatched):
        ask(plays, "/c", never)
    told = [(one.id, one.request.path, one.response is not None) for one in plays.sent]
    assert told == [(0, "/b", True), (1, "/c", False)]
    replaces = Tape(path, RecordMode.REWRITE)
    assert replaces.unfinished == path
    ask(replaces, "/d")
    assert [one.request.path for one in replaces.sent] == ["/d"]
    assert replaces.unfinished != path
    assert replaces.unfinished.exists()
    replaces.close(raised=False)
    assert [one.request.path for one in replaces.sent] == ["/d"]


def asking(*messages: str, **fields: object) -> Request:
    body = {"messages": [{"role": "user", "content": text} for text in messages], **fields}
    return Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(json.dumps(body).encode()))


def refused(path: Path, request: Request, **how: Any) -> Unmatched:  # noqa: ANN401 - fields of How
    """The error for it."""
    tape = Tape(path, RecordMode.NONE, how=How(**how))
    with pytest.raises(Unmatched) as error:
        tape.handle(httpx.Request(request.method, request.url, content=request.body.join()), never)
    return error.value


def kept(path: Path, *requests: Request) -> Path:
    """A cassette in which these were asked, one a turn."""
    answers = [Response(status=200, chunks=(Chunk(at=0.0, bytes=b"%d" % number),)) for number in range(len(requests))]
    found = tuple(
        Exchange(id=number, started=0, request=request, response=answers[number], turn=number + 1)
        for number, request in enumerate(requests)
    )
    path.write_bytes(encode(Cassette(header=Header(), exchanges=found)))
    return path


def test_a_refusal_names_turn_place_and_both_values(tmp_path: Path) -> None:
    """What a rule sets aside is no reason; what to do can be written in the program."""
    path = kept(tmp_path / "x", asking("a", "two", user="me"))
    told = refused(path, asking("a", "TWO", user="you"))
    assert "exchange 0 (turn 1) is nearest: it shares its first message (2 sent, 2 recorded)" in told.what
    assert "it first differs in /messages/1/content (changed): recorded 'two', sent 'TWO' (" in told.what
    assert "record_mode=" in told.hint
    assert f"nexdiag cassette show {path} --exchange 0" in told.hint


def test_an_ambiguous_refusal_names_both(tmp_path: Path) -> None:
    """It is not said to have no recording."""
    path = kept(tmp_path / "x", asking("a", seed=1), asking("a", seed=2))
    told = refused(path, asking("a", seed=3), ignore=("/seed",))
    assert "exchanges 0 and 1 fit this request equally well" in told.what
    assert "no recording" not in told.what
    assert "look at both: nexdiag cassette show" in told.hint
    assert "--exchange 1" in told.hint


def test_whoever_refuses_says_how_it_is_recorded_anew(tmp_path: Path) -> None:
    """In the words of the one that plays it: a test is run otherwise than a program."""
    request = asking("b")
    tape = Tape(kept(tmp_path / "x", asking("a")), RecordMode.NONE)
    with pytest.raises(Unmatched):
        tape.handle(httpx.Request(request.method, request.url, content=request.body.join()), never)
    (miss,) = tape.misses
    assert "run it backwards" in tape.divergence(miss, anew="run it backwards").advice
    assert "record_mode=" in tape.divergence(miss).advice


def test_what_refusals_are_told_with_is_imported_with_the_first(tmp_path: Path) -> None:
    """A program that has all its recordings does not pay for it."""
    path = recorded(tmp_path / "x", "/a")
    program = f"""
import sys, httpx, nexdiag
with nexdiag.use_cassette({str(path)!r}):
    httpx.get("http://h/a")
assert not [name for name in sys.modules if name.startswith("nexdiag.runner.replaying.verdict.")]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_connection_that_failed_is_not_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    """A server that was down for a moment is not down in every replay; `all` keeps what happened, whatever it was."""

    def down(request: httpx.Request) -> Any:  # noqa: ANN401 - it does not answer
        raise httpx.ConnectError("refused", request=request)

    def tape_of(name: str, mode: RecordMode) -> Tape:
        tape = Tape(tmp_path / name, mode)
        with pytest.raises(httpx.ConnectError):
            ask(tape, "/a", down)
        return tape

    for mode in (RecordMode.ONCE, RecordMode.NEW_EPISODES):
        tape = tape_of("x", mode)
        tape.close(raised=False)
        assert not list(tmp_path.iterdir())
        assert tape.unkept == ("ConnectError: refused",)
        with pytest.raises(NothingToDo, match="the connection failed, which is not recorded"):
            close_with(tape, None)
    tape = tape_of(f"up-{mode}", mode)
    assert ask(tape, "/a") == "live /a"  # asked again, and up by now
    tape.close(raised=False)
    assert [one.failure for one in load(tape.path).exchanges] == [None]
    assert not tape.dead
    tape_of("kept", RecordMode.ALL).close(raised=False)
    played = tape_of("kept", RecordMode.ONCE)
    assert len(played.dead) == 1
    error = ValueError("its own")
    close_with(played, error)
    (note,) = error.__notes__
    assert "is a recorded failure" in note
    assert 'record again with record_mode="rewrite"' in note


def test_what_is_to_replace_a_recording_is_told_without_what_it_replaces(tmp_path: Path) -> None:
    """Whoever compares what was sent, compares what was sent here."""
    for mode in (RecordMode.ALL, RecordMode.REWRITE):
        tape = Tape(recorded(tmp_path / mode, "/a", "/b"), mode)
        ask(tape, "/b")
        assert [one.request.path for one in tape.sent] == ["/b"]
        assert tape.recorded == ()
        tape.close(raised=False)
        assert [one.request.path for one in tape.recorded] == ["/b"]
