"""What tool calls and thoughts look like."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.tui.entries import Thought, Tool
from nexdiag.tui.faces import capped, marked, pretty, summary, thought, tool_body, tool_head


def test_a_call_is_one_line() -> None:
    tool = Tool(key=1, name="bash", arguments='{"command": "ls -l\\nrm x", "timeout": 5}', state="ran", seconds=0.24)
    assert tool_head(tool).plain == "✓ bash  ls -l⏎rm x timeout=5  0.2s"
    assert tool_body(tool).plain == "\n\narguments\ncommand: ls -l\nrm x\ntimeout: 5"


def test_a_call_that_is_being_written_says_how_far_it_is() -> None:
    """A long file that the model writes is no silence (reference fault 30)."""
    assert tool_head(Tool(key=1, name="write_file", characters=12_400)).plain == (
        "… write_file  writing its arguments, 12k characters"
    )


def test_the_mark_of_a_running_call_turns_without_moving_anything() -> None:
    tool = Tool(key=1, name="bash", state="running")
    heads = [tool_head(tool, at) for at in range(4)]
    assert len({head.plain for head in heads}) == 4
    assert {head.cell_length for head in heads} == {heads[0].cell_length}


def test_an_output_is_capped_and_says_so() -> None:
    tool = Tool(key=1, name="bash", output="line\n" * 10_000, state="ran")
    lines = tool_body(tool).plain.splitlines()
    assert len(lines) < 50
    assert lines[-1] == "… 50k more characters: copy (y) gives all"


def test_a_thought_is_folded_to_its_size_and_opens_to_its_end_while_it_goes_on() -> None:
    entry = Thought(key=1, pieces=[f"{at}\n" for at in range(100)], size=290)
    assert thought(entry, opened=False).plain == "∴ thinking…  290 characters"
    assert thought(entry, opened=True).plain.endswith("98\n99")
    entry.done = True
    assert thought(entry, opened=True).plain.startswith("∴ thought  290 characters\n\n0\n1\n")


def test_words_are_marked_where_they_stand() -> None:
    assert marked(tool_head(Tool(key=1, name="bash")), "BASH").spans[-1].style == "reverse"


@given(st.text())
def test_any_arguments_have_a_face(text: str) -> None:
    """Not JSON, half of it, deep, or with controls in it: one line, nothing raised, nothing obeyed."""
    assert "\n" not in summary(text)
    assert "\x1b" not in summary(text) + capped(pretty(text)) + capped(text, last=True)
    assert "\x1b" not in tool_body(Tool(key=1, name=text, arguments=text, output=text)).plain
