"""A session has the tools that it is to have, and no more, on every path."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from fake_asker import FakeAsker, Question

from nexdiag.agent import config as configuration
from nexdiag.agent.bundle import BUILT_IN, Bundle
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.lint import profiles
from nexdiag.runner.equip import equip, specs

ENDPOINT = Endpoint(base_url="http://h/v1", model="m", profile=profiles.resolve(None), key_variable="OUR_SPECIAL")
HANDS = ["bash", "bg", "edit_file", "glob", "grep", "read_file", "todo_write", "web_fetch", "write_file"]
ALL = sorted([*HANDS, "delegate", "map", "summarize", "web_search"])
SEARCH = configuration.WebSearch(url="http://127.0.0.1:1", api_key_env="SEARCH_SPECIAL")


def config(
    *, tools: tuple[str, ...] | None = None, deny: tuple[str, ...] = (), search: configuration.WebSearch | None = None
) -> configuration.Config:
    return configuration.Config(
        agent=configuration.Agent(tools=tools), tools=configuration.Tools(deny_tools=deny, web_search=search)
    )


def equipped(root: Path, settings: configuration.Config | None = None, **more: Any) -> Toolbox:  # noqa: ANN401 - those of `equip`
    environ = {"PATH": os.environ["PATH"], "OUR_SPECIAL": "s3cret", "SEARCH_SPECIAL": "s3cret", "PLAIN": "1"}
    toolbox = equip(config=settings or config(), endpoint=ENDPOINT, workspace=root, environ=environ, **more)
    assert toolbox is not None
    return toolbox


class Far:
    """A tool from elsewhere."""

    name = "far__do"
    description = "d"
    read_only = False
    parameters: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}

    async def run(self, arguments: dict[str, Any]) -> str:
        del arguments
        return "x" * 200_000


def names(toolbox: Toolbox) -> list[str]:
    return [spec.name for spec in toolbox.specs()]


def talk(toolbox: Toolbox, *calls: tuple[str, dict[str, object]]) -> list[ToolRun]:
    """Run the calls one after the other, as a model would, and close the toolbox."""

    async def main() -> list[ToolRun]:
        try:
            return [(await toolbox.run([_call(name, arguments)]))[0] for name, arguments in calls]
        finally:
            await toolbox.close()

    return asyncio.run(main())


def _call(name: str, arguments: dict[str, object]) -> ToolCall:
    return ToolCall(id="c1", name=name, arguments=json.dumps(arguments))


def test_a_session_is_offered_what_can_work(tmp_path: Path) -> None:
    """Without a search service and a model to ask, their tools are not offered; with both, all are.

    (reference fault 44)
    """
    assert names(equipped(tmp_path)) == HANDS
    assert names(equipped(tmp_path, config(search=SEARCH), asker=FakeAsker(lambda question: ""))) == ALL


def test_what_is_not_offered_says_why_if_it_is_asked(tmp_path: Path) -> None:
    """Models call tools that they know from elsewhere."""
    runs = talk(equipped(tmp_path), ("web_search", {"query": "q"}), ("delegate", {"prompt": "p"}))
    assert "no search service is configured" in runs[0].output
    assert "no model can be asked here" in runs[1].output


def test_the_config_names_the_tools_and_a_bundle_goes_before_it(tmp_path: Path) -> None:
    """In any order; patterns too; nothing else answers."""
    toolbox = equipped(tmp_path, config(tools=("grep", "bash", "web_search")))
    assert names(toolbox) == ["bash", "grep", "web_search"]
    assert talk(toolbox, ("glob", {"pattern": "*"}))[0].output.startswith("Unknown tool: glob")
    assert names(equipped(tmp_path, config(tools=("grep",)), names=["*_file"])) == [
        "edit_file",
        "read_file",
        "write_file",
    ]


def test_a_bundle_chooses_among_them_for_helpers_too(tmp_path: Path) -> None:
    """What it names and cannot work is not offered; the config's list still holds; what leaves nothing is an error."""
    asker = FakeAsker(lambda question: "ok")
    assert names(equipped(tmp_path, bundle=BUILT_IN["shell"])) == ["bash", "bg"]
    assert "web_search" not in names(equipped(tmp_path, bundle=BUILT_IN["research"]))
    assert names(equipped(tmp_path, config(tools=("bash", "grep")), bundle=BUILT_IN["shell"])) == ["bash"]
    assert "bash" not in names(equipped(tmp_path, bundle=BUILT_IN["read_only"]))
    toolbox = equipped(tmp_path, bundle=Bundle(name="b", tools=("delegate", "grep")), asker=asker)
    talk(toolbox, ("delegate", {"prompt": "p", "exec_mode": "full"}))
    assert asker.asked[0].tools is not None
    assert names(asker.asked[0].tools) == ["grep"]
    with pytest.raises(UsageError, match="names tools that are not here"):
        equipped(tmp_path, bundle=Bundle(name="b", tools=("nothing",)))


