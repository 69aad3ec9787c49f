"""One message → lines."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.report.cassette.entry import block, call_lines, compact, entry_lines


def shown(message: Any, *, ids: bool = True) -> list[str]:  # noqa: ANN401 - any JSON
    return entry_lines(json.dumps(message).encode(), ids=ids)


def test_a_message_is_its_role_and_its_text() -> None:
    assert shown({"role": "user", "content": "two\nlines"}) == ["user", "  | two", "  | lines"]


def test_a_call_shows_its_arguments_as_they_were_sent() -> None:
    """Broken JSON is shown as it is; the id only where ids are wanted."""
    call = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": '{"a": 1'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert shown(message) == ["assistant", '  calls bash {"a": 1   (call_1)']
    assert shown(message, ids=False) == ["assistant", '  calls bash {"a": 1']


def test_the_parts_of_other_wires_are_shown() -> None:
    """Anthropic's blocks, and an image by its type and beginning: a picture that changed shows."""
    parts = [
        {"type": "text", "text": "see"},
        {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "ls"}},
        {
            "type": "tool_result",
            "tool_use_id": "toolu_1",
            "is_error": True,
            "content": [{"type": "text", "text": "no"}],
        },
    ]
    assert shown({"role": "user", "content": parts}, ids=False) == [
        "user", "  | see", '  calls bash {"command": "ls"}', "  [tool_result failed]", "  | no",
    ]  # fmt: skip
    one, other = (
        shown({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:" + "A" * 900 + end}}]})
        for end in "xy"
    )
    assert one != other
    assert max(map(len, one)) < 200


def test_no_text_is_cut() -> None:
    """Neither arguments, nor thoughts, nor what a vendor adds: only what nobody can read is told by its digest."""
    words = "a word and another " * 50
    message = {
        "role": "assistant",
        "content": [
            {"type": "tool_use", "name": "write", "input": {"text": words}},
            {"type": "thinking", "thinking": words, "signature": "S" * 900},
        ],
        "note": words,
    }
    shown_lines = shown(message, ids=False)
    assert sum(words in line for line in shown_lines) == 3
    assert "SSS" not in "".join(shown_lines)
    assert "characters" in "".join(shown(message))
    thought = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "so\nit is"}],
        "encrypted_content": "x",
    }
    assert shown(thought, ids=False) == ["reasoning", "  summary:", "    | so", "    | it is"]


def test_an_item_of_responses_is_its_type() -> None:
    call = {"type": "function_call", "name": "bash", "arguments": "{}", "call_id": "call_1", "id": "fc_1"}
    assert shown(call, ids=False) == ["function_call", "  calls bash {}"]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "Thu"}
    assert shown(output) == ["function_call_output", "  | Thu", '  call_id: "call_1"']


def test_what_is_not_known_is_shown_all_the_same() -> None:
    """A field of a vendor's, and thoughts as text."""
    message = {"role": "assistant", "content": "", "x_vendor": [1], "reasoning_content": "hm\nso"}
    assert shown(message) == ["assistant", "  x_vendor: [1]", "  reasoning_content:", "    | hm", "    | so"]


def test_no_control_character_comes_through() -> None:
    """Neither from a role nor from a text, an argument or the name of a field."""
    call = {"id": "\x1b", "function": {"name": "\x1b[31m", "arguments": "\x1b\n\x07"}}
    lines = shown({"role": "\x1b]0;\n\x07", "content": "\x1b[2J", "tool_calls": [call], "\x1b": "\x1b"})
    assert not set("\x1b\x07\n") & set("".join(lines))
    assert "⟨ESC⟩" in "".join(lines)


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"\xff", b"[1]", b'"text"', b"[" * 5000])
def test_what_is_no_message_is_shown_as_the_text_that_it_is(raw: bytes) -> None:
    assert entry_lines(raw)[0] == "?"


@given(json_values | st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "output", "name"]), json_values))
def test_any_json_has_lines(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Nothing fails, and no line holds another."""
    lines = shown(value)
    assert lines
    assert not any("\n" in line for line in lines)


def test_ids_are_left_out_at_every_depth_but_not_of_arguments() -> None:
    """What a model asked for is its words, also where it is called `id`."""
    assert compact({"a": [{"id": "x", "b": 1}]}, ids=False) == '{"a": [{"b": 1}]}'
    assert call_lines("get", {"id": "x"}) == ['  calls get {"id": "x"}']


def test_long_values_are_told_apart_by_their_digest() -> None:
    assert compact("a" * 500) != compact("a" * 499 + "b")
    assert block("") == []
    assert call_lines(None, {"a": 1}) == ['  calls ? {"a": 1}']
