"""What an executor is made of."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from model_server import Asked, echoes, http, sends
from model_server import serving as model_server

from nexdiag.agent import config as configuration
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import budget
from nexdiag.agent.progress import Compacted, Progress, Repaired
from nexdiag.agent.session.conversation import open_chat
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.message import ToolCall
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.crew import Crew, endpoint_of, make_executor, offered, other_executor

T = TypeVar("T")
NEUTRAL = profiles.resolve(None)
MCP_SERVER = Path(__file__).parents[1] / "mcp_server.py"


def crew(tmp_path: Path, url: str = "http://127.0.0.1:9", **agent: object) -> Crew:
    config = configuration.Config(agent=configuration.Agent(**agent))  # type: ignore[arg-type]
    return Crew(config=config, endpoint=Endpoint(base_url=f"{url}/v1", model="m", profile=NEUTRAL), workspace=tmp_path)


def with_driver(made: Crew, use: Callable[[Driver], Awaitable[T]], *, state: Path | None = None) -> T:
    """What `use` gives of the executor, which lives in chat 0 of `state`, or keeps nothing."""

    async def run() -> T:
        if state is None:
            return await closing(await make_executor(made, None, lambda told: None))
        with open_chat(state, 0, clock=lambda: 1.0) as conversation:
            return await closing(await make_executor(made, conversation, lambda told: None))

    async def closing(driver: Driver) -> T:
        try:
            return await use(driver)
        finally:
            await driver.close()

    return asyncio.run(run())


async def names(driver: Driver) -> list[str]:
    return [spec.name for spec in driver._specs]


def test_the_profile_comes_from_the_config() -> None:
    """A named profile is found; one that there is not is an error; none is the neutral one."""

    def found(name: str | None) -> str:
        entry = configuration.EndpointEntry(url="http://h", model="m", profile=name)
        config = configuration.Config(llm_endpoints=configuration.Endpoints(endpoints=(entry,)))
        return endpoint_of(config).profile.name

    assert found("azure") == "azure"
    assert found(None) == "unknown"
    with pytest.raises(UsageError, match="unknown profile"):
        found("nonsense")


def test_commands_do_not_see_the_endpoints_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the key's variable is called, no tool can print it; other variables are there."""
    monkeypatch.setenv("PLAIN_NAME", "the-secret-of-the-endpoint")
    monkeypatch.setenv("OTHER_NAME", "not secret")
    made = crew(tmp_path)
    made = msgspec.structs.replace(made, endpoint=msgspec.structs.replace(made.endpoint, key_variable="PLAIN_NAME"))
    call = ToolCall(id="c", name="bash", arguments='{"command": "echo [$PLAIN_NAME] [$OTHER_NAME]"}')

    async def output(driver: Driver) -> str:
        assert driver.tools is not None
        (ran,) = await driver.tools.run([call])
        return ran.output

    assert with_driver(made, output).strip() == "[] [not secret]"


def test_a_session_keeps_the_prompt_that_it_began_with(tmp_path: Path) -> None:
    """A later life of a session sends the same first bytes, so that the server's prompt cache holds.

    (reference fault L30)
    """

    async def say(driver: Driver) -> str:
        await driver.say("hello")
        return driver._system[0].text

    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        for prompt in ("First prompt.", "Second prompt."):
            assert with_driver(crew(tmp_path, url, system=prompt), say, state=tmp_path / "s") == "First prompt."
    with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation:
        assert [message.role for message in conversation.messages] == ["user", "assistant"] * 2


def test_read_only_leaves_no_tool_that_changes_anything(tmp_path: Path) -> None:
    """bash, bg, write_file and edit_file are not offered."""
    made = msgspec.structs.replace(crew(tmp_path), read_only=True)
    assert not {"bash", "bg", "write_file", "edit_file", "delegate"} & set(with_driver(made, names))
    assert {"glob", "grep", "read_file"} <= set(with_driver(made, names))


def test_no_tools_means_none(tmp_path: Path) -> None:
    """An empty list in the config offers none; a name that is none is an error."""
    assert with_driver(crew(tmp_path, tools=()), names) == []
    with pytest.raises(UsageError, match="no such tool"):
        with_driver(crew(tmp_path, tools=("bsh",)), names)


def test_a_bundle_chooses_tools_and_adds_to_the_prompt(tmp_path: Path) -> None:
    """A role adds to it too; an unknown bundle is an error, and no full access (reference, section 5)."""
    state = tmp_path / "s"
    (state / "bundles").mkdir(parents=True)
    (state / "bundles" / "mine.toml").write_text('name = "mine"\ntools = ["grep"]\nsystem_prompt_suffix = "Search."\n')
    made = msgspec.structs.replace(crew(tmp_path, system="Be brief."), state=state, bundle="mine", role="A reviewer.")

    async def told(driver: Driver) -> tuple[list[str], str]:
        return await names(driver), driver._system[0].text

    offered_tools, prompt = with_driver(made, told)
    assert offered_tools == ["grep"]
    assert prompt.startswith("Be brief.")
    assert "Search." in prompt
    assert prompt.endswith("## Role\n\nA reviewer.")
    with pytest.raises(UsageError, match="lihgt"):
        with_driver(msgspec.structs.replace(made, bundle="lihgt"), names)