def test_no_tools_is_no_toolbox_and_an_unknown_name_an_error(tmp_path: Path) -> None:
    """An empty list offers none; a misspelt name is told with the nearest."""
    for settings, given in ((config(tools=()), None), (config(), [])):
        assert equip(config=settings, endpoint=ENDPOINT, workspace=tmp_path, environ={}, names=given) is None
    with pytest.raises(UsageError, match="no such tool: 'bsh'") as caught:
        equipped(tmp_path, config(tools=("bsh",)))
    assert caught.value.hint == "did you mean 'bash'?"


def test_read_only_leaves_no_tool_that_changes_anything(tmp_path: Path) -> None:
    """Neither directly nor through a helper."""
    asker = FakeAsker(lambda question: "")
    toolbox = equipped(tmp_path, read_only=True, asker=asker)
    assert names(toolbox) == ["glob", "grep", "map", "read_file", "summarize", "todo_write", "web_fetch"]
    talk(toolbox, ("map", {"inputs": ["a"], "task": "t"}))
    assert asker.asked[0].tools is not None
    assert names(asker.asked[0].tools) == ["glob", "grep", "read_file", "todo_write", "web_fetch"]


@pytest.mark.parametrize("name", ["bash", "read_file", "web_fetch"])
@pytest.mark.parametrize("mode", ["light", "full"])
def test_what_is_denied_is_denied_to_helpers_too(tmp_path: Path, name: str, mode: str) -> None:
    """Reading tools as well, in both modes, whether config or caller denies (reference fault L21)."""

    async def try_it(question: Question) -> str:
        assert question.tools is not None
        assert name not in names(question.tools)
        (ran,) = await question.tools.run([_call(name, {})])
        return ran.output

    for settings, more in ((config(deny=(name,)), ()), (config(), (name,))):
        toolbox = equipped(tmp_path, settings, asker=FakeAsker(try_it), deny=more)
        assert name not in names(toolbox)
        calls = [(name, {}), ("delegate", {"prompt": "p", "exec_mode": mode}), ("map", {"inputs": ["a"], "task": "t"})]
        runs = talk(toolbox, *calls)
        assert runs[0].output == "permission denied"
        assert "permission denied" in runs[1].output or runs[1].output.startswith("Unknown tool")
        assert "permission denied" in runs[2].output or "Unknown tool" in runs[2].output


def test_patterns_deny_on_every_path(tmp_path: Path) -> None:
    """In the session, in helpers of both modes, and for tools from elsewhere."""
    asker = FakeAsker(lambda question: "ok")
    toolbox = equipped(tmp_path, config(deny=("*_file", "far__*", "web_?????")), asker=asker, more=[Far()])
    left = sorted({*HANDS, "delegate", "map", "summarize"} - {"edit_file", "read_file", "write_file", "web_fetch"})
    assert names(toolbox) == left
    helpers: list[tuple[str, dict[str, object]]] = [
        ("delegate", {"prompt": "p", "exec_mode": mode}) for mode in ("full", "light")
    ]
    runs = talk(toolbox, ("read_file", {}), ("far__do", {}), *helpers)
    assert [ran.output for ran in runs[:2]] == ["permission denied"] * 2
    boxes = [question.tools for question in asker.asked if question.tools is not None]
    assert [names(box) for box in boxes] == [
        ["bash", "bg", "glob", "grep", "todo_write"],
        ["glob", "grep", "todo_write"],
    ]


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("Bash", "did you mean 'bash'?"),
        ("BASH", "did you mean 'bash'?"),
        ("read_fil", "did you mean 'read_file'?"),
        ("*_fil", "the tools are: bash, bg,"),
        ("nonexistent", "the tools are: bash, bg,"),
        ("", "the tools are: bash, bg,"),
    ],
)
def test_what_would_deny_nothing_is_an_error(tmp_path: Path, entry: str, hint: str) -> None:
    """Whoever misspells a denial must not believe that it holds, whether config or caller denies."""
    for settings, more in ((config(deny=("grep", entry)), ()), (config(), (entry,))):
        with pytest.raises(UsageError, match="deny_tools must name tools, found") as caught:
            equipped(tmp_path, settings, deny=more)
        assert repr(entry) in caught.value.what
        assert hint in caught.value.hint


