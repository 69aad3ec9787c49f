"""Promises of `nexdiag.diff.comparing`: every planted edit is found once, at its place."""

import copy
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from compared import Bodies, answer, bodies, events, exchange, news, recording, streamed, told, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.core.cassette import Cassette
from nexdiag.core.comparison import Comparison
from nexdiag.core.exchange import Response
from nexdiag.core.turn import ToolRun
from nexdiag.diff.comparing import compare_cassettes, mode_of
from nexdiag.diff.reading import REPLAY, RUN

TURNS = 5
SWAPPED = {"added": "removed", "removed": "added", "changed": "changed"}


def history_edit(asked: Bodies, change: Callable[[list[Any]], None], since: int) -> Bodies:
    """The requests from a turn on, with their history changed."""
    out = copy.deepcopy(asked)
    for body in out[since - 1 :]:
        change(body["messages"])
    return out


@given(st.integers(1, 6), st.sampled_from([REPLAY, RUN, ""]))
@settings(max_examples=12)
def test_a_recording_beside_itself_has_no_difference(turns: int, mode: str) -> None:
    """Whatever the mode."""
    one = recording(bodies(turns))
    found = compare_cassettes(one, one, mode=mode)
    assert (found.differences(), found.first, found.aside) == ((), None, ())
    assert all(row.kind == "same" for row in found.rows)


EDITS: dict[str, tuple[Callable[[Bodies, int], Bodies], Callable[[int], tuple[str, str, str]]]] = {
    "message put in": (
        lambda asked, at: history_edit(asked, lambda m: m.insert(2 * at, {"role": "user", "content": "zzz"}), at),
        lambda at: ("messages", "added", f"/messages/{2 * at}"),
    ),
    "message changed": (
        lambda asked, at: history_edit(asked, lambda m: m[2 * at - 1].update(name="bob"), at),
        lambda at: ("messages", "added", f"/messages/{2 * at - 1}/name"),
    ),
    "message gone": (
        lambda asked, at: history_edit(asked, lambda m: m.pop(0), at),
        lambda at: ("messages", "removed", "/messages/0"),
    ),
    "parameter": (
        lambda asked, at: [body | ({"temperature": 0.9} if n >= at - 1 else {}) for n, body in enumerate(asked)],
        lambda at: ("parameters", "changed", "/temperature"),
    ),
    "tool gone": (
        lambda asked, at: [
            body | ({"tools": body["tools"][:1]} if n >= at - 1 else {}) for n, body in enumerate(asked)
        ],
        lambda at: ("tools", "removed", "/tools/1"),
    ),
}


@pytest.mark.parametrize("edit", EDITS)
@given(at=st.integers(1, TURNS), mode=st.sampled_from([REPLAY, RUN]))
@settings(max_examples=10)
def test_an_edit_of_requests_is_found_once_and_then_carried_on(edit: str, at: int, mode: str) -> None:
    """New in the request of its turn; in later ones inherited, and the rows only follow. Swapped, kinds are swapped."""
    change, expected = EDITS[edit]
    left, right = recording(bodies(TURNS)), recording(change(bodies(TURNS), at))
    found = compare_cassettes(left, right, mode=mode)
    assert told(found) == [expected(at)]
    assert found.first == news(found)[0][0]
    first = found.rows[found.first]
    assert first.right is not None
    assert (first.right.turn, first.right.exchange) == (at, at - 1)
    later = [row for row in found.rows[found.first + 1 :] if row.right is not None and row.right.exchange is not None]
    assert all(row.consequence and any(one.inherited for one in row.differences) for row in later)
    back = compare_cassettes(right, left, mode=mode)
    assert [kind for _, kind, _ in told(back)] == [SWAPPED[expected(at)[1]]]
    assert back.first == found.first


ANSWERS: dict[str, tuple[Callable[[int], Response], list[tuple[str, str]]]] = {
    "text": (lambda n: streamed(events("Something else was said.", number=n)), [("response", "(text)")]),
    "finish": (lambda n: streamed(events(answer(n + 1), number=n, finish="length")), [("response", "(finish_reason)")]),
    "usage": (lambda n: streamed(events(answer(n + 1), number=n, usage=8)), [("response", "(usage)/output_tokens")]),
    "chunks": (lambda n: streamed(events(answer(n + 1), number=n, pieces=4)), [("stream", "(events)")]),
    "done": (
        lambda n: streamed(events(answer(n + 1), number=n), done=False),
        [("stream", "(kinds)"), ("stream", "(events)")],
    ),
}