def test_mcp_servers_bring_their_tools_and_end_with_the_executor(tmp_path: Path) -> None:
    """Unless they are not wanted; one that does not start costs a line, not the session."""
    servers = {
        "real": configuration.McpServer(command=sys.executable, args=(str(MCP_SERVER),)),
        "broken": configuration.McpServer(command="no-such-program"),
    }
    made = crew(tmp_path)
    made = msgspec.structs.replace(
        made, config=msgspec.structs.replace(made.config, mcp=configuration.Mcp(servers=servers))
    )
    told: list[Progress] = []

    async def run(wanted: Crew) -> list[str]:
        driver = await make_executor(wanted, None, told.append)
        try:
            return await names(driver)
        finally:
            await driver.close()

    assert any(name.startswith("real__") for name in asyncio.run(run(made)))
    assert any(isinstance(one, Repaired) and "broken" in one.what for one in told)
    assert not any("__" in name for name in asyncio.run(run(msgspec.structs.replace(made, mcp=False))))
    assert not any("__" in name for name in offered(made))


def test_mcp_servers_do_not_see_the_endpoints_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its variable is called: the server's environment is written by itself, and looked at here."""
    monkeypatch.setenv("PLAIN_NAME", "the-secret-of-the-endpoint")
    seen = tmp_path / "seen"
    server = configuration.McpServer(command="sh", args=("-c", f"env > {seen}; exit 1"))
    made = crew(tmp_path)
    config = msgspec.structs.replace(made.config, mcp=configuration.Mcp(servers={"s": server}))
    endpoint = msgspec.structs.replace(made.endpoint, key_variable="PLAIN_NAME")
    with_driver(msgspec.structs.replace(made, config=config, endpoint=endpoint), names)
    assert "PATH=" in seen.read_text()
    assert "the-secret" not in seen.read_text()


def test_a_session_goes_on_counting_its_turns(tmp_path: Path) -> None:
    """A later life of a session continues the numbers of its turns: a recording of it says where it begins."""

    async def say(driver: Driver) -> int:
        await driver.say("hello")
        return driver.turns

    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        assert [with_driver(crew(tmp_path, url), say, state=tmp_path / "s") for _ in range(2)] == [1, 2]


def test_the_room_of_a_request_counts_all_that_goes_out(tmp_path: Path) -> None:
    """System prompt, tools and the answer's own tokens, in the window of the endpoint (reference fault 32)."""
    made = crew(tmp_path, system="word " * 4000, tools=("bash", "grep"))
    made = msgspec.structs.replace(made, endpoint=msgspec.structs.replace(made.endpoint, window=32_000, max_tokens=900))

    async def limits(driver: Driver) -> tuple[int | None, int, int]:
        found = driver.machine.limits
        return found.window, found.reserve, found.overhead

    window, reserve, overhead = with_driver(made, limits)
    assert (window, reserve) == (32_000, 900)
    assert overhead > 5000 + 100


def test_who_types_has_what_a_full_window_needs(tmp_path: Path) -> None:
    """The executor of terminal and daemon makes a long talk shorter on its way; no request outgrows the window.

    (reference faults 35, 37)
    """
    told: list[Progress] = []
    sizes: list[int] = []

    def play(asked: Asked, wire: socket.socket) -> None:
        if asked.method == "GET":  # a question about the server itself
            return sends(http("{}", "404 Not Found"))(asked, wire)
        sizes.append(budget.tokens(asked.body.decode()))
        return echoes(asked, wire)

    with model_server(play) as server:
        made = crew(tmp_path, server.url, tools=())
        endpoint = msgspec.structs.replace(made.endpoint, window=4000, max_tokens=300)

        async def run() -> list[str | None]:
            driver = await make_executor(msgspec.structs.replace(made, endpoint=endpoint), None, told.append)
            turns = [await driver.say(f"{number} " + "word " * 400) for number in range(12)]
            await driver.close()
            return [turn.reply for turn in turns]

        replies = asyncio.run(run())
    assert all(reply and reply.startswith("echo: ") for reply in replies)
    assert any(isinstance(progress, Compacted) for progress in told)
    assert max(sizes) < 4000


@pytest.mark.parametrize(
    "more",
    [
        {"tools": configuration.Tools(deny_tools=("bash",))},
        {"agent": configuration.Agent(tools=("grep",))},
        {"agent": configuration.Agent(system="Be brief.")},
    ],
)
def test_what_another_executor_would_not_heed_is_refused(tmp_path: Path, more: dict[str, object]) -> None:
    """A denied tool that runs all the same is worse than no chat."""
    config = configuration.Config(**more)  # type: ignore[arg-type]
    with open_chat(tmp_path / "s", 0, clock=lambda: 1.0) as conversation, pytest.raises(UsageError, match="from us"):
        other_executor("codex", config, conversation, lambda told: None, workspace=tmp_path)