def test_a_denial_may_mean_a_server_that_did_not_start(tmp_path: Path) -> None:
    """A name with `__`, or a pattern that fits a configured server; also what is not offered here can be denied."""
    settings = config(deny=("files__delete", "mcp__*", "web_search", "delegate"))
    assert names(equipped(tmp_path, settings)) == HANDS
    servers = configuration.Mcp(servers={"files": configuration.McpServer(command="c")})
    for entry in ("files_*", "fil*", "*_delete"):
        settings = config(deny=(entry,))
        assert names(equipped(tmp_path, msgspec.structs.replace(settings, mcp=servers))) == HANDS
        with pytest.raises(UsageError):
            equipped(tmp_path, settings)
    with pytest.raises(UsageError):
        equipped(tmp_path, msgspec.structs.replace(config(deny=("gone_*",)), mcp=servers))


def test_a_helper_has_what_the_session_has_but_no_helpers(tmp_path: Path) -> None:
    """Full is all that was named, light what of it changes nothing; neither can delegate on."""
    asker = FakeAsker(lambda question: "ok")
    toolbox = equipped(tmp_path, asker=asker)
    talk(toolbox, ("delegate", {"prompt": "p", "exec_mode": "full"}), ("delegate", {"prompt": "p"}))
    boxes = [question.tools for question in asker.asked]
    assert [names(box) for box in boxes if box is not None] == [
        HANDS,
        ["glob", "grep", "read_file", "todo_write", "web_fetch"],
    ]
    named = FakeAsker(lambda question: "ok")
    talk(
        equipped(tmp_path, asker=named, names=["delegate", "grep"]), ("delegate", {"prompt": "p", "exec_mode": "full"})
    )
    assert named.asked[0].tools is not None
    assert names(named.asked[0].tools) == ["grep"]


def test_what_a_helper_has_read_the_session_has_not(tmp_path: Path) -> None:
    """A whole file is replaced only by the model that knows what is in it."""
    (tmp_path / "f").write_text("old")

    async def read(question: Question) -> str:
        assert question.tools is not None
        return (await question.tools.run([_call("read_file", {"path": "f"})]))[0].output

    write: tuple[str, dict[str, object]] = ("write_file", {"path": "f", "content": "new"})
    toolbox = equipped(tmp_path, asker=FakeAsker(read))
    runs = talk(toolbox, ("delegate", {"prompt": "p"}), write, ("read_file", {"path": "f"}), write)
    assert [ran.is_error for ran in runs] == [False, True, False, False]
    assert "you have not read it" in runs[1].output


def test_jobs_of_session_and_helpers_end_with_them(tmp_path: Path) -> None:
    """A helper's when it has answered, the session's when it is closed."""

    async def run_job(question: Question) -> str:
        assert question.tools is not None
        return (await question.tools.run([_call("bg", {"action": "run", "command": "echo $$ > helper; sleep 999"})]))[
            0
        ].output

    toolbox = equipped(tmp_path, asker=FakeAsker(run_job), state=tmp_path / ".nexdiag")
    job: dict[str, object] = {"action": "run", "command": "echo $$ > own; sleep 999"}
    ask: dict[str, object] = {"prompt": "p", "exec_mode": "full"}
    runs = talk(toolbox, ("bg", job), ("bash", {"command": "until [ -s own ]; do :; done"}), ("delegate", ask))
    assert [ran.is_error for ran in runs] == [False, False, False]
    own = int((tmp_path / "own").read_text())
    assert not Path(f"/proc/{own}").exists()
    assert sorted(path.name for path in (tmp_path / ".nexdiag" / "jobs").iterdir()) == ["job-1.log", "job-2.log"]


def test_long_outputs_are_kept_with_the_state_and_can_be_read_and_searched(tmp_path: Path) -> None:
    """The note in the cut output is all that the model needs (reference faults 40, L22)."""
    (tmp_path / "work").mkdir()
    toolbox = equipped(tmp_path / "work", state=tmp_path / "state")
    (ran,) = talk(toolbox, ("bash", {"command": "seq 100000"}))
    kept = tmp_path / "state" / "tool-outputs" / "00001-bash.txt"
    assert f": {kept}; read_file shows parts" in ran.output
    runs = talk(
        equipped(tmp_path / "work", state=tmp_path / "state"),
        ("read_file", {"path": str(kept), "offset": 50_000, "limit": 1}),
        ("grep", {"pattern": "^77777$", "path": str(kept)}),
        ("write_file", {"path": str(kept), "content": ""}),
        ("read_file", {"path": str(tmp_path / "state" / "config.toml")}),
    )
    assert runs[0].output.startswith(" 50000\t50000")
    assert runs[1].output == f"{kept}:77777:77777"
    assert "only for reading" in runs[2].output
    assert "closed to tools" in runs[3].output


