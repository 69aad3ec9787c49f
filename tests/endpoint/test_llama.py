"""Promises of the real llama.cpp server: it answers as llama.cpp does, and leaves nothing behind."""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest

from nexdiag.agent.setup import Wanted
from nexdiag.agent.tools.toolbox import standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.endpoint import Endpoint, Wire
from nexdiag.core.errors import EndpointError
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import CALLS, STRICT_TEMPLATE, TOOL_TEMPLATE
from nexdiag.lint.profiles import named
from nexdiag.runner.crew import live_transport
from nexdiag.runner.play import Stage, play
from nexdiag.runner.replaying.rerun import rerun
from nexdiag.runner.smoke.live import smoke

pytestmark = pytest.mark.real

HELLO = [{"role": "user", "content": "Hello"}]
SERVE = "from nexdiag.endpoint.llama import serve; serve()"
HOLD = """
import sys
from nexdiag.endpoint import llama
with llama.running() as base_url:
    print(base_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with llama.running() as address:
        yield f"{address}/v1"


def ask(base_url: str, messages: list[dict[str, Any]], **fields: object) -> httpx.Response:
    return httpx.post(f"{base_url}/chat/completions", json={"model": "any", "messages": messages, **fields})


def refuses_connections(base_url: str) -> bool:
    url = httpx.URL(base_url)
    with socket.socket() as probe:
        return probe.connect_ex((url.host, url.port or 0)) != 0


def children(pid: int) -> list[int]:
    lists = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile has no children
            lists.append(path.read_text())
    return sorted(int(child_pid) for text in lists for child_pid in text.split())


@contextlib.contextmanager
def child(code: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a Python program; gives it with the first line that it printed."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_available_tells_whether_the_extra_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """One missing library is enough to say no."""
    assert llama.available()
    monkeypatch.setattr(llama, "find_spec", lambda name: None if name == "gguf" else find_spec(name))
    assert not llama.available()


def test_proper_chat_is_answered(base_url: str) -> None:
    """A chat gets words, and the model goes by its alias."""
    body = ask(base_url, HELLO).json()
    assert body["choices"][0]["message"]["content"].strip()
    assert body["model"] == llama.MODEL


def test_proper_chat_is_streamed(base_url: str) -> None:
    """Streamed, the same words come in pieces, then usage if asked for, then [DONE]."""
    text = ask(base_url, HELLO, stream=True, stream_options={"include_usage": True}).text
    *events, done = [line.removeprefix("data: ") for line in text.splitlines() if line]
    chunks = [json.loads(event) for event in events]
    streamed = "".join(c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"])
    assert done == "[DONE]"
    assert chunks[-1]["usage"]["completion_tokens"] > 0
    assert streamed == ask(base_url, HELLO).json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("stream", [False, True])
def test_two_user_messages_in_a_row_are_refused(base_url: str, stream: bool) -> None:
    """The founding fault: 400 before any stream begins, in the template's words."""
    response = ask(base_url, [*HELLO, *HELLO], stream=stream)
    assert response.status_code == 400
    assert "roles must alternate" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "template", [pytest.param(STRICT_TEMPLATE, id="strict"), pytest.param(TOOL_TEMPLATE, id="tool")]
)
def test_our_tools_are_taken(template: str, tmp_path: Path) -> None:
    """All six standard tools on offer, as in a default chat: answered with words, by either template."""
    tools = [
        {"type": "function", "function": msgspec.to_builtins(spec)} for spec in standard(Workspace(tmp_path)).specs()
    ]
    with llama.running(template=template) as address:
        response = ask(f"{address}/v1", HELLO, tools=tools)
    assert len(tools) == 6
    assert response.status_code == 200, response.text
    message = response.json()["choices"][0]["message"]
    assert message["content"].strip()
    assert not message.get("tool_calls")


def test_tool_round_trip_through_the_executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A model that calls gets its tool run and then answers; the recording plays again exactly, offline."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    say = tuple(Say(text=text, expect=Expectation(within=60)) for text in ("What is here?", "And what else?"))
    scenario = Scenario(name="round-trip", say=say, tools=("glob", "grep"))
    with llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS, context=65536) as address:
        target = Wanted(url=address, model=llama.MODEL)
        done = smoke(scenario, target, state=tmp_path / "state", cassette=tmp_path / "c.cassette.jsonl")
    assert done.passed
    turns = done.run.cassette.turns
    assert [turn.outcome for turn in turns] == ["answered"] * 2
    assert [len(turn.exchanges) for turn in turns] == [2] * 2
    assert [len(turn.tool_runs) for turn in turns] == [1] * 2
    assert {run.name for turn in turns for run in turn.tool_runs} <= {"glob", "grep"}
    again = rerun(done.run.cassette)
    assert [turn.outcome for turn in again.replayed] == ["exact"] * 2


