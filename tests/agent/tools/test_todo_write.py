"""The list is what was last written, whole; a faulty one changes nothing."""

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.todo_write import ITEMS, LENGTH, TodoWrite
from nexdiag.core.errors import ToolError


def item(content: str = "a", status: str = "pending") -> dict[str, str]:
    return {"content": content, "status": status}


def write(tool: TodoWrite, todos: object) -> str:
    return asyncio.run(tool.run({"todos": todos}))


def test_the_list_comes_back_compactly() -> None:
    """A mark, then the words, one line each, in order."""
    text = write(TodoWrite(), [item("look", "completed"), item("do\n it", "in_progress"), item("tell")])
    assert text == "1 of 3 done\n[x] look\n[>] do it\n[ ] tell"


def test_each_call_replaces_all() -> None:
    """What is not in the new list is gone; an empty one is told."""
    tool = TodoWrite()
    write(tool, [item("a"), item("b")])
    write(tool, [item("c")])
    assert tool.items == (("c", "pending"),)
    assert write(tool, []) == "The list is empty."


@pytest.mark.parametrize(
    ("todos", "told"),
    [
        ("a", "argument 'todos' must be of type array, found string"),
        ([1], "item 1: must be an object"),
        ([item(), {"content": "x"}], "item 2: status must be one of pending, in_progress, completed, found none"),
        ([item(status="done")], "found 'done'"),
        ([item(status="in_progress")] * 2, "only one item may be in_progress"),
        ([item(" ")], "item 1: needs content, a text"),
        ([{"content": None, "status": "pending"}], "needs content"),
        ([item("x" * (LENGTH + 1))], f"at most {LENGTH} characters"),
        ([item()] * (ITEMS + 1), f"at most {ITEMS} items"),
        ([{**item(), "priority": "high"}], "unknown key 'priority'"),
    ],
)
def test_a_fault_is_told_and_changes_nothing(todos: object, told: str) -> None:
    """The model learns which item and why; the list stays as it was."""
    tool = TodoWrite()
    write(tool, [item("kept")])
    with pytest.raises(ToolError) as caught:
        write(tool, todos)
    assert told in caught.value.what
    assert tool.items == (("kept", "pending"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["content", "status", "x"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_a_list_or_a_tool_error(todos: Any) -> None:  # noqa: ANN401 - a model sends any JSON value
    """Nothing that a model sends ends the program."""
    with contextlib.suppress(ToolError):
        assert isinstance(write(TodoWrite(), todos), str)
