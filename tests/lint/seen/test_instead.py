"""A user's message in the place of a tool's answer."""

from typing import Any

import pytest
from linting import USER, calls, tool

from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.instead import behind, spoken_after, standing
from nexdiag.lint.seen.message import message_of

ON = {"role": "user", "content": "continue"}
BLOCK = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]}


def history(*messages: dict[str, Any], name: str = "messages") -> History:
    made = History(name)
    for message in messages:
        made.add(message_of(message))
    return made


@pytest.mark.parametrize(
    ("messages", "at", "owed"),
    [
        ([USER, calls("c"), USER], 2, ["c"]),
        ([USER, calls("c", "d"), tool("c"), USER, ON], 3, ["d"]),
        ([USER, calls("c", "d"), USER], 2, ["c", "d"]),
        ([USER, calls("c"), tool("c"), USER], 3, None),
        ([USER, calls("c"), USER, ON], 3, None),
        ([USER, calls("c"), USER, tool("c")], 2, None),
        ([USER, calls("c"), {"role": "user", "content": " "}], 2, None),
        ([USER, BLOCK, USER], 2, None),
        ([USER], 0, None),
    ],
)
def test_it_stands_for_the_calls_before_it_that_have_no_answer(
    messages: list[dict[str, Any]], at: int, owed: list[str] | None
) -> None:
    """Right behind the call or its other answers, with a text, on the chat wire alone."""
    found = standing(history(*messages), at)
    assert (None if found is None else [call.id for call in found.calls]) == owed
    assert standing(history(*messages, name="input"), at) is None


def test_the_fix_names_role_and_id() -> None:
    """Of one call; of several, where one text cannot answer all, it says what to do."""
    one = behind(history(USER, calls("c"), USER, ON), 1)
    assert one is not None
    assert one.fix == 'messages[2] role: user -> tool + tool_call_id: "c"'
    several = behind(history(USER, calls("c", "d"), USER), 1)
    assert several is not None
    assert several.fix.startswith("give each of c, d a message of its own right after messages[1], with role tool")


def test_who_speaks_again_behind_it() -> None:
    """Another message of the user; no answer, no end."""
    assert spoken_after(history(USER, calls("c"), USER, ON), 2)
    assert not spoken_after(history(USER, calls("c"), USER), 2)
    assert not spoken_after(history(USER, calls("c"), USER, tool("c")), 2)
