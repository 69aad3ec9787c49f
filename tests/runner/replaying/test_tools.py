"""Tools that run for real in a replay."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from nexdiag.agent.config import Config, Tools, WebSearch
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.lint import profiles
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.rerun import rerun
from nexdiag.runner.replaying.tools import Live, LiveTools, live_tools, tools_for
from tests.runner.replaying.test_rerun import record_tools

ENDPOINT = Endpoint(base_url="http://127.0.0.1:1/v1", model="m", profile=profiles.UNKNOWN, key_variable="MY_KEY")
READ = '{"path": "there.txt"}'


def live(tmp_path: Path, names: tuple[str, ...], config: Config | None = None) -> Live:
    made = live_tools(
        names,
        endpoint=ENDPOINT,
        workspace=tmp_path,
        config=config,
        environ={"MY_KEY": "sk-1", "PATH": "/bin"},
    )
    assert made is not None
    return made


def ran(tools: Live, *calls: ToolCall) -> tuple[ToolRun, ...]:
    async def run() -> tuple[ToolRun, ...]:
        try:
            return await tools.tools.run(calls)
        finally:
            await tools.tools.close()

    return asyncio.run(run())


def test_a_tool_runs_in_the_workspace(tmp_path: Path) -> None:
    """For real: what stands there now is what it gives."""
    (tmp_path / "there.txt").write_text("as it is now")
    (run,) = ran(live(tmp_path, ("read_file",)), ToolCall(id="c", name="read_file", arguments=READ))
    assert "as it is now" in run.output


def test_each_conversation_has_tools_of_its_own(tmp_path: Path) -> None:
    """What was closed behind the first works in the second, and is closed behind that too."""

    class Counting:
        """Tools that count how often they are closed."""

        closed = 0

        async def run(self, calls: Sequence[ToolCall], **_: object) -> tuple[ToolRun, ...]:
            assert not self.closed
            return tuple(ToolRun(call_id=one.id, name=one.name, arguments="", output=str(len(made))) for one in calls)

        async def close(self) -> None:
            self.closed += 1

    made: list[Counting] = []

    def make() -> Counting:
        made.append(Counting())
        return made[-1]

    tools = msgspec.structs.replace(live(tmp_path, ("glob",)), tools=LiveTools(make))
    call = ToolCall(id="c", name="glob", arguments="{}")
    assert [ran(tools, call, call)[1].output for _ in range(2)] == ["1", "2"]
    assert [one.closed for one in made] == [1, 1]


def test_a_denied_tool_does_not_run_and_is_told(tmp_path: Path) -> None:
    """What the config denies is denied here, by pattern too; the warning says so before anything runs."""
    config = Config(tools=Tools(deny_tools=("ba*",)))
    tools = live(tmp_path, ("bash", "glob"), config=config)
    (run,) = ran(tools, ToolCall(id="c", name="bash", arguments='{"command": "touch made"}'))
    assert run.is_error
    assert "denied" in run.output
    assert not (tmp_path / "made").exists()
    assert tools.warning == f"tools run for real in {tmp_path}: glob; denied: bash"


def test_commands_do_not_see_the_key(tmp_path: Path) -> None:
    """The variable that the endpoint's key comes from is not in their environment."""
    call = ToolCall(id="c", name="bash", arguments='{"command": "echo key=$MY_KEY."}')
    (run,) = ran(live(tmp_path, ("bash",)), call)
    assert "key=." in run.output


def test_tools_that_cannot_work_here_are_told(tmp_path: Path) -> None:
    """Some need a model, and one a search engine."""
    tools = live(tmp_path, ("summarize", "web_search", "glob"))
    assert tools.warning == f"tools run for real in {tmp_path}: glob; cannot work here: summarize, web_search"
    config = Config(tools=Tools(web_search=WebSearch(url="http://127.0.0.1:1")))
    assert "web_search" in live(tmp_path, ("web_search",), config=config).runs
    assert live(tmp_path, ("summarize",)).warning.startswith("no tool can run")


def test_a_scenario_without_tools_has_none_to_run(tmp_path: Path) -> None:
    """Nothing is offered, so nothing is made."""
    assert live_tools((), endpoint=ENDPOINT, workspace=tmp_path, environ={}) is None


def test_a_workspace_that_is_no_directory_is_told(tmp_path: Path) -> None:
    """Before anything is played."""
    with pytest.raises(UsageError, match="no directory"):
        live_tools(("glob",), endpoint=ENDPOINT, workspace=tmp_path / "none", environ={})


def test_a_tool_that_is_not_ours_is_told(tmp_path: Path) -> None:
    """A recording of another program's tools: they cannot be run."""
    with pytest.raises(UsageError, match="no such tool"):
        live_tools(("their_tool",), endpoint=ENDPOINT, workspace=tmp_path, environ={})


def test_a_replay_with_live_tools_tells_what_gives_another_output(tmp_path: Path) -> None:
    """The file has changed: the turn differs where it is carried, and the tool is named; else it is exact."""
    (tmp_path / "there.txt").write_text("as it was")
    cassette = record_tools(tmp_path, calls=10)
    for text, outcome, told in (("as it was", "exact", False), ("as it is", "changed", True)):
        (tmp_path / "there.txt").write_text(text)
        tools = tools_for(cassette, workspace=tmp_path, environ={})
        assert tools is not None
        (turn,) = rerun(cassette, How(live_tools=True), tools=tools.tools).replayed
        assert (turn.outcome, "(tools)" in {one.pointer for one in turn.differences}) == (outcome, told)
    assert any(one.pointer.startswith("/messages/3") and "as it is" in str(one.right) for one in turn.differences)


def test_a_recording_without_a_scenario_has_no_tools_to_run(tmp_path: Path) -> None:
    """Nobody knows which they would be."""
    assert tools_for(Cassette(header=Header()), workspace=tmp_path, environ={}) is None