@pytest.mark.parametrize("edit", ANSWERS)
@pytest.mark.parametrize("at", [0, TURNS - 1])
def test_an_edit_of_an_answer_is_found_at_its_exchange(edit: str, at: int) -> None:
    """In the exchange that was answered so, and nowhere else: what is sent is the same."""
    response, expected = ANSWERS[edit]
    answers = [streamed(events(answer(n + 1), number=n)) for n in range(TURNS)]
    answers[at] = response(at)
    found = compare_cassettes(recording(bodies(TURNS)), recording(bodies(TURNS), answers), mode=REPLAY)
    assert told(found) == [(aspect, "changed", pointer) for aspect, pointer in expected]
    row = found.rows[found.first or 0]
    assert row.right is not None
    assert row.right.exchange == at


def test_in_two_live_runs_a_models_words_are_told_and_have_no_weight() -> None:
    """Nor have its usage and ids; that it is sent again is no news; a finish reason counts all the same."""
    left = recording(bodies(TURNS))
    mine = json.loads(json.dumps(bodies(TURNS)).replace("of mine", "of another mind"))
    answers = [
        streamed(events(answer(n).replace("of mine", "of another mind"), number=90 + n, usage=9)) for n in range(1, 6)
    ]
    right = recording(mine, answers)
    found = compare_cassettes(left, right)
    assert found.mode == RUN
    assert (found.differences(), found.first) == ((), None)
    quiet = {one.pointer for row in found.rows for one in row.differences if one.quiet}
    assert {"(text)", "(usage)/output_tokens", "/messages/2/content"} <= quiet
    exact = compare_cassettes(left, right, mode=REPLAY)
    assert exact.first == 1
    assert all(row.consequence for row in exact.rows[3:] if row.differences)


def test_a_turn_that_one_side_lacks_is_one_difference() -> None:
    """Its messages, which later requests of the other side carry, only follow."""
    asked = bodies(TURNS)
    short = copy.deepcopy(asked)
    del short[2]
    for body in short[2:]:
        del body["messages"][5:7]
    answers = [streamed(events(answer(n + 1), number=n)) for n in range(TURNS) if n != 2]
    left, right = (
        msgspec.structs.replace(
            one, turns=tuple(msgspec.structs.replace(turn, reply=answer(int(turn.said[-2]))) for turn in one.turns)
        )
        for one in (recording(asked), recording(short, answers))
    )
    found = compare_cassettes(left, right, mode=REPLAY)
    assert told(found) == [("turn", "removed", "(turn)")]
    assert found.rows[found.first or 0].kind == "removed"
    assert told(compare_cassettes(right, left, mode=REPLAY)) == [("turn", "added", "(turn)")]


def test_an_answer_that_never_came_is_missing_from_what_is_sent_next_and_that_is_no_news() -> None:
    """One side was refused in its first turn, and goes on without that answer."""
    asked = history_edit(bodies(3), lambda messages: messages.pop(2), 2)
    answers = [whole({"error": "no"}, 400), *(streamed(events(answer(n), number=n)) for n in (2, 3))]
    left = recording(bodies(3), [streamed(events(answer(n), number=n)) for n in (1, 2, 3)])
    found = compare_cassettes(left, recording(asked, answers))
    assert told(found)[-2:] == [("response", "changed", "(status)"), ("response", "added", "(refusal)")]
    assert found.first == 1
    assert all(row.consequence for row in found.rows[2:] if row.differences)