def test_a_model_cannot_lift_its_own_limits(tmp_path: Path) -> None:
    """The config, with what is denied and perhaps a key, is out of its file tools' reach (reference fault L21)."""
    (tmp_path / ".nexdiag").mkdir()
    (tmp_path / ".nexdiag" / "config.toml").write_text("deny_tools = []")
    path = {"path": ".nexdiag/config.toml"}
    runs = talk(
        equipped(tmp_path, state=tmp_path / ".nexdiag"),
        ("read_file", path),
        ("write_file", {**path, "content": "x"}),
        ("edit_file", {**path, "old_string": "deny", "new_string": "x"}),
        ("grep", {"pattern": "deny", **path}),
        ("glob", {"pattern": "**/*.toml"}),
    )
    assert [ran.is_error for ran in runs] == [True, True, True, True, False]
    assert runs[4].output == "No files matched the pattern."


def test_a_state_directory_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the note says is a path as seen from the working directory, however the state was named."""
    monkeypatch.chdir(tmp_path)
    (ran,) = talk(equipped(Path(), state=Path(".nexdiag")), ("bash", {"command": "seq 100000"}))
    assert ": .nexdiag/tool-outputs/00001-bash.txt; read_file" in ran.output


def test_commands_see_no_key_of_ours(tmp_path: Path) -> None:
    """Whatever its variable is called: the endpoint's and the search service's."""
    toolbox = equipped(tmp_path, config(search=SEARCH))
    runs = talk(toolbox, ("bash", {"command": "env"}), ("bg", {"action": "run", "command": "env", "wait": 20}))
    for ran in runs:
        assert "PLAIN=1" in ran.output
        assert "s3cret" not in ran.output


def test_tools_from_elsewhere_are_treated_alike(tmp_path: Path) -> None:
    """They are offered, denied, named by pattern, left out where nothing may change; and let go at the end."""
    closed: list[int] = []

    async def close() -> None:
        closed.append(1)

    more: dict[str, Any] = {"more": [Far()], "closing": [close]}
    assert "far__do" in names(equipped(tmp_path, **more))
    assert "far__do" not in names(equipped(tmp_path, config(deny=("far__do",)), **more))
    assert "far__do" not in names(equipped(tmp_path, read_only=True, **more))
    assert names(equipped(tmp_path, names=["far__*"], **more)) == ["far__do"]
    (ran,) = talk(equipped(tmp_path, state=tmp_path / "s", **more), ("far__do", {}))
    assert ran.output.endswith("s/tool-outputs/00001-far__do.txt; read_file shows parts, grep searches it]")
    assert closed == [1]


def test_definitions_are_those_of_a_session(tmp_path: Path) -> None:
    """A scenario names tools; what a replay sends is what a session sent. No file is touched, nothing is started."""
    offered = equipped(tmp_path, config(search=SEARCH), asker=FakeAsker(lambda question: "")).specs()
    assert specs(ALL) == offered
    assert specs(["grep"]) == tuple(spec for spec in offered if spec.name == "grep")
    assert specs([]) == ()
    with pytest.raises(UsageError, match="no such tool: 'x'"):
        specs(["x"])


def test_every_tool_tells_its_arguments_plainly(tmp_path: Path) -> None:
    """Strict servers want an object without further properties; every property has words for the model."""
    for spec in specs(ALL):
        assert spec.parameters["additionalProperties"] is False, spec.name
        assert spec.description
        for name, rule in spec.parameters["properties"].items():
            assert rule.get("description"), f"{spec.name}: {name}"


def test_the_web_goes_through_the_transport_that_is_given(tmp_path: Path) -> None:
    """It is made when it is needed, and closed with the toolbox."""
    made: list[str] = []

    def transport() -> httpx.AsyncBaseTransport:
        made.append("made")
        return httpx.MockTransport(lambda request: httpx.Response(200, stream=httpx.ByteStream(b"hi")))

    assert talk(equipped(tmp_path, transport=transport), ("todo_write", {"todos": []}))[0].output
    assert made == []
    (ran,) = talk(equipped(tmp_path, transport=transport), ("web_fetch", {"url": "http://127.0.0.1/"}))
    assert (ran.output, made) == ("hi", ["made"])


def test_an_endpoint_may_have_no_key(tmp_path: Path) -> None:
    """Then nothing is taken from what commands see."""
    endpoint = msgspec.structs.replace(ENDPOINT, key_variable=None)
    toolbox = equip(
        config=config(), endpoint=endpoint, workspace=tmp_path, environ={**os.environ, "OUR_SPECIAL": "mine"}
    )
    assert toolbox is not None
    assert talk(toolbox, ("bash", {"command": "echo $OUR_SPECIAL"}))[0].output == "mine\n"
