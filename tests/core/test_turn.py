"""Promises of `nexdiag.core.turn`."""

import pytest

from nexdiag.core.message import Usage
from nexdiag.core.turn import LogLine, Session, ToolRun, Turn


def test_a_turn_without_more_said_used_nothing() -> None:
    """No exchange, no tool, no token; and no reply that nobody gave."""
    turn = Turn(number=1, said="hi")
    assert (turn.exchanges, turn.tool_runs, turn.log, turn.usage, turn.reply) == ((), (), (), Usage(), None)


@pytest.mark.parametrize(
    "word",
    [
        Turn(number=1, said="a"),
        ToolRun(call_id="", name="", arguments="", output=""),
        LogLine(at=0, text=""),
        Session(id="s"),
    ],
)
def test_words_do_not_change(word: Turn) -> None:
    """What flows between rooms is frozen: nobody changes it under another's hands."""
    with pytest.raises(AttributeError):
        setattr(word, word.__struct_fields__[0], None)
