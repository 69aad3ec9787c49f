"""Promises of `nexdiag.capture.grouping.entries`: what stays of a message when a client writes it otherwise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.grouping.entries import answer_entry, call_entry, entries, plain_said, said, spoken, system_text

CALL = {"id": "call_00001", "type": "function", "function": {"name": "date", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "call_00001", "name": "date", "input": {}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def user(content: object) -> bytes:
    return raw({"role": "user", "content": content})


SAME: dict[str, list[bytes]] = {
    "text, parts, input parts": [
        user("Hi there"),
        user([{"type": "text", "text": "Hi there", "cache_control": {"type": "ephemeral"}}]),
        raw({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi  there\n"}]}),
        user("<system-reminder>Be brief.</system-reminder>Hi there"),
    ],
    "a picture": [user([IMAGE]), user([IMAGE | {"cache_control": {}}])],
    "an answer on each wire": [
        raw({"role": "assistant", "content": "Friday."}),
        raw({"role": "assistant", "content": [{"type": "output_text", "text": "Friday.", "annotations": []}]}),
        raw(
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "?"}, {"type": "text", "text": "Friday."}],
            }
        ),
        raw({"role": "assistant", "content": "Friday.", "reasoning_content": "?"}),
    ],
    "a call on each wire": [
        raw({"role": "assistant", "content": None, "tool_calls": [CALL]}),
        raw({"role": "assistant", "tool_calls": [CALL | {"function": {"name": "date", "arguments": "{ }"}}]}),
        raw({"role": "assistant", "content": [USE]}),
        raw({"type": "function_call", "call_id": "call_00001", "name": "date", "arguments": "{}"}),
    ],
    "what a tool said on each wire": [
        raw({"role": "tool", "tool_call_id": "call_00001", "content": "Fri"}),
        raw({"role": "tool", "tool_call_id": "call_00001", "content": "[cleared]"}),
        user([{"type": "tool_result", "tool_use_id": "call_00001", "content": "Fri"}]),
        raw({"type": "function_call_output", "call_id": "call_00001", "output": "Fri"}),
    ],
    "nothing": [
        raw({"role": "system", "content": "x"}),
        raw({"type": "reasoning", "id": "r1", "summary": []}),
        raw({"role": "assistant", "content": ""}),
        user("<environment_context>\n<cwd>/a</cwd></environment_context>"),
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_said_otherwise_is_the_same(name: str) -> None:
    assert len({entries(text) for text in SAME[name]}) == 1


def test_different_things_are_different() -> None:
    found = [entries(texts[0]) for texts in SAME.values()]
    assert len(set(found)) == len(found)
    assert entries(user("Hi")) != entries(user("Ho"))
    assert entries(user([IMAGE])) != entries(user([IMAGE | {"image_url": {"url": "b"}}]))


def test_an_answer_as_it_was_heard_is_the_entry_of_a_history() -> None:
    """So that a chat is known again by what it was answered."""
    assert (answer_entry("Friday."),) == entries(SAME["an answer on each wire"][0])
    assert (call_entry("call_00001", "date"),) == entries(SAME["a call on each wire"][0])
    assert answer_entry(" \n") is None


def test_text_and_calls_of_one_message_are_several_entries() -> None:
    """As they are where each is an item of its own."""
    both = entries(raw({"role": "assistant", "content": "Wait.", "tool_calls": [CALL]}))
    assert both == (answer_entry("Wait."), call_entry("call_00001", "date"))


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ([{"type": "tool_result", "tool_use_id": "a"}, {"type": "text", "text": "Stop."}], ["tool", "user"]),
        ([{"type": "tool_result", "tool_use_id": "a"}, IMAGE], ["tool"]),
        (
            [
                {"type": "tool_result", "tool_use_id": "a"},
                {"type": "text", "text": "<system-reminder>x</system-reminder>"},
            ],
            ["tool"],
        ),
        ("", ["user"]),
        (None, ["user"]),
        ("<task>Mend it.</task>", ["user"]),
    ],
)
def test_who_speaks_in_a_users_message(content: Any, kinds: list[str]) -> None:  # noqa: ANN401 - JSON
    """What a tool said, a picture that it took, and a reminder are not the user's words; a marked-up task is."""
    assert [entry.kind for entry in entries(user(content))] == kinds


def test_what_the_user_said_stands_as_it_was_sent() -> None:
    """Without the parts that a client put before it."""
    parts = [
        {"type": "text", "text": "<environment_details>x</environment_details>"},
        {"type": "text", "text": " Hi \n"},
    ]
    assert said(user(parts)) == " Hi \n"
    assert said(user("Hi \n there")) == "Hi \n there"
    assert said(user(parts[:1])) is None
    assert said(raw({"role": "assistant", "content": "Hi"})) is None


def test_envelopes_are_no_words() -> None:
    assert spoken("a <x-context a='1'>\nb\n</x-context> c") == "a c"
    assert spoken("if a < b and b </ c: <context>") == "if a < b and b </ c: <context>"
    assert plain_said("<system-reminder>x</system-reminder>") == ()
    assert [entry.kind for entry in plain_said("Hi")] == ["user"]


@pytest.mark.parametrize("piece", ["<context>", "<context", "context", "<a-context b='", "</", "<context></"])
def test_a_text_that_looks_like_envelopes_is_read_in_time_of_its_length(piece: str) -> None:
    """A megabyte of their beginnings (it would never come to its end)."""
    assert spoken("</x>" + piece * (1_000_000 // len(piece)))


def test_the_system_prompt_is_read() -> None:
    assert (
        system_text(raw({"role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]})) == "Be brief."
    )
    assert system_text(user("system")) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(["user", "assistant", "tool", "text", "tool_result", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "type", "content", "tool_calls", "function", "id", "name", "text"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=60), JSON.map(raw)))
def test_whatever_an_entry_holds_it_is_read(text: bytes) -> None:
    entries(text)
    said(text)
    system_text(text)
