"""One task for many inputs: in order, a few at a time, each failure in its place."""

import asyncio
from pathlib import Path

import pytest
from fake_asker import FakeAsker, Question

from nexdiag.agent.tools.asker import Asker
from nexdiag.agent.tools.map import CAP, INPUTS, Map
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.errors import ToolError

MODES: list[str] = []


def box(mode: str) -> Toolbox:
    MODES.append(mode)
    return Toolbox([], clock=lambda: 1.0)


def run_map(asker: Asker | None, inputs: object, **more: object) -> str:
    tool = Map(asker, box, spill=Spill(root=Path("/")))
    return asyncio.run(tool.run({"inputs": inputs, "task": "Count.", **more}))


def test_each_input_gets_its_answer_in_order() -> None:
    """Two at a time, with tools that change nothing."""
    asker = FakeAsker(lambda question: question.prompt.rpartition("\n")[2].upper())
    assert run_map(asker, ["a", "b", "c"]) == "3 of 3 done\n\n## 1: a\nA\n\n## 2: b\nB\n\n## 3: c\nC"
    assert asker.most == 2
    assert asker.asked[0].prompt == "Task: Count.\n\nInput:\na"
    assert set(MODES) == {"light"}


def test_a_failure_is_told_in_its_place() -> None:
    """One bad input, or a fault of ours, costs the others nothing."""

    def answer(question: Question) -> str:
        if question.prompt.endswith("bad"):
            raise ToolError("the helper gave no answer")
        if question.prompt.endswith("worse"):
            raise ValueError("odd")
        return "fine"

    text = run_map(FakeAsker(answer), ["bad", "good", "worse"])
    assert text.startswith("1 of 3 done")
    assert "## 1: bad\nfailed: the helper gave no answer" in text
    assert "## 2: good\nfine" in text
    assert "## 3: worse\nfailed: ValueError: odd" in text


def test_if_all_fail_it_is_an_error() -> None:
    """The loop guard and the user see that nothing came of it."""

    def fail(question: Question) -> str:
        raise ToolError("no")

    with pytest.raises(ToolError, match="0 of 2 done"):
        run_map(FakeAsker(fail), ["a", "b"])


def test_an_input_has_its_time() -> None:
    """One that hangs is given up after its seconds; the others are not."""

    async def answer(question: Question) -> str:
        if question.prompt.endswith("slow"):
            await asyncio.Event().wait()
        return "fine"

    text = run_map(FakeAsker(answer), ["slow", "quick"], timeout_secs_per_item=1)
    assert "failed: no answer within 1 s" in text
    assert "## 2: quick\nfine" in text


def test_a_cancellation_stops_all() -> None:
    """No helper goes on when the user has stopped the turn."""
    running = 0

    async def never(question: Question) -> str:
        nonlocal running
        running += 1
        try:
            await asyncio.Event().wait()
        finally:
            running -= 1
        return ""

    async def main() -> None:
        tool = Map(FakeAsker(never), box, spill=Spill(root=Path("/")))
        task = asyncio.create_task(tool.run({"inputs": ["a", "b", "c"], "task": "t"}))
        while running < 2:  # noqa: ASYNC110 - turn by turn of the loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert running == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ([], "inputs is empty"),
        (["x"] * (INPUTS + 1), f"at most {INPUTS} inputs"),
        (["a", 2], "input 2 must be a string, found int"),
        ("a", "must be of type array"),
    ],
)
def test_faults_are_told_before_anybody_is_asked(inputs: object, told: str) -> None:
    """Half a list would be done for nothing."""
    asker = FakeAsker(lambda question: "x")
    with pytest.raises(ToolError) as caught:
        run_map(asker, inputs)
    assert told in caught.value.what
    assert asker.asked == []


def test_output_is_bounded_and_no_model_is_said() -> None:
    """Long answers are cut together."""
    assert len(run_map(FakeAsker(lambda question: "x" * 10_000), ["a"] * 20)) <= CAP
    with pytest.raises(ToolError, match="no model can be asked here"):
        run_map(None, ["a"])
