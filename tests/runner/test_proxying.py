"""Promises of `nexdiag.runner.proxying`: with real clients, against a real model server."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from nexdiag.capture.witness import Told
from nexdiag.core.errors import CassetteError, EndpointError, UsageError
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
from nexdiag.runner import proxying as module
from nexdiag.runner.load import load
from nexdiag.runner.proxying import Target, proxying, target_of

SAY = [{"role": "user", "content": "hi"}]
KEY = "sk-test-0123456789abcdefghij"


@pytest.fixture
def upstream() -> Iterator[str]:
    """A stub with the manners of llama.cpp."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        yield url


def chat(url: str, text: str = "hi", **headers: str) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, trust_env=False)


@pytest.mark.real
def test_real_clients_on_a_real_server_are_recorded(tmp_path: Path) -> None:
    """The openai SDK, sync and streamed, chat and responses, through it: the same answers, all kept, in turns."""
    path = tmp_path / "c"
    with llama.running() as url, proxying(f"{url}/v1", cassette=path, environ={"OPENAI_API_KEY": KEY}) as proxy:
        direct, through = (openai.OpenAI(base_url=f"{one}/v1", api_key=KEY) for one in (url, proxy.url))
        told = [
            one.chat.completions.create(model="m", max_tokens=8, temperature=0, messages=SAY).choices[0].message.content  # type: ignore[arg-type]
            for one in (direct, through)
        ]
        assert told[0] == told[1]
        pieces = list(through.chat.completions.create(model="m", max_tokens=8, messages=SAY, stream=True))  # type: ignore[arg-type]
        assert through.responses.create(model="m", max_output_tokens=8, input="hi").status == "completed"
        assert [model.id for model in through.models.list()] == [model.id for model in direct.models.list()]
        assert httpx.get(f"{proxy.url}/props", trust_env=False).json()
        assert chat(f"{proxy.url}/v1").status_code == 404  # /v1/v1: a mistake stays one
    cassette = load(path)
    assert [one.request.path for one in cassette.exchanges] == [
        "/v1/chat/completions",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/models",
        "/props",
        "/v1/v1/chat/completions",
    ]
    assert len(cassette.exchanges[1].response.chunks) >= len(pieces)  # type: ignore[union-attr]
    assert cassette.header.profile == "llama.cpp"
    assert cassette.header.origin == f"{url}/v1"
    assert cassette.turns
    assert KEY not in path.read_text()


