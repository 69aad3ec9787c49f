"""The daemon and its recordings."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from daemons import until
from model_server import answers, http, sends
from model_server import serving as model_server

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.agent.executors.cli import CliExecutor
from nexdiag.agent.session.conversation import open_chat
from nexdiag.agent.session.overrides import Overrides, write_overrides
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Request
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine
from nexdiag.lint import profiles
from nexdiag.runner.host import Host, recording
from nexdiag.runner.host import Wanted as Recorded
from nexdiag.runner.load import load

NEUTRAL = profiles.resolve(None)
ENDPOINT = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", profile=NEUTRAL)


def test_a_recording_says_what_it_is_of_and_holds_no_key(tmp_path: Path) -> None:
    """The header has origin, model, profile, window and scenario; the key is in no line."""
    endpoint = Endpoint(
        base_url="http://h/v1", model="m", profile=profiles.named("vllm"), key="tr0ub4dor-and-3", window=100
    )
    path = tmp_path / "c.cassette.jsonl"
    with recording(path, endpoint, Scenario(name="x", say=())):
        pass
    header = load(path).header
    assert (header.origin, header.model, header.profile, header.window) == ("http://h/v1", "m", "vllm", 100)
    assert header.scenario is not None
    assert header.tool.startswith("nexdiag ")
    assert b"tr0ub4dor" not in path.read_bytes()


def test_the_key_is_in_no_line_and_what_is_under_way_is_kept(tmp_path: Path) -> None:
    """A log that quotes the key is written without it; a request that is out when the recording ends is in it."""
    path = tmp_path / "c.cassette.jsonl"
    endpoint = msgspec.structs.replace(ENDPOINT, key="tr0ub4dor-and-3")
    with recording(path, endpoint, None) as recorder:
        recorder.log_line(LogLine(at=1.0, text="the server said: wrong key tr0ub4dor-and-3"))
        recorder.begin(Request(method="POST", url="http://h/v1/chat/completions"), turn=None, attempt=1)
    cassette = load(path)
    assert "tr0ub4dor" not in path.read_text()
    assert cassette.log[0].text.startswith("the server said: wrong key [redacted")
    assert len(cassette.exchanges) == 1


def test_what_is_added_to_a_recording_is_redacted_as_that_was(tmp_path: Path) -> None:
    """What its header names is replaced, though nobody names it again."""
    path = tmp_path / "c.cassette.jsonl"
    with recording(path, ENDPOINT, None, wanted=Recorded(cassette=path, redact=("cust-[0-9]+",))):
        pass
    with recording(path, ENDPOINT, None, wanted=Recorded(cassette=path, append=True)) as recorder:
        recorder.log_line(LogLine(at=1.0, text="I am cust-123456"))
    assert load(path).log[0].text.startswith("I am [redacted ")


def test_an_unknown_server_is_not_written_down_as_known(tmp_path: Path) -> None:
    """A guess in the header would be taken for a fact by whoever judges it later."""
    with recording(tmp_path / "c.cassette.jsonl", ENDPOINT, None):
        pass
    assert load(tmp_path / "c.cassette.jsonl").header.profile == ""


def test_a_recordings_header_tells_the_window_that_the_chats_use(tmp_path: Path) -> None:
    """It is asked for once, before the first chat: a replay computes with the same number."""
    props = http(json.dumps({"default_generation_settings": {"n_ctx": 4000}}))
    cassette = tmp_path / "c.cassette.jsonl"
    with model_server(sends(props)) as server:
        set_up(tmp_path / "s", Wanted(url=server.url, model="m", profile="llama.cpp"))
        host = Host(tmp_path / "s")

        async def window() -> int | None:
            with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation:
                driver = await host._executor(conversation, lambda told: None)
                await driver.close()
                return driver.machine.limits.window  # type: ignore[attr-defined, no-any-return]

        with host.recording(Recorded(cassette=cassette)):
            assert asyncio.run(window()) == 4000
    assert load(cassette).header.window == 4000


def test_a_chat_may_have_its_own_model_endpoint_and_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it overrides is in force, else the config as it stands now (reference faults 55, 56, 59)."""
    state = tmp_path / "s"
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    with model_server(answers("Hello.")) as server, open_chat(state, 0, clock=lambda: 1.0) as conversation:
        set_up(state, Wanted(url="http://127.0.0.1:9", model="m"))
        write_overrides(conversation.directory, Overrides(model="other", endpoint=server.url))

        async def play() -> str | None:
            executor = await Host(state)._executor(conversation, lambda told: None)
            turn = await executor.say("hello")
            await executor.close()
            return turn.reply

        assert asyncio.run(play()) == "Hello."
        assert server.asked[-1].model == "other"
        write_overrides(conversation.directory, Overrides(executor="codex"))

        async def kind() -> type:
            executor = await Host(state)._executor(conversation, lambda told: None)
            await executor.close()
            return type(executor)

        assert asyncio.run(kind()) is CliExecutor


def test_a_config_that_cannot_work_is_told_before_the_daemon_serves(tmp_path: Path) -> None:
    """Without an endpoint no chat could answer; an installed CLI needs none, and is not recorded here."""
    configuration.write(tmp_path / "a", configuration.Config())
    with pytest.raises(UsageError, match="no "):
        Host(tmp_path / "a").check()
    configuration.write(tmp_path / "b", configuration.Config(agent=configuration.Agent(executor="claude")))
    Host(tmp_path / "b").check()
    broken = Host(tmp_path / "b").recording(Recorded(cassette=tmp_path / "c"))
    with pytest.raises(UsageError, match="cannot be recorded"), broken:
        pass


def test_log_turn_and_exchange_are_joined_by_one_request_id(tmp_path: Path) -> None:
    """The id of a question stands in the log's lines of its turn, and begins that of each request in the recording."""
    cassette = tmp_path / "c.cassette.jsonl"
    with model_server(answers("Hello.")) as server:
        server.only_chats = True
        set_up(tmp_path / "s", Wanted(url=server.url, model="m", window=8000, profile="llama.cpp"))
        host = Host(tmp_path / "s")

        async def play() -> None:
            serving = asyncio.create_task(host.serve())
            client = DaemonClient(tmp_path / "s")
            await until((tmp_path / "s" / "service" / "state.json").exists)
            await client.ask("user_chat", message="hi", request_id="q-7")
            await client.ask("wait_reply", request_id="q-7", timeout=20)
            await client.ask("shutdown")
            await serving

        with host.recording(Recorded(cassette=cassette)):
            asyncio.run(play())
    recorded = load(cassette)
    headers = dict(recorded.exchanges[0].request.headers)
    assert headers["x-request-id"].startswith("q-7.")
    logged = [line.text for line in recorded.log if "request_id=q-7" in line.text]
    assert any("Turn 1 started" in text for text in logged)
    assert recorded.exchanges[0].turn == 1


def test_an_executor_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    """A word that nobody knows is no word for ours; the reference's `native` is."""
    for word in ("claud", "native"):
        state = tmp_path / word
        set_up(state, Wanted(url="http://127.0.0.1:9", model="m"), configuration.Agent())
        text = (state / "config.toml").read_text().replace('executor = "nex"', f'executor = "{word}"')
        (state / "config.toml").write_text(text)
    Host(tmp_path / "native").check()
    with pytest.raises(UsageError) as raised:
        Host(tmp_path / "claud").check()
    assert raised.value.hint == "the executors are: nex, claude, codex"
