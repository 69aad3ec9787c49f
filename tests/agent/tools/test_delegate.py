"""A helper gets one task, its own tools, and gives one answer."""

import asyncio
from pathlib import Path

import pytest
from fake_asker import FakeAsker, Question

from nexdiag.agent.tools.asker import Asker
from nexdiag.agent.tools.delegate import CAP, Delegate
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.errors import ToolError

SPILL = Spill(root=Path("/"))


class Boxes:
    """Makes toolboxes, and keeps which, and whether they were closed."""

    def __init__(self) -> None:
        self.modes: list[str] = []
        self.closed = 0

    def make(self, mode: str) -> Toolbox:
        self.modes.append(mode)
        return Toolbox([], closing=[self._close], clock=lambda: 1.0)

    async def _close(self) -> None:
        self.closed += 1


def delegate(asker: Asker | None, boxes: Boxes, **arguments: object) -> str:
    return asyncio.run(Delegate(asker, boxes.make, spill=SPILL).run(arguments))


def test_the_answer_comes_back_and_the_tools_are_closed() -> None:
    """The helper is told its task and nothing else; it looks but changes nothing unless that is wanted."""
    asker, boxes = FakeAsker(lambda question: f"done: {question.prompt}"), Boxes()
    assert delegate(asker, boxes, prompt="count") == "done: count"
    assert delegate(asker, boxes, prompt="write", exec_mode="full", max_turns=3) == "done: write"
    assert (boxes.modes, boxes.closed) == (["light", "full"], 2)
    assert [question.max_turns for question in asker.asked] == [10, 3]
    assert "helper" in asker.asked[0].system


def test_turns_are_capped() -> None:
    """A model cannot give its helper more calls than the cap."""
    asker = FakeAsker(lambda question: "x")
    delegate(asker, Boxes(), prompt="p", max_turns=10**6)
    assert asker.asked[0].max_turns == 20


def test_a_helper_that_fails_closes_its_tools_too() -> None:
    """The failure goes to the model as it is."""

    def fail(question: Question) -> str:
        raise ToolError("the helper gave no answer: HTTP 500")

    boxes = Boxes()
    with pytest.raises(ToolError, match="HTTP 500"):
        delegate(FakeAsker(fail), boxes, prompt="p")
    assert boxes.closed == 1


def test_a_long_answer_is_cut() -> None:
    """One helper cannot fill the window of the one who asked."""
    assert len(delegate(FakeAsker(lambda question: "x" * 10**6), Boxes(), prompt="p")) <= CAP


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"prompt": " "}, "prompt is empty"),
        ({}, "missing argument 'prompt'"),
        ({"prompt": "p", "exec_mode": "lite"}, "must be one of light, full, found 'lite': did you mean 'light'?"),
    ],
)
def test_faults_are_told(arguments: dict[str, object], told: str) -> None:
    """Nobody is asked on bad arguments."""
    asker = FakeAsker(lambda question: "x")
    with pytest.raises(ToolError) as caught:
        delegate(asker, Boxes(), **arguments)
    assert told in caught.value.what
    assert asker.asked == []


def test_without_a_model_it_says_so() -> None:
    """Where nobody can be asked, the tool is no mystery."""
    with pytest.raises(ToolError, match="no model can be asked here"):
        delegate(None, Boxes(), prompt="p")