def test_a_recording_says_what_it_is(upstream: str, tmp_path: Path) -> None:
    """Its header names origin, profile, command and libraries; the file is for its owner alone."""
    path = tmp_path / "c"
    with proxying(upstream, cassette=path, command="agent --fast") as proxy:
        assert chat(proxy.url).status_code == 200
        assert (proxy.cassette, proxy.origin, proxy.trouble, proxy.exchanges) == (path, f"{upstream}/v1", None, 1)
    header = load(path).header
    assert (header.origin, header.profile, header.command) == (f"{upstream}/v1", "llama.cpp", "agent --fast")
    assert set(header.libraries) == {"python", "httptools"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_echo_of_a_key_is_replaced(upstream: str, tmp_path: Path) -> None:
    """The key that a request carries, and those of the environment, wherever they stand."""
    path = tmp_path / "c"
    told: list[Told] = []
    with proxying(upstream, cassette=path, environ={"MY_TOKEN": "tok-98765-xyzzy"}, told=told.append) as proxy:
        chat(
            proxy.url,
            "my key is carried-12345-xyzzy, the other tok-98765-xyzzy",
            authorization="Bearer carried-12345-xyzzy",
        )
    text = path.read_text() + repr(told)
    assert "xyzzy" not in text
    assert "redacted" in text


def test_who_listens_hears_of_each_exchange(upstream: str, tmp_path: Path) -> None:
    """When it is on disk; and what listening breaks is not the traffic."""
    path = tmp_path / "c"
    heard: list[tuple[int, bool]] = []

    def tell(told: Told) -> None:
        if told.ended:
            heard.append((told.number, path.read_bytes().count(b'"exchange":') == told.number + 1))
        raise RuntimeError

    with proxying(upstream, cassette=path, told=tell) as proxy:
        assert [chat(proxy.url).status_code for _ in range(3)] == [200] * 3
    assert heard == [(0, True), (1, True), (2, True)]


def test_logs_are_recorded_beside_it(upstream: str, tmp_path: Path) -> None:
    """What a daemon writes meanwhile is in the same file."""
    log, path = tmp_path / "daemon.log", tmp_path / "c"
    log.write_text("before\n")
    with proxying(upstream, cassette=path, log=[str(log)]) as proxy:
        chat(proxy.url)
        with log.open("a") as more:
            more.write("meanwhile\n")
    assert proxy.log_lines == 1
    assert "meanwhile" in path.read_text()
    assert "before" not in path.read_text()


def test_a_recording_of_nothing_is_no_file(upstream: str, tmp_path: Path) -> None:
    """No empty cassette is left behind."""
    path = tmp_path / "c"
    with proxying(upstream, cassette=path) as proxy:
        assert path.exists()
        assert proxy.exchanges == 0
    assert not path.exists()


def test_a_name_that_is_taken_gets_a_number(upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is overwritten; a file that was named and exists is an error, and stays."""
    monkeypatch.chdir(tmp_path)
    paths = []
    for _ in range(2):
        with proxying(upstream) as proxy:
            chat(proxy.url)
        paths.append(proxy.cassette)
    host = upstream.removeprefix("http://").replace(":", "-")
    assert [path.name for path in paths] == ["proxy.cassette.jsonl", "proxy-2.cassette.jsonl"]
    assert paths[0].parent == Path("cassettes") / host
    before = paths[0].read_bytes()
    with pytest.raises(CassetteError, match="it exists"), proxying(upstream, cassette=paths[0]):
        pass
    assert paths[0].read_bytes() == before


def test_who_comes_second_to_a_name_takes_the_next(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was free a moment ago is no error; a place that cannot be written is one at once."""
    monkeypatch.chdir(tmp_path)
    with proxying(upstream) as first, pytest.MonkeyPatch.context() as patch:
        names = iter([first.cassette, first.cassette, tmp_path / "b"])
        patch.setattr(module, "next_recording", lambda path: next(names))
        with proxying(upstream) as second:
            assert second.cassette == tmp_path / "b"
    (tmp_path / "file").touch()
    monkeypatch.setattr(module, "next_recording", lambda path: tmp_path / "file" / "c")
    with pytest.raises(CassetteError, match="cannot record to"), proxying(upstream):
        pass


def test_a_port_that_is_taken_is_said_and_leaves_nothing(upstream: str, tmp_path: Path) -> None:
    """With a hint; neither file nor thread stays."""
    threads = threading.active_count()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(EndpointError, match=f"port {port}: "),
            proxying(upstream, cassette=tmp_path / "c", port=port),
        ):
            pass
    with pytest.raises(EndpointError, match="port 99999: "), proxying(upstream, cassette=tmp_path / "c", port=99999):
        pass
    assert not (tmp_path / "c").exists()
    assert threading.active_count() == threads


def test_an_upstream_that_is_not_there_yet_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    """The client sees what is wrong, and it is recorded."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with proxying(url, cassette=tmp_path / "c") as proxy:
            answer = chat(proxy.url)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_unreachable"
    [kept] = load(tmp_path / "c").exchanges
    assert (kept.failure or "").startswith("ConnectError: ")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("https://example.com/gateway/", "https://example.com/gateway/v1"),
        (" https://example.com/v1/chat/completions ", "https://example.com/v1"),
    ],
)
def test_an_upstream_may_be_typed_as_it_comes(typed: str, target: str) -> None:
    """As everywhere else in nexdiag; a server that is far away is not asked anything."""
    assert target_of(typed).url == target


def test_a_server_far_away_is_known_by_its_name() -> None:
    """Its profile goes into the header."""
    assert target_of("https://api.openai.com/v1").profile == "openai"
    assert target_of("https://example.com").profile == ""


@pytest.mark.parametrize("typed", ["nonsense", "ftp://h", "http://user:hunter2@h/v1", "http://h/?k=hunter2", ""])
def test_what_is_no_upstream_is_refused(typed: str) -> None:
    """With a hint; what may be a password is not repeated."""
    with pytest.raises(UsageError) as told:
        target_of(typed)
    assert "hunter2" not in told.value.what
    assert "--upstream" in told.value.hint


def test_without_an_upstream_the_server_of_this_machine_is_found(upstream: str) -> None:
    """One is taken; of none and of several it is said how to name one."""
    port = int(upstream.rpartition(":")[2])
    assert target_of(None, ports=[port]) == Target(url=f"{upstream}/v1", profile="llama.cpp")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(UsageError, match="no model server answers") as none:
            target_of(None, ports=[nobody.getsockname()[1]])
    assert "--upstream URL" in none.value.hint
    with (
        serving.running(stub.StubEndpoint(profiles.named("vllm"))) as other,
        pytest.raises(UsageError, match="2 servers answer") as several,
    ):
        target_of(None, ports=[port, int(other.rpartition(":")[2])])
    assert f"--upstream {upstream}/v1" in several.value.hint


CHILD = """
import sys
from pathlib import Path
from nexdiag.runner.proxying import proxying
with proxying(sys.argv[1], cassette=Path(sys.argv[2])) as proxy:
    print(proxy.url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("count", [1, 4])
def test_a_killed_proxy_has_lost_nothing_that_a_client_saw_the_end_of(
    upstream: str, tmp_path: Path, count: int
) -> None:
    """SIGKILL the moment after the k-th answer: k exchanges are in the file, whole; small and large ones."""
    path = tmp_path / "c"
    command = [sys.executable, "-c", CHILD, upstream, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        with httpx.Client(trust_env=False) as client:
            for number in range(count):
                said = "large " * 40_000 if number % 2 else "small"
                body = {"model": "m", "stream": number > 1, "messages": [{"role": "user", "content": said}]}
                assert client.post(f"{url}/v1/chat/completions", json=body).status_code == 200
            os.kill(child.pid, signal.SIGKILL)
    cassette = load(path)
    assert len(cassette.exchanges) == count
    assert {one.failure for one in cassette.exchanges} == {None}
    assert cassette.tear is None
