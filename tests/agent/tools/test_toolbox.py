"""Every call gets one answer, in order; nothing but cancellation passes through."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import Tool
from nexdiag.agent.tools.toolbox import CAP, Toolbox, parse_arguments, standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.errors import ToolError, UsageError
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun


class Script:
    """A tool that does what its test says."""

    description = "a test's tool"
    parameters: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}

    def __init__(self, name: str, act: Callable[[dict[str, Any]], Any], *, read_only: bool = True) -> None:
        self.name = name
        self.read_only = read_only
        self._act = act

    async def run(self, arguments: dict[str, Any]) -> str:
        answer = self._act(arguments)
        return await answer if asyncio.iscoroutine(answer) else answer


def clock() -> Callable[[], float]:
    """A clock that advances one second each time it is read."""
    ticks = itertools.count(100.0)
    return lambda: next(ticks)


def call(name: str, arguments: str = "{}", number: int = 1) -> ToolCall:
    return ToolCall(id=f"call_{number}", name=name, arguments=arguments)


def run(toolbox: Toolbox, *calls: ToolCall) -> tuple[ToolRun, ...]:
    return asyncio.run(toolbox.run(calls))


def fail(error: BaseException) -> Callable[[dict[str, Any]], str]:
    def act(arguments: dict[str, Any]) -> str:
        raise error

    return act


def test_a_run_tells_everything() -> None:
    """Call id, name, raw arguments, output, start and duration."""
    toolbox = Toolbox([Script("echo", lambda arguments: f"got {arguments['x']}")], clock=clock())
    assert run(toolbox, call("echo", '{"x":  1}')) == (
        ToolRun(
            call_id="call_1",
            name="echo",
            arguments='{"x":  1}',
            output="got 1",
            is_error=False,
            started=100.0,
            duration=1.0,
        ),
    )


def test_reading_runs_together_then_the_others_one_by_one() -> None:
    """Ten read-only tools overlap and no more; mutating ones start after all of them, in order; answers keep order."""
    active = 0
    most = 0
    order: list[str] = []

    async def read(arguments: dict[str, Any]) -> str:
        nonlocal active, most
        active += 1
        most = max(most, active)
        for _ in range(5):
            await asyncio.sleep(0)
        active -= 1
        order.append("read")
        return str(arguments["n"])

    async def write(arguments: dict[str, Any]) -> str:
        nonlocal active
        assert active == 0
        active += 1
        for _ in range(5):
            await asyncio.sleep(0)
        active -= 1
        order.append(f"write {arguments['n']}")
        return str(arguments["n"])

    toolbox = Toolbox([Script("read", read), Script("write", write, read_only=False)], clock=clock())
    calls = [call("write" if n % 5 == 0 else "read", f'{{"n": {n}}}', n) for n in range(25)]
    runs = run(toolbox, *calls)
    assert [ran.output for ran in runs] == [str(n) for n in range(25)]
    assert [ran.call_id for ran in runs] == [f"call_{n}" for n in range(25)]
    assert most == 10
    assert order == ["read"] * 20 + [f"write {n}" for n in (0, 5, 10, 15, 20)]


def test_an_unknown_tool_is_told_with_the_nearest_name() -> None:
    """A misspelt name gets a suggestion, a senseless one the list, a hostile one is cut."""
    toolbox = Toolbox([Script("read_file", str)], clock=clock())
    one, two, three = run(toolbox, call("read_fil"), call("zzz"), call("\x1b" * 9999))
    assert (one.is_error, one.output) == (True, "Unknown tool: read_fil\nhint: did you mean 'read_file'?")
    assert two.output == "Unknown tool: zzz\nhint: the tools are: read_file"
    assert "\x1b" not in three.output
    assert len(three.output) < 1000


def test_denied_means_denied_on_every_path() -> None:
    """Reading, mutating and unknown tools, alone or in a batch, whatever the arguments (reference fault L21)."""
    ran: list[str] = []
    tools = [
        Script("read", lambda _: ran.append("read")),
        Script("write", lambda _: ran.append("write"), read_only=False),
    ]
    toolbox = Toolbox(tools, deny=["read", "write", "ghost"], clock=clock())
    for box in (toolbox, toolbox.subset(["read", "write"])):
        for calls in itertools.permutations([call("read"), call("write"), call("ghost"), call("read", "{")]):
            assert [(one.is_error, one.output) for one in run(box, *calls)] == [(True, "permission denied")] * 4
    assert ran == []
    assert toolbox.specs() == ()


@pytest.mark.parametrize("pattern", ["*_file", "read_*", "[qr]ead_?ile", "*"])
def test_patterns_deny_too(pattern: str) -> None:
    """Not offered, refused, never suggested, also in a subset; what no pattern fits stays."""
    toolbox = Toolbox(
        [Script("read_file", fail(AssertionError("it ran"))), Script("x", str)], deny=[pattern], clock=clock()
    )
    for box in (toolbox, toolbox.subset(["read_file", "x"])):
        assert [spec.name for spec in box.specs()] == (["x"] if pattern != "*" else [])
        ran, misspelt = run(box, call("read_file"), call("read_fil"))
        assert ran.output == "permission denied"
        assert "read_file" not in misspelt.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"path": "a', "arguments are not JSON: Unterminated string starting at at character 9 of 11"),
        ('{"a": 1,}', "at character 8 of 9"),
        ("[1]", "arguments must be a JSON object, found an array"),
        ('"{}"', "found a string"),
        ("null", "found null"),
        ("3", "found a number"),
        ("true", "found a boolean"),
        ("[" * 100_000, "arguments are not JSON that can be read"),
        ("9" * 10_000, "arguments are not JSON that can be read"),
    ],
)
def test_arguments_that_are_no_object_never_run(text: str, told: str) -> None:
    """The error says what is wrong and where; the tool is not started (reference fault L13)."""
    toolbox = Toolbox([Script("never", fail(AssertionError("it ran")))], clock=clock())
    (ran,) = run(toolbox, call("never", text))
    assert ran.is_error
    assert told in ran.output
    assert ran.arguments == text
    assert len(ran.output) < 1000


@pytest.mark.parametrize("text", ["", " \n", "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    """Servers send nothing at all for a call without arguments (reference fault L12)."""
    assert parse_arguments(text) == {}


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_an_object_or_a_tool_error(text: str) -> None:
    """No arguments text ends the program."""
    with contextlib.suppress(ToolError):
        assert isinstance(parse_arguments(text), dict)


def test_a_cut_off_call_is_told_to_come_in_pieces() -> None:
    """Arguments that end too early get the advice that helps."""
    with pytest.raises(ToolError) as caught:
        parse_arguments('{"content": "' + "x" * 5000)
    assert "smaller pieces" in caught.value.hint


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ToolError("no", hint="try yes"), "no\nhint: try yes"),
        (ToolError("no"), "no"),
        (ValueError("bad"), "ValueError: bad"),
        (RecursionError("deep"), "RecursionError: deep"),
        (TimeoutError(), "TimeoutError: "),
    ],
)
def test_a_failing_tool_is_an_answer_and_its_siblings_go_on(error: Exception, told: str) -> None:
    """Whatever a tool raises becomes its own error text."""
    toolbox = Toolbox([Script("bad", fail(error)), Script("good", lambda _: "fine")], clock=clock())
    runs = run(toolbox, call("good"), call("bad"), call("good"))
    assert [ran.is_error for ran in runs] == [False, True, False]
    assert runs[1].output == told


def test_cancellation_passes_and_finished_runs_are_not_lost() -> None:
    """The caller hears of each run as it ends, so that a cancelled turn keeps what was done."""
    heard: list[str] = []

    async def forever(arguments: dict[str, Any]) -> str:
        await asyncio.Event().wait()
        return ""

    toolbox = Toolbox(
        [Script("quick", lambda _: "done"), Script("slow", forever), Script("late", str, read_only=False)],
        clock=clock(),
    )

    async def main() -> None:
        calls = [call("late"), call("slow"), call("quick")]
        task = asyncio.create_task(toolbox.run(calls, on_run=lambda ran: heard.append(ran.name)))
        while not heard:  # noqa: ASYNC110 - waits for the tool under test, turn by turn of the loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert heard == ["quick"]


def test_who_cannot_hear_of_a_run_ends_the_others() -> None:
    """A journal on a full disk: the sibling calls are cancelled and have ended before the failure comes out."""
    ended: list[str] = []

    async def slow(arguments: dict[str, Any]) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("slow")
        return ""

    def full(ran: ToolRun) -> None:
        raise OSError(28, "No space left on device")

    toolbox = Toolbox([Script("quick", str), Script("slow", slow), Script("late", str, read_only=False)], clock=clock())

    async def main() -> None:
        with pytest.raises(OSError, match="No space left"):
            await toolbox.run([call("slow"), call("late"), call("quick"), call("slow")], on_run=full)
        assert ended == ["slow", "slow"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_output_is_clean_and_bounded() -> None:
    """Lone surrogates and overlong outputs do not reach the wire."""
    toolbox = Toolbox([Script("odd", lambda _: "\ud800"), Script("long", lambda _: "x" * 1_000_000)], clock=clock())
    odd, long = run(toolbox, call("odd"), call("long"))
    assert odd.output == "?"
    assert len(long.output) <= CAP


def test_specs_are_sorted_and_stable() -> None:
    """Equal toolboxes tell the model the same in the same order (reference fault L29)."""
    tools: list[Tool] = [Script(name, str) for name in "bca"]
    specs = Toolbox(tools, clock=clock()).specs()
    assert specs == Toolbox(tools[::-1], clock=clock()).specs()
    assert specs[0] == ToolSpec(name="a", description="a test's tool", parameters=Script.parameters)
    assert [spec.name for spec in specs] == ["a", "b", "c"]


def test_names_must_differ_and_subsets_must_exist() -> None:
    """Two tools of one name, and a subset with a misspelt one, are usage errors."""
    with pytest.raises(UsageError, match="must differ"):
        Toolbox([Script("a", str), Script("a", str)], clock=clock())
    toolbox = Toolbox([Script("bash", str), Script("glob", str)], clock=clock())
    with pytest.raises(UsageError, match="no such tool: 'bahs'") as caught:
        toolbox.subset(["bahs"])
    assert caught.value.hint == "did you mean 'bash'?"
    assert [spec.name for spec in toolbox.subset(["glob"]).specs()] == ["glob"]
    assert toolbox.subset([]).specs() == ()


def test_the_standard_tools_work_together(tmp_path: Path) -> None:
    """The six tools, from write to grep, in one batch after another, with nothing denied and secrets kept."""
    toolbox = standard(Workspace(tmp_path), environment={"PATH": os.environ["PATH"], "A_TOKEN": "secret"})
    assert [spec.name for spec in toolbox.specs()] == ["bash", "edit_file", "glob", "grep", "read_file", "write_file"]
    assert all(spec.parameters["additionalProperties"] is False for spec in toolbox.specs())
    runs = run(
        toolbox,
        call("read_file", '{"path": "f"}'),
        call("write_file", '{"path": "f", "content": "one\\n"}'),
        call("edit_file", '{"path": "f", "old_string": "one", "new_string": "two"}'),
        call("bash", '{"command": "cat f; echo $A_TOKEN"}'),
    )
    assert runs[0].output.startswith("no such file: 'f'")
    assert [ran.is_error for ran in runs] == [True, False, False, False]
    assert runs[3].output == "two\n\n"
    runs = run(
        toolbox, call("read_file", '{"path": "f"}'), call("glob", '{"pattern": "*"}'), call("grep", '{"pattern": "t"}')
    )
    assert [ran.output for ran in runs] == ["     1\ttwo", "f", "f:1:two"]


def test_the_reading_tools_change_nothing() -> None:
    """What is left for a read-only session cannot write, and runs no shell."""
    assert sorted(standard(Workspace(Path.cwd())).reading()) == ["glob", "grep", "read_file"]


def test_the_standard_tools_deny() -> None:
    """What is denied at the door is denied inside."""
    (ran,) = run(standard(Workspace(Path.cwd()), deny=["glob"]), call("glob", '{"pattern": "*"}'))
    assert (ran.is_error, ran.output) == (True, "permission denied")


def test_a_hidden_tool_is_not_offered_but_answers() -> None:
    """It can say why it cannot work; a subset that names it offers it."""
    toolbox = Toolbox([Script("a", str), Script("b", lambda _: "why not")], hide=["b"], clock=clock())
    assert [spec.name for spec in toolbox.specs()] == ["a"]
    assert run(toolbox, call("b"))[0].output == "why not"
    assert [spec.name for spec in toolbox.subset(["b"]).specs()] == ["b"]


def test_closing_lets_go_of_everything_once() -> None:
    """A part that fails to close does not keep the others open; a subset closes what it shares."""
    closed: list[str] = []

    async def bad() -> None:
        closed.append("bad")
        raise OSError("gone")

    async def good() -> None:
        closed.append("good")

    async def main() -> None:
        toolbox = Toolbox([Script("a", str)], closing=[bad, good], clock=clock())
        await toolbox.subset(["a"]).close()
        assert closed == ["bad", "good"]
        await toolbox.close()
        await toolbox.close()
        assert closed == ["bad", "good"] * 2

    asyncio.run(main())


def test_what_is_over_the_cap_is_kept_whole(tmp_path: Path) -> None:
    """Any tool's output, also one from elsewhere; with a name that no other session used (reference fault L22)."""
    for number in (1, 2):
        spill = Spill(tmp_path, root=tmp_path)
        toolbox = Toolbox([Script("far__x", lambda _: "x" * 200_000)], spill=spill, clock=clock())
        (ran,) = run(toolbox, call("far__x"))
        assert len(ran.output) <= CAP
        assert f"0000{number}-far__x.txt" in ran.output
    assert {path.stat().st_size for path in tmp_path.iterdir()} == {200_000}
