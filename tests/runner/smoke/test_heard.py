"""Promises of `nexdiag.runner.smoke.heard`."""

from nexdiag.agent.progress import (
    Compacted,
    Progress,
    ReasoningDelta,
    TextDelta,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
)
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun, Turn
from nexdiag.runner.smoke.heard import Heard

REPLY = UsageTold(usage=Usage(), used=1)


def started(name: str) -> ToolStarted:
    """A tool is about to run."""
    return ToolStarted(name=name, arguments="{}")


def ran(name: str) -> ToolRan:
    """It has."""
    return ToolRan(run=ToolRun(call_id="c", name=name, arguments="{}", output=""))


def after(*told: Progress) -> Heard:
    """What has been heard after these, a second apart."""
    heard = Heard()
    for at, one in enumerate(told):
        heard.hear(one, float(at))
    return heard


def test_the_moments_of_a_turn_are_noticed() -> None:
    """Its beginning, its first text, its first tool; a thought is no text."""
    turn = Turn(number=3, said="x")
    heard = after(TurnStarted(turn=turn), ReasoningDelta(text="hm"))
    assert heard.moments == {"start"}
    heard.hear(TextDelta(text="a"), 2.0)
    heard.hear(started("glob"), 3.0)
    assert heard.moments == {"start", "first_text", "first_tool"}
    assert heard.number == 3


def test_pieces_are_counted_and_the_first_is_timed() -> None:
    """Thoughts are pieces too: something came."""
    heard = after(TurnStarted(turn=Turn(number=1, said="x")), ReasoningDelta(text="hm"), TextDelta(text="a"))
    assert (heard.pieces, heard.first) == (2, 1.0)


def test_calls_of_one_reply_are_told_from_those_of_several() -> None:
    """Together are those between two replies of the model, however they run."""
    one_by_one = after(REPLY, started("a"), ran("a"), REPLY, started("b"), ran("b"))
    assert (one_by_one.together, one_by_one.tools) == (1, ["a", "b"])
    both = after(REPLY, started("a"), started("b"), ran("b"), ran("a"), REPLY, started("c"), ran("c"))
    assert (both.together, both.tools) == (2, ["b", "a", "c"])


def test_a_second_life_adds_to_the_first() -> None:
    """What ran before the daemon was killed has run; how the turn ends is told by the new one."""
    heard = after(TurnStarted(turn=Turn(number=1, said="x")), REPLY, started("a"), ran("a"))
    heard.new_life()
    heard.hear(started("b"), 9.0)
    heard.hear(ran("b"), 9.0)
    assert (heard.tools, heard.together, heard.turn) == (["a", "b"], 1, None)
    heard.hear(TurnEnded(turn=Turn(number=2, said="x")), 10.0)
    assert heard.turn is not None
    assert heard.number == 2


def test_a_turn_without_a_number_keeps_the_one_that_is_known() -> None:
    """A question that is settled without a turn is told as turn 0."""
    heard = after(TurnStarted(turn=Turn(number=2, said="x")), TurnEnded(turn=Turn(number=0, said="x")))
    assert heard.number == 2


def test_a_compaction_is_noticed() -> None:
    """However it was done."""
    assert after(Compacted(before=9, after=1, how="pruned")).compacted
    assert not after(REPLY).compacted
