"""Messages, and which call was answered."""

import json

from hypothesis import given
from strategies import json_values

from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import CallSeen, read_message


def add(history: History, *messages: object) -> None:
    for message in messages:
        history.add(read_message(json.dumps(message).encode()))


def calls(*ids: str) -> dict[str, object]:
    return {
        "role": "assistant",
        "tool_calls": [{"id": call_id, "function": {"name": call_id.upper()}} for call_id in ids],
    }


def tool(call_id: str | None) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": call_id, "content": "r"}


def test_a_call_waits_until_it_is_answered() -> None:
    """Answers are matched by id, in any order and at any distance."""
    history = History()
    add(history, calls("a", "b"), tool("b"), {"role": "user"})
    assert history.unanswered() == {0: [CallSeen(id="a", name="A", where="/tool_calls/0")]}
    add(history, tool("a"))
    assert history.unanswered() == {}
    assert history.strays == []


def test_an_answer_to_nothing_is_a_stray_of_its_message_only() -> None:
    """Strays are those of the newest message."""
    history = History()
    add(history, tool("x"))
    assert history.strays == ["x"]
    add(history, {"role": "user"})
    assert history.strays == []


def test_an_id_that_is_used_again_is_answered_once_each() -> None:
    """The latest call with that id gets the answer; the earlier one still waits."""
    history = History()
    add(history, calls("a"), calls("a"), tool("a"))
    assert list(history.unanswered()) == [0]


def test_a_message_is_read_in_both_dialects() -> None:
    """Chat-completions calls and Anthropic blocks are the same thing."""
    blocks = [{"type": "text", "text": "hm"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]
    seen = read_message(json.dumps({"role": "assistant", "content": blocks}).encode())
    assert (seen.role, seen.text, seen.calls) == (
        "assistant",
        "hm",
        (CallSeen(id="t", name="f", arguments={}, where="/content/1"),),
    )
    result = [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]
    assert read_message(json.dumps({"role": "user", "content": result}).encode()).answers == ("t",)


def test_evidence_of_a_message() -> None:
    """One line tells role, calls and text."""
    assert read_message(b'{"role": "user", "content": "hi"}').shown(3) == 'messages[3] user "hi"'
    assert read_message(json.dumps(calls("a")).encode()).shown(0) == "messages[0] assistant calls A"
    assert read_message(b"[]").shown(1) == 'messages[1] without role ""'


@given(json_values)
def test_any_value_can_be_a_message(value: object) -> None:
    """Reading never raises, whatever stands in the list."""
    history = History()
    add(history, value, value)
    history.unanswered()
