"""Promises of `nexdiag.replay.toolbox`."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import tool_runs

from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.replay.toolbox import RecordedToolbox


def ran(call_id: str, output: str, arguments: str = "{}", name: str = "bash") -> ToolRun:
    """A recorded run."""
    return ToolRun(call_id=call_id, name=name, arguments=arguments, output=output, started=5.0, duration=1.0)


def call(call_id: str, arguments: str = "{}", name: str = "bash") -> ToolCall:
    """A call of the replay."""
    return ToolCall(id=call_id, name=name, arguments=arguments)


def outputs(toolbox: RecordedToolbox, *calls: ToolCall) -> list[str]:
    """What they give."""
    return [run.output for run in asyncio.run(toolbox.run(calls))]


@given(st.lists(tool_runs, max_size=6), st.randoms(use_true_random=False))
def test_every_run_answers_its_call_once(runs: list[ToolRun], chance: object) -> None:
    """Ask for every recorded call, in any order: each run is given once, and none twice."""
    assert hasattr(chance, "shuffle")
    toolbox = RecordedToolbox(runs)
    calls = [ToolCall(id=run.call_id, name=run.name, arguments=run.arguments) for run in runs]
    chance.shuffle(calls)
    given_back = asyncio.run(toolbox.run(calls))
    assert sorted(map(repr, given_back)) == sorted(map(repr, runs))
    assert all(run.output.startswith("no recorded run") for run in asyncio.run(toolbox.run(calls)))


def test_ids_tell_equal_calls_apart() -> None:
    """Of two equal calls, each gets the run of its own id, in whichever order they come."""
    assert outputs(RecordedToolbox([ran("a", "A"), ran("b", "B")]), call("b"), call("a")) == ["B", "A"]


def test_equal_calls_with_other_ids_go_by_the_order_recorded() -> None:
    """A server that gives its calls new ids each time is answered in order, under the new ids."""
    runs = asyncio.run(RecordedToolbox([ran("a", "A"), ran("b", "B")]).run([call("x"), call("y")]))
    assert [(run.call_id, run.output, run.started) for run in runs] == [("x", "A", 5.0), ("y", "B", 5.0)]


def test_an_id_alone_says_nothing() -> None:
    """Servers that count calls from 0 in every answer do not get the output of another call."""
    toolbox = RecordedToolbox([ran("call_0", "first", '{"n":1}'), ran("call_0", "second", '{"n":2}')])
    assert outputs(toolbox, call("call_0", '{"n":2}'), call("call_0", '{"n":1}')) == ["second", "first"]
    (other,) = outputs(RecordedToolbox([ran("call_0", "A", '{"n":1}')]), call("call_0", '{"n":3}'))
    assert other.startswith("no recorded run")


def test_what_was_never_run_is_an_error_that_says_so() -> None:
    """The model is told, and nothing is run."""
    (run,) = asyncio.run(RecordedToolbox([]).run([call("a", name="rm")]))
    assert run.is_error
    assert (run.call_id, run.name, run.output) == ("a", "rm", "no recorded run of rm with these arguments")


def test_each_run_is_told_as_it_comes() -> None:
    """The listener hears of every run, in the order of the calls."""
    told: list[str] = []
    toolbox = RecordedToolbox([ran("a", "A"), ran("b", "B")])
    asyncio.run(toolbox.run([call("b"), call("a")], on_run=lambda run: told.append(run.output)))
    assert told == ["B", "A"]


def test_what_a_request_carried_stands_in_where_no_run_was_recorded() -> None:
    """A recorded run goes first, then what a later request told; where there is neither, the model is told so."""
    told = {"b": ran("b", "told")}
    toolbox = RecordedToolbox([ran("a", "A", '{"n":1}')], carried=lambda asked: told.get(asked.id))
    calls = (call("a", '{"n":1}'), call("b", '{"n":2}'), call("c", '{"n":3}'))
    assert outputs(toolbox, *calls) == ["A", "told", "no recorded run of bash with these arguments"]
