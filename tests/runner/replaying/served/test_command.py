"""A command, answered from its recording: what it finds, what is told, and whose exit code it is."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from for_serving import body, exchange, outcomes, write

from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.fault import Fault
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.command import Played, played, recorded_of

ASK = """
import http.client, json, os, sys, urllib.parse
def ask(body, path='/chat/completions', base=os.environ['OPENAI_BASE_URL']):
    url = urllib.parse.urlsplit(base)
    line = http.client.HTTPConnection(url.netloc)
    line.request('POST', url.path + path, json.dumps(body), {'Content-Type': 'application/json'})
    answer = line.getresponse()
    answer.read()
    return answer.status
"""
A, B = exchange(0, "a"), exchange(1, "a", "answer 0", "b", turn=2)
FIRST, SECOND = body("a"), body("a", "answer 0", "b")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def path(place: Path) -> Path:
    return write(place / "cassettes" / "h" / "x.cassette.jsonl", A, B)


def program(code: str, *arguments: str, site: bool = False) -> tuple[str, ...]:
    return (sys.executable, *(() if site else ("-S",)), "-c", ASK + code, *arguments)


def replay(
    command: tuple[str, ...], *paths: Path, environment: Mapping[str, str] | None = None
) -> tuple[Played, list[str]]:
    told: list[str] = []
    came = played(command, paths, How(), environment={**os.environ, **(environment or {})}, told=told.append)
    return came, told


def test_a_command_that_asks_as_recorded_is_clean(path: Path) -> None:
    """It needs no key, and finds the server in whatever variable it reads."""
    code = f"assert ask({FIRST}) == 200; assert ask({SECOND}, base=os.environ['NEXDIAG_PROXY_URL'] + '/v1') == 200"
    came, told = replay(program(code + "; assert os.environ['OPENAI_API_KEY']"), path)
    assert (came.code, came.exit_code) == (0, 0)
    (one,) = came.replayed
    assert one.run is not None
    assert outcomes(one.run.replayed) == ["1 exact", "2 exact"]
    assert told[0] == ""
    assert told[1].startswith("✓ ")


def test_the_placeholder_in_its_arguments_is_the_server(path: Path) -> None:
    came, _ = replay(program(f"assert ask({FIRST}, base=sys.argv[1]) == 200", "{proxy}/v1"), path)
    assert came.code == 0


def test_the_command_s_own_failure_goes_before_ours(path: Path) -> None:
    """It had a 599, and made of it what it makes of an error."""
    came, _ = replay(program(f"sys.exit(7 if ask({body('z')}) == 599 else 0)"), path)
    assert (came.code, came.exit_code) == (7, 7)
    assert came.replayed


@pytest.mark.parametrize("asked", [f"ask({body('z')})", f"ask({FIRST})"])
def test_a_mismatch_and_a_recording_left_over_are_told_by_the_exit_code(path: Path, asked: str) -> None:
    """Also where the command did not mind."""
    came, _ = replay(program(asked), path)
    assert (came.code, came.exit_code) == (0, 1)


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_that_never_came_by_is_nothing_done(path: Path, code: int) -> None:
    """Unless it failed: then it is told, and its code is ours."""
    came, told = replay(program(f"sys.exit({code})"), path)
    if code:
        assert came.exit_code == code
        assert told[-1].startswith("✗ no request came: ")
    else:
        with pytest.raises(NothingToDo, match="used neither OPENAI_BASE_URL") as nothing:
            _ = came.exit_code
        assert "{proxy}/v1" in nothing.value.hint


def test_a_python_program_that_tries_to_leave_is_an_error_in_it_and_told_with_its_call_site(path: Path) -> None:
    """So is a client that honours a proxy: it comes by, and whom it meant is named."""
    code = (
        f"import socket\nask({FIRST}); ask({SECOND})\n"
        "try: socket.create_connection(('api.example.com', 443), 5)\n"
        "except OSError as error: assert 'network is closed' in str(error), error\n"
        "else: sys.exit(9)\n"
        "line = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ['HTTPS_PROXY']).netloc)\n"
        "line.set_tunnel('other.example', 443)\n"
        "try: line.connect()\n"
        "except OSError as error: assert '403' in str(error), error\n"
        "else: sys.exit(8)\n"
    )
    came, told = replay(program(code, site=True), path)
    assert came.exit_code == 0, told
    assert [one.address for one in came.escapes] == ["api.example.com:443", "other.example:443"]
    refused = [line for line in told if line.startswith("! ")]
    assert refused[0].startswith("! tried to reach api.example.com:443, and was refused: the network is closed   at ")
    assert "in <module>" in refused[0]
    assert refused[1] == "! tried to reach other.example:443, and was refused: the network is closed"


def test_the_recorded_server_is_not_asked_though_it_runs(place: Path) -> None:
    """A client with its own idea of where its server is does not go live."""
    path = write(place / "l.cassette.jsonl", A, origin="http://127.0.0.1:8933/v1")
    code = (
        f"import socket\nask({FIRST})\n"
        "try: socket.create_connection(('127.0.0.1', 8933), 5)\n"
        "except ConnectionRefusedError: sys.exit(9)\n"
        "except OSError: pass\n"
    )
    came, _ = replay(program(code, site=True), path)
    assert came.exit_code == 0
    assert [one.address for one in came.escapes] == ["127.0.0.1:8933"]


def test_without_a_cassette_it_is_the_newest_of_this_command(place: Path) -> None:
    """Without the secrets that stand in it: a recording has placeholders for them."""
    command = program(f"ask({FIRST})", "--api-key", "swordfish9swordfish9", "http://me:pw@h/")
    with pytest.raises(UsageError, match="no recording to replay"):
        replay(command)
    from nexdiag.capture.redaction.redact import Redactor  # noqa: PLC0415 - as the recorder does it
    from nexdiag.runner.wrapped import words  # noqa: PLC0415 - as above

    redactor = Redactor()
    line = redactor.command(words.text(command, redactor.text))
    assert "swordfish9" not in line
    write(place / "cassettes" / "h" / "old.cassette.jsonl", A, command=line, created=1.0)
    new = write(place / "cassettes" / "h" / "new.cassette.jsonl", A, command=line, created=2.0)
    assert recorded_of(command, {}) == new.relative_to(place)
    came, told = replay(command)
    assert came.exit_code == 0
    assert told[0] == "replaying cassettes/h/new.cassette.jsonl, the newest recording of this command"


def test_a_command_that_cannot_be_run_is_said_before_anything_is_served(path: Path) -> None:
    with pytest.raises(UsageError, match="no such program"):
        replay(("no-such-program-here",), path)
    with pytest.raises(UsageError, match="a command to replay is wanted"):
        replay((), path)


def test_a_fault_strikes_the_client_and_one_that_strikes_nothing_is_told(path: Path) -> None:
    """It gets the refusal that was laid over its answer, and then what was recorded."""
    how = How(unplayed=True, faults=(Fault(kind="status", turn=1, value="429"), Fault(kind="cut", turn=2, chunk=0)))
    told: list[str] = []
    code = f"assert [ask({FIRST}), ask({FIRST})] == [429, 200]"
    came = played(program(code), [path], how, environment=os.environ, told=told.append)
    assert came.exit_code == 0
    (unstruck,) = [line for line in told if line.startswith("! ")]
    assert "cut" in unstruck


def test_a_listener_that_went_away_changes_nothing(path: Path) -> None:
    """`2>&1 | head`."""

    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    came = played(program(f"ask({FIRST}); ask({SECOND})"), [path], How(), environment=os.environ, told=gone)
    assert came.exit_code == 0


def test_what_it_asks_is_cleaned_as_it_was_recorded(place: Path) -> None:
    """A key of the environment that stood in a prompt stands in the recording as its placeholder."""
    from nexdiag.capture.redaction.redact import Redactor  # noqa: PLC0415 - as the recorder does it

    secret = "opensesame1opensesame1"
    kept = Redactor([secret]).exchange(exchange(0, f"the key is {secret}"))
    assert secret.encode() not in kept.request.body.join()
    path = write(place / "s.cassette.jsonl", kept)
    code = f"assert ask({body(f'the key is {secret}')}) == 200"
    came, _ = replay(program(code), path, environment={"MY_TOKEN": secret})
    assert came.exit_code == 0
