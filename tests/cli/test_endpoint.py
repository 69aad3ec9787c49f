"""`nexdiag endpoint`."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nexdiag.cli.app import run
from nexdiag.lint.profiles import NAMED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stub_says_where_it_listens_and_ends_on_a_signal(number: signal.Signals) -> None:
    """The first line on stdout is `listening URL`, printed when it accepts; a signal ends it with exit 0."""
    command = [sys.executable, "-m", "nexdiag", "endpoint", "--like", "sglang"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        word, url = served.stdout.readline().split()
        assert word == "listening"
        chat = {"model": "local:m", "messages": [{"role": "user", "content": "hi"}]}
        assert httpx.post(f"{url}/v1/chat/completions", json=chat).status_code == 400
        assert httpx.post(f"{url}/chat/completions", json=chat).json() == {"detail": "Not Found"}
        served.send_signal(number)
        assert served.wait(10) == 0


def test_a_stub_says_where_its_api_begins() -> None:
    """On stderr, and a client that is given it is answered; stdout has the address alone."""
    command = [sys.executable, "-m", "nexdiag", "endpoint", "--like", "groq"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert served.stderr is not None
        url = served.stdout.readline().split()[1]
        line = served.stderr.readline()
        assert line == f"base URL {url}/openai/v1\n"
        chat = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        assert httpx.post(f"{line.split()[-1]}/chat/completions", json=chat).status_code == 200
        served.terminate()
        assert served.wait(10) == 0


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_real_llama_ends_on_a_signal(number: signal.Signals) -> None:
    """So does the other engine."""
    command = [sys.executable, "-m", "nexdiag", "endpoint", "--engine", "llama"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
        assert served.stdout is not None
        assert served.stdout.readline().startswith("listening http://127.0.0.1:")
        served.send_signal(number)
        try:
            assert served.wait(20) == 0
        finally:
            served.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "either --like PROFILE or --engine llama"),
        (["--like", "sglang", "--engine", "llama"], "either --like PROFILE or --engine llama"),
        (["--engine", "steam"], "unknown engine 'steam'"),
        (["--like", "sgland"], "unknown profile 'sgland'"),
        (["--like", "sgland"], "did you mean sglang "),
        (["--like", "sglang", "--script", "nowhere"], "nowhere cannot be read"),
        (["--like", "sglang", "--script", sys.executable], "is not UTF-8 text"),
        (["--engine", "llama", "--model", "m"], "--model is for a stub"),
        (["--engine", "llama", "--script", "s"], "--script is for a stub"),
    ],
)
def test_a_wrong_wish_is_a_usage_error(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 before anything listens."""
    assert run(["endpoint", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--list"], ["--like", "?"]])
def test_the_servers_are_listed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each by the name that --like takes, with its title; the unknown one last."""
    assert run(["endpoint", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {profile.name for profile in NAMED}
    assert next(line for line in lines if line.startswith("vllm ")).split() == ["vllm", "/v1", "vLLM"]
    bases = {line.split()[0]: line.split()[1] for line in lines}
    assert (bases["groq"], bases["gemini"], bases["azure"]) == ("/openai/v1", "/v1beta/openai", "/openai/v1")
    assert lines[-1].startswith("unknown ")


def test_a_script_that_is_wrong_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything listens."""
    (tmp_path / "s.jsonl").write_text('"fine"\n{"txt": "a"}\n')
    assert run(["endpoint", "--like", "vllm", "--script", str(tmp_path / "s.jsonl")]) == 2
    assert "line 2: unknown key 'txt'" in capsys.readouterr().err


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """And says what may stand in a script."""
    assert run(["endpoint", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Example: nexdiag endpoint --like sglang" in said
    assert "*.toml, *.jsonl" in said


def test_a_port_that_is_taken_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """The port is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["endpoint", "--like", "sglang", "--port", str(port)]) == 3
    assert f"port {port} is taken" in capsys.readouterr().err