def test_a_line_of_the_log_is_found_once() -> None:
    """Process numbers are set aside and counted."""
    left, right = recording(bodies(3)), recording(bodies(3), live=7)
    line = msgspec.structs.replace(right.log[1], text="chat 0: disk is full", level="ERROR")
    right = msgspec.structs.replace(right, log=(*right.log, line))
    found = compare_cassettes(left, right)
    assert told(found) == [("log", "added", "(log)/1")]
    assert {one.rule: one.count for one in found.aside}["log"] == 3
    bare = compare_cassettes(left, msgspec.structs.replace(right, log=()))
    assert told(bare) == []
    assert "logs: right has none" in bare.unchecked


def test_a_tool_that_gives_something_else_is_the_first_divergence() -> None:
    """What it gave is sent on, which is no news."""

    def made(output: str) -> Cassette:
        asked = bodies(2)
        call = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
        }
        for body in asked:
            body["messages"][2:2] = [call, {"role": "tool", "tool_call_id": "c", "content": output}]
        one = recording(asked)
        ran = ToolRun(call_id="c", name="f", arguments="{}", output=output)
        return msgspec.structs.replace(
            one, turns=(msgspec.structs.replace(one.turns[0], tool_runs=(ran,)), one.turns[1])
        )

    found = compare_cassettes(made("sunny"), made("rain"))
    assert told(found) == [("turn", "changed", "(tool_runs)/0")]
    assert found.first == 0


def test_modes_are_chosen_by_answers() -> None:
    """The same answers, as bytes, by their id or by what they say: a replay; other words: two runs; none: exact."""
    one, again = recording(bodies(2)), recording(bodies(2), live=50)
    bare = recording(bodies(2), [None, None])
    live = recording(bodies(2), [streamed(events(f"{n} quite otherwise", number=n + 70)) for n in range(2)])
    half = recording(bodies(2), [streamed(events(text, number=77)) for text in (answer(1), "another")])
    named = recording(bodies(2), [streamed(events(text, number=1)) for text in ("one", "other")])
    assert [mode_of(one, other) for other in (one, again, bare, named)] == [REPLAY] * 4
    assert [mode_of(one, other) for other in (live, half)] == [RUN] * 2


def test_what_the_user_ignores_is_set_aside_and_counted() -> None:
    """An aspect, a pointer with stars, a place of an answer."""
    left = recording(bodies(2))
    right = recording([body | {"temperature": 1, "metadata": {"a": {"b": 1}}} for body in bodies(2)])

    def ignoring(*texts: str) -> Comparison:
        return compare_cassettes(left, right, ignored=texts)

    assert told(ignoring("parameters")) == []
    assert told(ignoring("/temperature", "/metadata")) == []
    assert {one.rule: one.count for one in ignoring("/temperature", "/*").aside} == {"/temperature": 2, "/*": 2}
    assert len(told(ignoring("/temperature"))) == 1


def test_hostile_bodies_are_compared_as_what_they_are() -> None:
    """No JSON, wrong types, deep nesting: nothing raises, and what differs is told."""
    for raw in (b"\xff\x00", b"[1]", b'{"messages": 3}', b'{"messages": [1, null, {"role": []}]}', b"{" * 3000, b""):
        left = recording(bodies(1))
        request = msgspec.structs.replace(
            left.exchanges[0].request, body=msgspec.structs.replace(left.exchanges[0].request.body, raw=raw, fields=())
        )
        right = msgspec.structs.replace(left, exchanges=(msgspec.structs.replace(left.exchanges[0], request=request),))
        assert compare_cassettes(left, right).first is not None
        assert compare_cassettes(right, left).first is not None
        assert compare_cassettes(right, right).first is None


@given(json_values, json_values, json_values)
@settings(max_examples=60)
def test_whatever_was_sent_and_answered_can_be_compared(one: object, other: object, told_back: object) -> None:
    """Any JSON as a body, as messages, as an answer, as an event: nothing raises, and itself is equal."""

    def made(value: object) -> Cassette:
        asked: Bodies = [{"model": "m", "messages": [value], "tools": value}, {"messages": value, "input": told_back}]
        for body in asked:
            body["messages"] = body["messages"] or [{}]
        exchanges = [
            exchange(0, value, whole(told_back)),
            exchange(1, asked[0], streamed([value, told_back])),
            exchange(2, asked[1], whole(value, 400)),
        ]
        return msgspec.structs.replace(recording(bodies(1)), exchanges=tuple(exchanges), turns=())

    left, right = made(one), made(other)
    for mode in (REPLAY, RUN):
        assert compare_cassettes(left, left, mode=mode).first is None
        compare_cassettes(left, right, mode=mode)


