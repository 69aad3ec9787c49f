"""`nexdiag service` and `nexdiag chat`, as a user types them."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from forked import executed as executed  # noqa: PLC0414 - a fixture
from forked import forks as forks  # noqa: PLC0414 - a fixture

from nexdiag.agent.daemon import lifecycle
from nexdiag.cli.app import run
from nexdiag.codec.cassette import encode
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load


@pytest.mark.usefixtures("executed")
def test_a_chat_through_the_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """init, start, two messages, status, logs, stop: each says what it did, and nothing is left running."""
    state = str(tmp_path / "s")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", state]) == 0
        assert run(["service", "start", "--dir", state]) == 0
        assert run(["service", "start", "--dir", state]) == 0
        assert "already running" in capsys.readouterr().out
        assert run(["chat", "first", "--dir", state]) == 0
        assert run(["chat", "second", "--dir", state]) == 0
        assert capsys.readouterr().out == "One.\nTwo.\n"
        assert run(["service", "status", "--dir", state]) == 0
        assert "1 chats" in capsys.readouterr().out
        assert run(["service", "logs", "--dir", state]) == 0
        assert "Turn 2 answered" in capsys.readouterr().out
        assert run(["service", "stop", "--dir", state]) == 0
    assert run(["service", "status", "--dir", state]) == 3
    assert run(["service", "stop", "--dir", state]) == 0
    assert "was not running" in capsys.readouterr().out


def test_a_chat_without_a_daemon_says_how_to_start_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, one line, one hint; the message is not taken and lost."""
    state = str(tmp_path / "s")
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    capsys.readouterr()
    assert run(["chat", "hello", "--dir", state]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("error: no daemon runs for")
    assert "hint: start it with: nexdiag service start" in shown


def test_no_state_directory_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that needs one names the place and the command that makes it."""
    for arguments in (["service", "start"], ["service", "logs"], ["chat", "hi"]):
        assert run([*arguments, "--dir", str(tmp_path / "none")]) == 2
        assert "nexdiag init" in capsys.readouterr().err


def test_logs_before_the_first_start_are_nothing_to_do(tmp_path: Path) -> None:
    """Exit 4: there is no log yet."""
    state = str(tmp_path / "s")
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    assert run(["service", "logs", "--dir", state]) == 4


def test_a_recording_that_would_not_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--cassette for a daemon that already runs, and --scenario without a recording, are not ignored."""
    state, cassette = str(tmp_path / "s"), tmp_path / "c.cassette.jsonl"
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    assert run(["service", "run", "--dir", state, "--scenario", "x.toml"]) == 2
    assert "--cassette FILE" in capsys.readouterr().err
    assert run(["service", "start", "--dir", state]) == 0
    try:
        assert run(["service", "start", "--dir", state, "--cassette", str(cassette)]) == 3
        assert "nothing is recorded" in capsys.readouterr().err
        assert not cassette.exists()
    finally:
        assert run(["service", "stop", "--dir", state]) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_daemon_in_the_foreground_ends_well_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """Exit 0, nothing left behind, and the log says so."""
    state = tmp_path / "s"
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(state)]) == 0
    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    with subprocess.Popen(command) as daemon:
        deadline = time.monotonic() + 15
        while run(["service", "status", "--dir", str(state)]) != 0:
            assert time.monotonic() < deadline
        daemon.send_signal(number)
        try:
            assert daemon.wait(10) == 0
        finally:
            daemon.kill()
    assert not (state / "service" / "daemon.sock").exists()
    assert "Daemon stopped" in (state / "service" / "daemon.log").read_text()


def test_a_second_daemon_is_refused_and_the_first_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The socket is busy: exit 3, one line, one hint; the daemon that holds it is not disturbed."""
    state = str(tmp_path / "s")
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", state]) == 0
    assert run(["service", "start", "--dir", state]) == 0
    capsys.readouterr()
    try:
        assert run(["service", "run", "--dir", state]) == 3
        shown = capsys.readouterr().err.splitlines()
        assert "a daemon already runs for" in shown[0]
        assert shown[1].startswith("hint: ")
        assert run(["service", "status", "--dir", state]) == 0
    finally:
        assert run(["service", "stop", "--dir", state]) == 0


def test_status_and_restart_tell_the_whole_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Uptime, socket and each chat; after a restart the chats go on (reference faults 55, 70)."""
    state = str(tmp_path / "s")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", state]) == 0
        assert run(["service", "start", "--dir", state]) == 0
        try:
            assert run(["chat", "first", "--dir", state]) == 0
            capsys.readouterr()
            assert run(["service", "status", "--dir", state]) == 0
            shown = capsys.readouterr().out
            assert "Uptime 0:00:" in shown
            assert "daemon.sock" in shown
            assert "Chat 0: chat 0, nex m, 1 turns" in shown
            assert "Recording" not in shown
            assert run(["service", "restart", "--dir", state]) == 0
            told = capsys.readouterr()
            assert "Service stopped" in told.err
            assert "Service started" in told.out
            assert run(["chat", "second", "--dir", state]) == 0
        finally:
            assert run(["service", "stop", "--dir", state]) == 0


