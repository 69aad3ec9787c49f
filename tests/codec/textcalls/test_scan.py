"""Promises of nexdiag.codec.textcalls.scan: things are found where they are, and each part of a text is read once."""

import json
import re

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.textcalls.scan import Openers, Text, begun


@given(our.json_values.filter(lambda value: isinstance(value, dict | list)), st.sampled_from(["", "]", "}", '"', "x<"]))
def test_the_end_of_json(value: object, behind: str) -> None:
    """Of a whole value the very end is found, whatever stands behind it; of a half one none."""
    text = json.dumps(value, ensure_ascii=False)
    assert Text(text + behind).json_end(0) == len(text)
    assert all(Text(text[:end]).json_end(0) == -1 for end in range(len(text)))


@pytest.mark.parametrize("text", ["", "a", "<{}", "{<tool_call>}", "{`}", "[TOOL_CALLS]", '{"a\\"}'])
def test_what_is_no_json_has_no_end(text: str) -> None:
    """No tag and no backtick stands in JSON outside a string."""
    assert Text(text).json_end(0) == -1


def test_find_gives_the_end_where_there_is_none() -> None:
    """A literal is found from a place on, in any order of asking; its places are looked for once."""
    text = Text("a-b-a")
    assert [text.find("a", start) for start in (1, 0, 4, 5)] == [4, 0, 4, 5]
    assert text.work == 5


def test_openers_count_where_a_block_begins() -> None:
    """Those in spans, in fences and within a line are passed over; a second one may stand right behind the first."""
    openers = Openers(
        "`<tool_call>` <function=a\n<function=a ```\n```\n<invoke name=\n```\n[TOOL_CALLS] <tool_call> `<tool_call>"
    )
    found = []
    opener = openers.after(0)
    while opener is not None:
        found.append(opener[0])
        opener = openers.after(opener.end())
    assert found == ["<function=", "[TOOL_CALLS]", "<tool_call>"]


def test_openers_behind_a_block() -> None:
    """On its line the next may follow behind any white space; on another line it must begin as any block does."""
    text = "<tool_call>{}      <tool_call>{}\n   <tool_call>{} a <tool_call>{}\n    <tool_call>"
    openers = Openers(text)
    found = []
    opener = openers.after(0)
    while opener is not None:
        found.append(opener.start())
        opener = openers.after(opener.end() + len("{}"))
    assert found == [0, 19, 36]


@given(our.some_text)
def test_begun_fits_every_beginning_and_nothing_else(literal: str) -> None:
    """The pattern takes each beginning of the literal."""
    pattern = re.compile(begun(literal))
    assert all(pattern.fullmatch(literal[:end]) for end in range(1, len(literal) + 1))
    assert not pattern.fullmatch("")
    assert not pattern.fullmatch(literal + "x")