def plant(asked: Bodies, edit: str, turn: int, place: int, name: str) -> None:
    """One edit of a chat, from the request of a turn on; its messages are known by their places in the whole chat."""
    known = bodies(TURNS)[-1]["messages"][place]
    new = {"role": "user", "content": f"{name}: nobody has said this before."}
    for body in asked[turn - 1 :]:
        at = next((n for n, one in enumerate(body["messages"]) if one == known), None)
        if edit == "parameter":
            body[name] = 1
        elif edit == "tool":
            body["tools"].append({"type": "function", "function": {"name": name, "parameters": {}}})
        elif at is not None and edit == "drop":
            del body["messages"][at]
        elif at is not None and edit == "insert":
            body["messages"].insert(at, new)
        elif at is not None and edit == "rewrite":
            body["messages"][at]["content"] = f"{name}: another text."
        elif at is not None:
            body["messages"][at]["content"] += f"\n\n{name}: one more paragraph."


@settings(max_examples=40)
@given(
    st.tuples(*[st.sampled_from(["drop", "insert", "rewrite", "append", "parameter", "tool"])] * 2),
    st.lists(st.integers(2, TURNS), min_size=2, max_size=2, unique=True).map(sorted),
    st.data(),
    st.sampled_from([REPLAY, RUN]),
)
def test_two_independent_edits_are_both_news(
    edits: tuple[str, str], turns: list[int], data: st.DataObject, mode: str
) -> None:
    """What differs first hides nothing that has nothing to do with it, on either side, in either mode."""
    places = [data.draw(st.integers(1, 2 * turns[0] - 2))]
    places.append(data.draw(st.integers(1, 2 * turns[1] - 2).filter(lambda one: one != places[0])))
    sides = bodies(TURNS), bodies(TURNS)
    plant(sides[1], edits[0], turns[0], places[0], "first")
    plant(sides[data.draw(st.integers(0, 1))], edits[1], turns[1], places[1], "second")
    found = compare_cassettes(recording(sides[0]), recording(sides[1]), mode=mode)
    rows = [(found.rows[row], one.aspect) for row, one in news(found)]
    told = [(row.right.turn, aspect) for row, aspect in rows if row.right is not None and not row.consequence]
    aspects = {"parameter": "parameters", "tool": "tools"}
    assert list(dict.fromkeys(told)) == [
        (turn, aspects.get(edit, "messages")) for edit, turn in zip(edits, turns, strict=True)
    ]


def test_two_live_runs_have_no_answer_in_common_but_refusals_and_lists_of_models() -> None:
    """Those are the same in any two runs."""
    same = exchange(9, {}, whole({"data": []}), url="http://127.0.0.1:8080/v1/models")
    refused = whole({"error": {"message": "no"}}, 400)
    runs = []
    for live in (0, 100):
        answers = [streamed(events(answer(live), number=live)), refused]
        one = recording(bodies(2), answers)
        runs.append(msgspec.structs.replace(one, exchanges=(*one.exchanges, same)))
    assert mode_of(*runs) == RUN


def test_a_history_that_somebody_rewrote_has_weight_in_live_runs() -> None:
    """A model's words weigh nothing as they came; what is no model's words does."""
    sides = bodies(3), bodies(3)
    answers = [
        [streamed(events(f"{word} {n} of mine", number=n + k)) for n in range(3)] for k, word in ((0, "a"), (9, "b"))
    ]
    for side, word in zip(sides, ("a", "b"), strict=True):
        for body in side[1:]:
            body["messages"][2]["content"] = f"{word} 0 of mine"
    assert told(compare_cassettes(recording(sides[0], answers[0]), recording(sides[1], answers[1]), mode=RUN)) == []
    for body in sides[1][1:]:
        body["messages"][2]["content"] = "the agent's own summary"
    found = compare_cassettes(recording(sides[0], answers[0]), recording(sides[1], answers[1]), mode=RUN)
    assert told(found) == [("messages", "changed", "/messages/2/content")]


