"""Promises of nexdiag.agent.telling: what a stream brings is told as it comes, and no text twice."""

from nexdiag.agent.loop.events import CallModel, Summarise
from nexdiag.agent.progress import Progress, ReasoningDelta, TextDelta, TextTakenBack, ToolBuilding
from nexdiag.agent.telling import Telling
from nexdiag.codec.chat import Delta

FIRST = CallModel(messages=())


def text(said: str) -> Delta:
    return Delta(kind="text", text=said)


def test_each_kind_is_told_as_what_it_is() -> None:
    """Thoughts, text, and a call that is being written, with its length so far (reference fault 30)."""
    told: list[Progress] = []
    telling = Telling(told.append)
    telling.begin(FIRST)
    telling.came(Delta(kind="reasoning", text="hm"))
    telling.came(Delta(kind="tool", text='{"a"', index=1, name="look"))
    telling.came(Delta(kind="tool", text=": 1}", index=1, name="look"))
    telling.came(text("yes"))
    assert told == [
        ReasoningDelta(text="hm"),
        ToolBuilding(index=1, name="look", characters=4),
        ToolBuilding(index=1, name="look", characters=8),
        TextDelta(text="yes"),
    ]


def test_a_retry_takes_back_what_was_told() -> None:
    """And only then; a listener that keeps to it shows every word once (reference fault L7)."""
    told: list[Progress] = []
    telling = Telling(told.append)
    telling.begin(FIRST)
    telling.again(FIRST)
    assert told == []
    telling.came(text("hal"))
    telling.again(FIRST)
    assert told == [TextDelta(text="hal"), TextTakenBack()]


def test_a_continuation_repeats_nothing() -> None:
    """Its first words are held until it is known that they are new; taken back, the whole answer is told again."""
    told: list[Progress] = []
    telling = Telling(told.append)
    more = CallModel(messages=(), before="one two three")
    telling.begin(more)
    telling.came(text("two th"))
    telling.came(text("ree four"))
    telling.again(more)
    telling.begin(more)
    telling.came(text("two three"))
    telling.end()
    telling.end()
    assert told == [TextDelta(text=" four"), TextTakenBack(), TextDelta(text="one two three")]


def test_nothing_is_told_of_a_summary() -> None:
    """It is between us and the model."""
    told: list[Progress] = []
    telling = Telling(told.append)
    telling.begin(Summarise(messages=()))
    telling.came(text("Goal: it."))
    telling.came(Delta(kind="tool", text="{}", index=0))
    telling.end()
    telling.again(Summarise(messages=()))
    assert told == []
