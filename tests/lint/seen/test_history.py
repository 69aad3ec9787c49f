"""Messages, and which call was answered."""

import json

from hypothesis import given
from strategies import json_values

from nexdiag.lint.seen.history import History, Late, Misnamed, Split, Stray, answer_place, text_place
from nexdiag.lint.seen.message import AFTER_EXTRA, NOTED, CallSeen, message_of, read_message


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
    add(history, calls("a"), tool("a"), tool("y"))
    assert (history.arrived.orphans, history.odd_answers()) == (["y"], ([], []))  # nothing waits: it is settled at once


def test_an_id_that_is_used_again_is_answered_once_each() -> None:
    """The latest call with that id gets the answer; the earlier one still waits."""
    history = History()
    add(history, calls("a"), calls("a"), tool("a"))
    assert list(history.unanswered()) == [0]


def test_what_stands_between_is_known_when_the_late_answer_comes() -> None:
    """The first message after the run of calls, once, however many answers are late because of it."""
    history = History()
    add(history, calls("a", "b"), {"role": "user"}, {"role": "assistant"}, tool("a"))
    assert history.arrived.late == [Late(asked=0, between=1, call=CallSeen(id="a", name="A", where="/tool_calls/0"))]
    add(history, tool("b"))
    assert (history.arrived.late, history.strays, history.arrived.split) == ([], [], None)


def test_calls_in_a_row_are_one_run() -> None:
    """Their answers come too late for all but the last; on the Responses wire each call is an item of its own."""
    history = History()
    add(history, calls("a"), calls("b"), tool("b"), tool("a"))
    assert history.arrived.split == Split(first=0, last=1)
    items = History("input")
    add(items, calls("a"), {"role": "assistant"}, calls("b"), tool("a"))
    assert (items.arrived.split, items.arrived.late) == (None, [])
    add(items, tool("b"))
    assert (items.arrived.split, items.arrived.late, items.unanswered()) == (None, [], {})


def test_what_the_assistant_says_before_an_answer_stands_between() -> None:
    """On the Responses wire too, where nothing but the call's answer may follow it; reasoning is not said."""
    items = History("input")
    add(items, calls("a"), {"type": "reasoning"}, tool("a"), calls("b"), {"role": "assistant"}, tool("b"))
    assert [(late.asked, late.between) for late in items.arrived.late] == [(3, 4)]


def test_an_answer_stands_for_the_call_in_whose_place_it_is() -> None:
    """Until the right answer comes; then it is one too many."""
    history = History()
    add(history, calls("a", "b"), tool("x"), tool("b"))
    stray = Stray(at=1, id="x", known=False)
    call = CallSeen(id="a", name="A", where="/tool_calls/0")
    assert history.odd_answers() == ([Misnamed(stray=stray, asked=0, call=call)], [])
    add(history, tool("a"))
    assert history.odd_answers() == ([], [stray])


def test_a_turn_that_is_over_is_settled() -> None:
    """What breaks off the run tells of its odd answers, once: each request to come need not look at them again."""
    history = History()
    add(history, calls("a"), tool("x"), tool("y"), {"role": "user"})
    assert [(one.stray.id, one.asked, one.call.id) for one in history.arrived.misnamed] == [("x", 0, "a")]
    assert [stray.id for stray in history.arrived.over] == ["y"]
    assert (history.odd_answers(), history.unanswered()) == (([], []), {})
    add(history, {"role": "user"})
    assert history.arrived.misnamed == []


def test_an_id_that_comes_again_is_told_of_the_newest_message() -> None:
    """With the message that had it last, and whether both are of one run."""
    history = History()
    add(history, calls("a"), tool("a"), calls("a"))
    assert [(one.call.id, one.earlier, one.together) for one in history.arrived.again] == [("a", 0, False)]
    add(history, calls("a", ""), calls(""))
    assert [(one.call.id, one.earlier, one.together) for one in history.arrived.again] == []
    add(history, tool("a"), tool("a"), tool("a"))
    assert history.arrived.doubled == ["a"]


def test_messages_of_one_name_are_known() -> None:
    """By the `id` of the entry, where it is a text; the first that had it is named."""
    history = History("input")
    add(history, {"id": "m", "role": "user"}, {"id": 7, "role": "user"}, {"id": 7, "role": "user"})
    assert history.namesake is None
    add(history, {"id": "m", "role": "assistant"})
    assert (history.namesake, history.refers) == (0, False)
    add(history, {"type": "item_reference", "id": "fc"})
    assert (history.namesake, history.refers) == (None, True)


def test_the_place_of_an_answers_id() -> None:
    """In a tool message, an item, and a block among others."""
    block = {"type": "tool_result", "tool_use_id": "t"}
    assert answer_place(read_message(json.dumps(tool("a")).encode()), "a") == "/tool_call_id"
    assert answer_place(read_message(b'{"type": "function_call_output", "call_id": "a"}'), "a") == "/call_id"
    assert answer_place(read_message(json.dumps({"content": [1, block]}).encode()), "t") == "/content/1/tool_use_id"
    assert answer_place(read_message(b'{"role": "tool"}'), None) == ""


def test_the_place_of_arguments_that_are_a_text() -> None:
    """In `tool_calls` and in an item; a block has an object, a custom call free text."""

    def place(value: object) -> str | None:
        seen = read_message(json.dumps(value).encode())
        return text_place(seen, seen.calls[0])

    assert place(calls("a")) == "/tool_calls/0/function/arguments"
    assert place({"tool_calls": {"id": "a", "function": {}}}) == "/tool_calls/function/arguments"
    assert place({"type": "function_call", "call_id": "a"}) == "/arguments"
    assert place({"tool_calls": [3, {"id": "a", "custom": {"input": "x"}}]}) is None
    assert place({"content": [{"type": "tool_use", "id": "a"}]}) is None
    assert place({"type": "custom_tool_call", "call_id": "a"}) is None


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
    history.odd_answers()


def test_what_was_noted_of_one_chat_is_not_told_of_another() -> None:
    """A run that ends with an answer under a wrong id, and a call under an id that was used before."""
    history, other = History(), History()
    add(history, calls("a"), tool("b"), calls("a"))
    assert (len(history.arrived.misnamed), len(history.arrived.again)) == (1, 1)
    add(other, {"role": "user"})
    assert other.arrived.again == other.arrived.misnamed == []


def test_what_stands_before_a_message_is_among_its_traits() -> None:
    """A message with fields of its own; and that the answers under wrong ids of a run are settled."""
    history = History()
    for value in (
        {"role": "user", "content": "u", "cache": 1},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "function": {"name": "f"}}]},
        {"role": "tool", "tool_call_id": "wrong", "content": "r"},
        {"role": "user", "content": "u"},
        {"role": "user", "content": "u"},
    ):
        history.add(message_of(value))
    assert [bool(one.traits & AFTER_EXTRA) for one in history.messages] == [False, True, False, False, False]
    assert [bool(one.traits & NOTED) for one in history.messages] == [False, False, False, True, False]