def test_a_message_that_was_split_is_news_whatever_differed_before() -> None:
    """The founding fault, behind another model; and two messages that changed places, behind a temperature."""
    left = bodies(3, said=lambda n: f"The context is nearly full.\n\nQuestion {n}?" if n == 2 else f"Question {n}?")
    right = copy.deepcopy(left)
    for body in right:
        body["model"] = "other"
    for body in right[1:]:
        texts = body["messages"][3]["content"].split("\n\n")
        body["messages"][3:4] = [{"role": "user", "content": text} for text in texts]
    found = told(compare_cassettes(recording(left), recording(right)))
    assert found[1:] == [("messages", "changed", "/messages/3/content"), ("messages", "added", "/messages/4")]
    left, right = bodies(3), bodies(3)
    for body in right:
        body["temperature"] = 0.9
    messages = right[2]["messages"]
    messages[1], messages[3] = messages[3], messages[1]
    found = told(compare_cassettes(recording(left), recording(right)))
    assert {aspect for aspect, _, _ in found[1:]} == {"messages"}


def test_two_short_values_are_new_wherever_they_differ_anew() -> None:
    """The same answer of a user two turns later, a parameter that holds the same words, one that agreed between."""
    sides = [bodies(3, said=lambda n, word=word: word if n != 2 else "Go on") for word in ("low", "high")]
    for side, word in zip(sides, ("low", "high"), strict=True):
        side[1]["effort"] = word
    assert told(compare_cassettes(recording(sides[0]), recording(sides[1]), mode=REPLAY)) == [
        ("messages", "changed", "/messages/1/content"),
        ("parameters", "changed", "/effort"),
        ("messages", "changed", "/messages/5/content"),
    ]
    left, right = bodies(3), bodies(3)
    right[0]["temperature"] = right[2]["temperature"] = 0.9
    assert told(compare_cassettes(recording(left), recording(right))) == [("parameters", "changed", "/temperature")] * 2


def with_turn(cassette: Cassette, number: int, **fields: Any) -> Cassette:  # noqa: ANN401 - any field of a turn
    """The recording with one turn changed."""
    turns = (msgspec.structs.replace(one, **fields) if one.number == number else one for one in cassette.turns)
    return msgspec.structs.replace(cassette, turns=tuple(turns))


def test_a_tool_run_that_one_side_lacks_and_another_reply_are_news() -> None:
    """Where all requests and answers are the same."""
    one, ran = recording(bodies(2)), ToolRun(call_id="c", name="write", arguments="{}", output="ok", turn=2)
    left, right = with_turn(one, 2, tool_runs=(ran, ran)), with_turn(one, 2, tool_runs=(ran,))
    assert told(compare_cassettes(left, right)) == [("turn", "removed", "(tool_runs)/1")]
    assert told(compare_cassettes(one, right)) == [("turn", "added", "(tool_runs)/0")]
    said = [with_turn(one, 2, reply=text) for text in ("42", "(no answer)")]
    for mode in (REPLAY, RUN):
        assert told(compare_cassettes(*said, mode=mode)) == [("turn", "changed", "(reply)")]
    assert told(compare_cassettes(said[0], one)) == [], "a side that tells no reply at all"


def test_usage_that_an_answer_does_not_tell_is_absent() -> None:
    """It is not zero."""
    sides = [recording(bodies(1), [streamed(one)]) for one in (events(answer(1)), events(answer(1))[:-1])]
    found = [one for _, one in news(compare_cassettes(*sides)) if one.pointer == "(usage)/output_tokens"]
    assert [(one.kind, one.left, one.right) for one in found] == [("removed", 7, None)]


def test_a_refusal_that_comes_again_is_carried_on() -> None:
    """By the request that carries on what brought it about."""
    left, right = bodies(2), bodies(2)
    for body in right:
        body["temperature"] = 0.9
    found = compare_cassettes(recording(left), recording(right, [whole({"error": {}}, 400)] * 2), mode=REPLAY)
    marks = [one.inherited for row in found.rows for one in row.differences if one.pointer == "(status)"]
    assert marks == [False, True]
