"""`nexdiag proxy`."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nexdiag.cli import proxy
from nexdiag.cli.app import app, run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def upstream() -> Iterator[str]:
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        yield url


DOOR = """
import sys
from nexdiag.cli import app, proxy
if proxy.NAME not in {one.name for one in app.app.registered_commands}:
    app.app.command(proxy.NAME, help=proxy.command.__doc__, epilog=proxy.EXAMPLE)(proxy.command)
sys.exit(app.run(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def _door(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is there, whoever has registered it."""
    if proxy.NAME not in {one.name for one in app.registered_commands}:
        monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])
        app.command(proxy.NAME, help=proxy.command.__doc__, epilog=proxy.EXAMPLE)(proxy.command)


def command(*options: str) -> list[str]:
    return [sys.executable, "-c", DOOR, "proxy", *options]


def test_its_help_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    """With an example, and the variable that leads a client here."""
    assert run(["proxy", "--help"]) == 0
    told = capsys.readouterr().out
    assert "OPENAI_BASE_URL" in told
    assert "--upstream" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_everything_on_disk(upstream: str, tmp_path: Path, number: signal.Signals) -> None:
    """First line on stdout: where it listens. Lines of progress on stderr. Exit 0, and what is under way is kept."""
    path, log = tmp_path / "c.cassette.jsonl", tmp_path / "log"
    options = ["--upstream", upstream, "--cassette", str(path), "--log", str(log), "--redact", "hush-[0-9]+"]
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert served.stderr is not None
        word, url = served.stdout.readline().split()
        assert word == "listening"
        secret = CHAT | {"user": "hush-12345"}
        assert httpx.post(f"{url}/v1/chat/completions", json=secret, trust_env=False).status_code == 200
        assert httpx.post(f"{url}/v1/nowhere", json=CHAT, trust_env=False).status_code == 404
        served.send_signal(number)
        told = served.stderr.read()
        assert served.wait(20) == 0
    kept = load(path).exchanges
    assert [one.response.status for one in kept if one.response] == [200, 404]
    assert "hush-12345" not in path.read_text()
    first, turn, aside, *_, saved, after = told.splitlines()
    assert url in first
    assert f"{upstream}/v1" in first
    assert "POST /v1/chat/completions" in turn
    assert '✗ 404 "' in aside
    assert "2 exchanges" in saved
    assert saved.endswith("1 secret redacted")
    assert after == f"Next: nexdiag report {path}"


def test_nothing_recorded_is_exit_4(upstream: str, tmp_path: Path) -> None:
    """With a line, and how to send a client this way; no file is left."""
    path = tmp_path / "c"
    options = ["--upstream", upstream, "--cassette", str(path)]
    with subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert served.stderr is not None
        url = served.stdout.readline().split()[1]
        served.send_signal(signal.SIGHUP)  # as when its terminal is closed
        told = served.stderr.read()
        assert served.wait(20) == 4
    assert "no exchange was recorded" in told
    assert f"{url}/v1" in told
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--upstream", "nonsense"], 2, "http or https URL"),
        (["--upstream", "http://u:hunter2@h"], 2, "--upstream http://127.0.0.1:8080"),
        (["--upstream", "http://127.0.0.1:9", "--redact", "("], 2, "error: "),
        (["--upstream", "http://127.0.0.1:9", "--port", "99999"], 2, "99999"),
        (["--upstream", "http://127.0.0.1:9", "--cassette", "/proc/no/c"], 3, "cannot record to /proc/no/c"),
    ],
)
def test_what_cannot_work_is_said(capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str) -> None:
    """Before anything listens: in a line and a hint."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert run(["proxy", *options]) == code
    streams = capsys.readouterr()
    assert said in streams.err
    assert "hint: " in streams.err
    assert "hunter2" not in streams.err
    assert streams.out == ""
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_existing_cassette_is_not_overwritten(
    upstream: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, and the file as it was."""
    (tmp_path / "c").write_text("mine")
    assert run(["proxy", "--upstream", upstream, "--cassette", str(tmp_path / "c")]) == 3
    assert "it exists" in capsys.readouterr().err
    assert (tmp_path / "c").read_text() == "mine"