@pytest.mark.parametrize("wire", get_args(Wire))
def test_tool_round_trip_through_the_executor_on_every_wire(wire: Wire, tmp_path: Path) -> None:
    """Two messages, each with a call and its outcome, are answered in whichever dialect the endpoint is spoken to."""
    say = tuple(Say(text=text) for text in ("What is here?", "And what else?"))
    scenario = Scenario(name="round-trip", say=say, tools=("glob",))
    with llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS, context=65536) as address:
        endpoint = Endpoint(base_url=f"{address}/v1", model=llama.MODEL, profile=named("llama.cpp"), wire=wire)
        tools = standard(Workspace(tmp_path)).subset(scenario.tools)
        session = asyncio.run(play(scenario, Stage(endpoint=endpoint, transport=live_transport(), tools=tools)))
    assert [turn.outcome for turn in session.turns] == ["answered"] * 2
    assert [message.role for message in session.messages] == ["user", "assistant", "tool", "assistant"] * 2
    assert all(turn.reply for turn in session.turns)


def test_equal_requests_get_equal_answers(base_url: str) -> None:
    """The dice are fixed, whatever was asked in between."""

    def answer(text: str) -> str:
        content: str = ask(base_url, [{"role": "user", "content": text}]).json()["choices"][0]["message"]["content"]
        return content

    first = [answer("Hello"), answer("Hello " * 50)]
    assert [answer("Hello"), answer("Hello " * 50)] == first


@pytest.mark.parametrize("path", ["/v1/models", "/props", "/slots"])
def test_no_path_of_this_machine_shows(base_url: str, path: str) -> None:
    """What the server tells about itself holds no directory, neither ours nor the model's."""
    text = httpx.get(f"{base_url.removesuffix('/v1')}{path}").text
    assert text
    assert not [folder for folder in (tempfile.gettempdir(), str(Path.cwd()), "nexdiag-llama-") if folder in text]


def test_listens_on_loopback_only(base_url: str) -> None:
    """The kernel's table knows one listening socket with that port, and its address is 127.0.0.1."""
    wanted = f":{httpx.URL(base_url).port or 0:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    assert [row[1] for row in rows if row[3] == "0A" and row[1].endswith(wanted)] == [f"0100007F{wanted}"]


def test_nothing_is_left_after_the_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Within the context no model lies on disk, and after it nobody listens and no child remains."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = children(os.getpid())
    with llama.running() as url:
        assert not list(tmp_path.iterdir())
        assert not refuses_connections(url)
        assert len(children(os.getpid())) == len(before) + 1
    assert refuses_connections(url)
    assert children(os.getpid()) == before
    assert not list(tmp_path.iterdir())


def test_a_broken_block_ends_the_server() -> None:
    """An exception in the block passes through, and the server ends all the same."""
    urls = []

    def break_off() -> None:
        with llama.running() as url:
            urls.append(url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert refuses_connections(*urls)


def test_port_in_use_is_told_with_the_childs_log() -> None:
    """Who cannot listen says why, with a hint, and is reaped."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(EndpointError, match=f"would not serve on 127.0.0.1:{port}") as caught,
            llama.running(port=port),
        ):
            pytest.fail("the port was taken")
    assert "port 0 picks a free one" in caught.value.hint


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_foreground_server(sent: signal.Signals) -> None:
    """The first line tells the address without /v1; a signal ends the process with 0, even amid a stream."""
    with child(SERVE) as (process, line):
        address = line.removeprefix("listening ")
        assert line == f"listening {address}"
        assert not httpx.URL(address).path.strip("/")
        endless = {"prompt": "Hello", "stream": True, "ignore_eos": True, "max_tokens": 8000}
        with httpx.stream("POST", f"{address}/v1/completions", json=endless) as response:
            lines = response.iter_lines()
            assert next(lines)
            process.send_signal(sent)
            assert process.wait(10) == 0
    assert refuses_connections(address)


def test_foreground_server_does_not_need_its_stdin() -> None:
    """Started in the background of a shell, without input, it goes on serving."""
    with child(SERVE) as (process, line):
        assert process.stdin is not None
        process.stdin.close()
        assert ask(line.removeprefix("listening ") + "/v1", HELLO).status_code == 200


def test_server_ends_with_a_parent_that_is_killed() -> None:
    """A parent that had no time to tidy up takes the server with it."""
    with child(HOLD) as (parent, url):
        server = os.pidfd_open(*children(parent.pid))
        try:
            parent.kill()
            ended, _, _ = select.select([server], [], [], 10)
        finally:
            with contextlib.suppress(ProcessLookupError):  # what outlived its parent here must not outlive the test
                signal.pidfd_send_signal(server, signal.SIGKILL)
            os.close(server)
    assert ended
    assert refuses_connections(url)
