"""`nexdiag capture`."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nexdiag.cli.app import run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load
from nexdiag.runner.replaying.rerun import rerun

EXAMPLES = Path(__file__).parents[2] / "examples"
TWO = str(EXAMPLES / "two-messages.toml")


def test_a_capture_tells_each_turn_and_names_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cassette stands under cassettes/<endpoint>/<scenario>, and the last line is what to type next."""
    monkeypatch.chdir(tmp_path)
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["capture", TWO, "-e", url, "-m", "local:m"]) == 0
    (cassette,) = tmp_path.glob("cassettes/*/two-messages.cassette.jsonl")
    assert cassette.parent.name.startswith("127.0.0.1-")
    assert len(load(cassette).turns) == 2
    shown = capsys.readouterr()
    assert "turn 2 ✓" in shown.err
    assert shown.err.splitlines()[-1] == f"Next: nexdiag replay {cassette.relative_to(tmp_path)}"
    assert "0 findings" in shown.out
    assert run(["replay", str(cassette)]) == 0


def test_a_key_in_a_variable_reaches_the_server_and_not_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon sends the key that --key-env names; no file of the recording holds it."""
    monkeypatch.setenv("MY_SECRET_KEY", "tr0ub4dor-and-3-more")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        target = tmp_path / "c.cassette.jsonl"
        arguments = ["capture", TWO, "-e", url, "-m", "m", "--key-env", "MY_SECRET_KEY", "--cassette", str(target)]
        assert run(arguments) == 0
    exchange = load(target).exchanges[0]
    assert "authorization" in dict(exchange.request.headers)
    assert b"tr0ub4dor" not in target.read_bytes()


def test_a_second_run_records_beside_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default the next free name is taken; a file that was named, and exists, is an error, and stays."""
    monkeypatch.chdir(tmp_path)
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        arguments = ["capture", TWO, "-e", url, "-m", "m"]
        assert [run(arguments), run(arguments)] == [0, 0]
        names = sorted(path.name for path in tmp_path.glob("cassettes/*/*"))
        assert names == ["two-messages-2.cassette.jsonl", "two-messages.cassette.jsonl"]
        assert capsys.readouterr().err.splitlines()[-1].endswith("two-messages-2.cassette.jsonl")
        (first,) = tmp_path.glob("cassettes/*/two-messages.cassette.jsonl")
        assert run([*arguments, "--cassette", str(first)]) == 3
    assert "it exists" in capsys.readouterr().err


def test_a_variable_that_is_not_set_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key is told before the first message, not as a 401 on it."""
    monkeypatch.delenv("MY_SECRET_KEY", raising=False)
    target = str(tmp_path / "c.cassette.jsonl")
    arguments = ["capture", TWO, "-e", "http://127.0.0.1:9", "-m", "m", "--key-env", "MY_SECRET_KEY"]
    assert run([*arguments, "--cassette", target]) == 2
    assert "MY_SECRET_KEY" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n[[say]]\ntext='a'", "line 1: unknown key `x`"),
        ("[[say]]\ntxt='a'", "line 2"),
        ("name = ", "not valid TOML"),
        ("", "say"),
    ],
)
def test_a_wrong_scenario_is_told_by_line_and_key(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 before anything is started."""
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert run(["capture", str(path), "-e", "http://127.0.0.1:9", "-m", "m"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--check", "--", "touch", "made"], "--check is for a scenario"),
        (["--list", "--", "touch", "made"], "touch is for a recording"),
        (["--list", "two-messages"], "two-messages is for a recording"),
        (["--list", "--check"], "--check is for a recording"),
        (["two-messages", "--upstream", "u"], "error: --upstream is for a command after --, and this is a scenario"),
        (["--list", "--redact", "x"], "--redact is for a recording"),
        (["--list", "--no-live"], "--live is for a recording"),
        (["two-messages", "--check", "-e", "http://127.0.0.1:9"], "-e is for playing it"),
        (["two-messages", "--check", "-m", "m"], "-m is for playing it"),
        (["two-messages", "--check", "--cassette", "c"], "--cassette is for playing it"),
        (["two-messages", "--check", "--redact", "("], "the pattern to redact is no regular expression"),
    ],
)
def test_no_option_is_taken_and_ignored(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, and nothing is run: who asks for a check does not want the command."""
    monkeypatch.chdir(tmp_path)
    assert run(["capture", *options]) == 2
    streams = capsys.readouterr()
    assert said in streams.err
    assert streams.out == ""
    assert not list(tmp_path.iterdir())


def test_a_check_plays_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The scenario is valid as it would be played, its repetitions and tools too; a pattern is looked at."""
    assert run(["capture", "two-messages", "--check", "--repeat", "2", "--redact", "cust-[0-9]+"]) == 0
    assert "two-messages" in capsys.readouterr().out
    assert run(["capture", "--list"]) == 0


def test_a_scenario_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 with an example of the right form."""
    assert run(["capture", "nowhere.toml", "-e", "http://127.0.0.1:9", "-m", "m"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_each_example_is_recorded_and_replays_exactly(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every scenario that a user can copy works as it stands."""
    target = tmp_path / "c.cassette.jsonl"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        assert run(["capture", str(example), "-e", url, "-m", "m", "--cassette", str(target)]) == 0
    recorded = load(target)
    assert recorded.header.scenario is not None
    assert recorded.header.scenario.name == example.stem
    assert len(recorded.turns) == len(recorded.header.scenario.say) > 1
    assert {turn.outcome for turn in rerun(recorded).replayed} == {"exact"}


def silent(heard: Callable[[], None]) -> Any:  # noqa: ANN401 - an ASGI application
    """A server that takes a chat request and never answers it; of itself it tells nothing."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        assert scope["type"] == "http"
        if not scope["path"].endswith("/chat/completions"):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        while (await receive())["type"] != "http.disconnect":
            heard()

    return app


def of(place: Path) -> list[str]:
    """The command lines of all processes that name this place."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has ended
            continue
    return [line for line in lines if str(place) in line]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_the_daemon_with_the_capture(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """In the middle of a turn: the daemon is ended, the scratch directory is gone, the recording is on disk."""
    scratch, target = tmp_path / "scratch", tmp_path / "c.cassette.jsonl"
    scratch.mkdir()
    heard = threading.Event()
    with serving.running(silent(heard.set)) as url:
        command = [sys.executable, "-m", "nexdiag", "capture", TWO, "-e", url, "-m", "m", "--cassette", str(target)]
        with subprocess.Popen(
            command, env=os.environ | {"TMPDIR": str(scratch)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as capture:
            try:
                assert heard.wait(20)
                assert of(scratch)
                capture.send_signal(number)
                assert capture.wait(20) == code
            finally:
                capture.kill()  # else a failure would be a wait for ever
    assert of(scratch) == []
    assert list(scratch.iterdir()) == []
    assert load(target).turns
