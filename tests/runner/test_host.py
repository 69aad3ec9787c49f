"""The executor and its daemon, put together."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from nexdiag.agent import config as configuration
from nexdiag.agent.session.conversation import open_chat
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Request
from nexdiag.core.message import ToolCall
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.host import Crew, endpoint_of, make_executor, recording
from nexdiag.runner.load import load

NEUTRAL = profiles.resolve(None)


def crew(tmp_path: Path, url: str = "http://127.0.0.1:9", **agent: object) -> Crew:
    config = configuration.Config(agent=configuration.Agent(**agent))
    return Crew(config=config, endpoint=Endpoint(base_url=f"{url}/v1", model="m", profile=NEUTRAL), workspace=tmp_path)


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
    endpoint = msgspec.structs.replace(crew(tmp_path).endpoint, key="tr0ub4dor-and-3")
    with recording(path, endpoint, None) as recorder:
        recorder.log_line(LogLine(at=1.0, text="the server said: wrong key tr0ub4dor-and-3"))
        recorder.begin(Request(method="POST", url="http://h/v1/chat/completions"), turn=None, attempt=1)
    cassette = load(path)
    assert "tr0ub4dor" not in path.read_text()
    assert cassette.log[0].text.startswith("the server said: wrong key [redacted")
    assert len(cassette.exchanges) == 1


def test_an_unknown_server_is_not_written_down_as_known(tmp_path: Path) -> None:
    """A guess in the header would be taken for a fact by whoever judges it later."""
    with recording(tmp_path / "c.cassette.jsonl", crew(tmp_path).endpoint, None):
        pass
    assert load(tmp_path / "c.cassette.jsonl").header.profile == ""


def test_the_profile_comes_from_the_config(tmp_path: Path) -> None:
    """A named profile is found; one that there is not is an error; none is the neutral one."""

    def found(name: str | None) -> str:
        entry = configuration.EndpointEntry(url="http://h", model="m", profile=name)
        config = configuration.Config(llm_endpoints=configuration.Endpoints(endpoints=(entry,)))
        return endpoint_of(config).profile.name

    assert found("azure") == "azure"
    assert found(None) == "unknown"
    with pytest.raises(UsageError, match="unknown profile"):
        found("nonsense")
    assert tmp_path.exists()


def test_commands_do_not_see_the_endpoints_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the key's variable is called, no tool can print it; other variables are there."""
    monkeypatch.setenv("PLAIN_NAME", "the-secret-of-the-endpoint")
    monkeypatch.setenv("OTHER_NAME", "not secret")
    made = crew(tmp_path)
    endpoint = msgspec.structs.replace(made.endpoint, key_variable="PLAIN_NAME")
    driver = make_executor(msgspec.structs.replace(made, endpoint=endpoint), None, lambda told: None)
    call = ToolCall(id="c", name="bash", arguments='{"command": "echo [$PLAIN_NAME] [$OTHER_NAME]"}')

    async def run() -> str:
        assert driver._tools is not None
        (ran,) = await driver._tools.run([call])
        await driver.close()
        return ran.output

    assert asyncio.run(run()).strip() == "[] [not secret]"


def test_a_session_keeps_the_prompt_that_it_began_with(tmp_path: Path) -> None:
    """A later life of a session sends the same first bytes, so that the server's prompt cache holds."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        for prompt in ("First prompt.", "Second prompt."):
            with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation:
                driver = make_executor(crew(tmp_path, url, system=prompt), conversation, lambda told: None)
                assert driver._system[0].text == "First prompt."
                asyncio.run(_say(driver, "hello"))
        with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation:
            assert [message.role for message in conversation.messages] == ["user", "assistant"] * 2


async def _say(driver: object, text: str) -> None:
    await driver.say(text)  # type: ignore[attr-defined]
    await driver.close()  # type: ignore[attr-defined]


def test_read_only_leaves_no_tool_that_changes_anything(tmp_path: Path) -> None:
    """bash, write_file and edit_file are not offered."""
    driver = make_executor(msgspec.structs.replace(crew(tmp_path), read_only=True), None, lambda told: None)
    assert [spec.name for spec in driver._specs] == ["glob", "grep", "read_file"]
    asyncio.run(driver.close())


def test_no_tools_means_none(tmp_path: Path) -> None:
    """An empty list in the config offers none; a name that is none is an error."""
    driver = make_executor(crew(tmp_path, tools=()), None, lambda told: None)
    assert driver._specs == ()
    asyncio.run(driver.close())
    with pytest.raises(UsageError, match="no such tool"):
        make_executor(crew(tmp_path, tools=("bsh",)), None, lambda told: None)


def test_a_session_goes_on_counting_its_turns(tmp_path: Path) -> None:
    """A later life of a session continues the numbers of its turns: a recording of it says where it begins."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        for wanted in (1, 2):
            with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation:
                driver = make_executor(crew(tmp_path, url), conversation, lambda told: None)
                asyncio.run(_say(driver, "hello"))
                assert driver.turns == wanted


def test_the_limit_of_model_calls_comes_from_the_config(tmp_path: Path) -> None:
    """max_turns is what the turn machine stops at."""
    driver = make_executor(crew(tmp_path, max_turns=3), None, lambda told: None)
    assert driver.machine.limits.calls == 3
    asyncio.run(driver.close())