def test_a_restart_records_on_with_the_same_redactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next file has them too; they stand in no argument of any process, for a pattern may itself be a secret."""
    state, first = tmp_path / "s", tmp_path / "a.cassette.jsonl"
    started: list[list[str]] = []
    popen = subprocess.Popen

    def seen(command: list[str], **more: Any) -> Any:  # noqa: ANN401 - as Popen has it
        started.append(command)
        return popen(command, **more)

    monkeypatch.setattr(lifecycle.subprocess, "Popen", seen)  # type: ignore[attr-defined]
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", str(state)]) == 0
        told = ["--cassette", str(first), "--redact", "cust-[0-9]{6}", "--redact", "tiger"]
        assert run(["service", "start", "--dir", str(state), *told]) == 0
        try:
            assert run(["service", "restart", "--dir", str(state)]) == 0
            assert run(["chat", "I am cust-123456, tiger", "--dir", str(state)]) == 0
        finally:
            assert run(["service", "stop", "--dir", str(state)]) == 0
        assert len(started) == 2
        assert not [word for command in started for word in command if "cust" in word or "tiger" in word]
        second = tmp_path / "a-2.cassette.jsonl"
        assert load(second).header.redactions == load(first).header.redactions
        assert not [secret for secret in (b"cust-123456", b"tiger") if secret in second.read_bytes()]
        assert run(["service", "start", "--dir", str(state), "--cassette", str(tmp_path / "b.cassette.jsonl")]) == 0
        assert run(["service", "stop", "--dir", str(state)]) == 0
        assert load(tmp_path / "b.cassette.jsonl").header.redactions == ()


def test_a_daemon_in_the_foreground_hands_its_redactions_on(tmp_path: Path) -> None:
    """Those of its options, of its file, and of the recording that it went on with."""
    state, first = tmp_path / "s", tmp_path / "a.cassette.jsonl"
    first.write_bytes(encode(Cassette(header=Header(cassette=FORMAT, redactions=("lion-[0-9]+",)))))
    (tmp_path / "patterns.json").write_text('["tiger-[0-9]+"]')
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(state)]) == 0
    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state), "--cassette", str(first)]
    more = ["--append", "--redact", "cust-[0-9]+", "--redact-file", str(tmp_path / "patterns.json")]
    with subprocess.Popen([*command, *more]) as daemon:
        try:
            deadline = time.monotonic() + 15
            while run(["service", "status", "--dir", str(state)]) != 0:
                assert time.monotonic() < deadline
            assert run(["service", "restart", "--dir", str(state)]) == 0
        finally:
            assert run(["service", "stop", "--dir", str(state)]) == 0
            daemon.kill()
    kept = load(tmp_path / "a-2.cassette.jsonl").header.redactions
    assert set(kept) == {"cust-[0-9]+", "tiger-[0-9]+", "lion-[0-9]+"}


def test_patterns_that_cannot_be_used_start_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does a file of them that is none: what they name would be written."""
    state, cassette = tmp_path / "s", str(tmp_path / "c.cassette.jsonl")
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(state)]) == 0
    assert run(["service", "start", "--dir", str(state), "--cassette", cassette, "--redact", "("]) == 2
    (tmp_path / "x").write_text("{}")
    wanted = ["service", "run", "--dir", str(state), "--redact-file", str(tmp_path / "x")]
    assert run(wanted) == 2
    assert "--cassette FILE" in capsys.readouterr().err
    assert run([*wanted, "--cassette", cassette]) == 2
    assert run([*wanted[:-1], str(tmp_path / "none"), "--cassette", cassette]) == 2
    assert not (tmp_path / "c.cassette.jsonl").exists()
    assert not (state / "service" / "redact.json").exists()


def test_a_log_is_followed_until_ctrl_c(tmp_path: Path) -> None:
    """What comes after the start of the command is printed too."""
    state = tmp_path / "s"
    assert run(["init", "-m", "m", "-e", "http://127.0.0.1:9", "--dir", str(state)]) == 0
    (state / "service").mkdir()
    (state / "service" / "daemon.log").write_text("one\ntwo\n")
    command = [sys.executable, "-m", "nexdiag", "service", "logs", "-f", "-n", "1", "--dir", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "two\n"
        with (state / "service" / "daemon.log").open("a") as log:
            log.write("three\n")
        assert following.stdout.readline() == "three\n"
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 130
