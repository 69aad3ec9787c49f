"""Promises of `nexdiag.diff.requests`."""

import json
from typing import Any

import msgspec
import pytest
from compared import exchange, recording, told, whole
from linting import calls, tool
from made import said, user

from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange
from nexdiag.diff.aside import Asides
from nexdiag.diff.comparing import compare_cassettes
from nexdiag.diff.reading import REPLAY, RUN, Reading
from nexdiag.diff.requests import Chat, same_names


def asked(*messages: object, **fields: object) -> Exchange:
    """A request of these messages."""
    return exchange(0, {"model": "m", "messages": list(messages), **fields}, None)


def found(left: Exchange, right: Exchange, mode: str = REPLAY, asides: Asides | None = None) -> list[Difference]:
    """All differences of two requests."""
    return Chat(Reading(mode, asides or Asides())).compare(left, right)[0]


def places(*two: Exchange, **more: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - the options of found
    """Aspect, kind and pointer of each."""
    return [(one.aspect, one.kind, one.pointer) for one in found(*two, **more)]


def test_aspects_come_in_their_order() -> None:
    """Address first; the host is set aside, for it says nothing of what is asked."""
    asides = Asides()
    right = exchange(
        0, {"model": "n", "messages": [user("b")], "tools": [{"name": "f"}]}, None, url="http://other/chat"
    )
    assert places(asked(user("a")), right, asides=asides) == [
        ("address", "changed", "(path)"),
        ("messages", "changed", "/messages/0/content"),
        ("parameters", "changed", "/model"),
        ("tools", "added", "/tools"),
    ]
    assert [one.rule for one in asides.told()] == ["origin"]


def test_what_a_model_reads_before_the_conversation_is_of_it() -> None:
    """`system` of Messages, `instructions` of Responses; and an `input` that is a text."""
    left, right = exchange(0, {"system": "a", "input": "x"}, None), exchange(0, {"system": "b", "input": "y"}, None)
    assert places(left, right) == [("messages", "changed", "/system"), ("messages", "changed", "/input")]


@pytest.mark.parametrize("swapped", [False, True])
def test_ids_of_calls_are_numbered_and_a_swapped_one_is_a_difference(swapped: bool) -> None:
    """Renamed throughout: nothing. An answer to the other call: one difference for each."""
    asides = Asides()
    left = asked(calls("c1", "c2"), tool("c1", "one"), tool("c2", "two"))
    right = asked(calls("x1", "x2"), tool("x2" if swapped else "x1", "one"), tool("x1" if swapped else "x2", "two"))
    pointers = [one.pointer for one in found(left, right, asides=asides)]
    assert pointers == (["/messages/1/tool_call_id", "/messages/2/tool_call_id"] if swapped else [])
    assert {one.rule: one.count for one in asides.told()}["id"] == (2 if swapped else 4)


def test_arguments_are_compared_as_json() -> None:
    """Another spelling is none; in live runs other values under the same names have no weight, other names have."""
    asides = Asides()
    one, same = calls("c", arguments='{"a":1}'), calls("c", arguments='{ "a": 1 }')
    assert found(asked(one), asked(same), asides=asides) == []
    assert [rule.rule for rule in asides.told()] == ["spelling"]
    for mode, arguments, quiet in ((RUN, '{"a":2}', True), (RUN, '{"b":1}', False), (REPLAY, '{"a":2}', False)):
        told = found(asked(one), asked(calls("c", arguments=arguments)), mode=mode)
        assert [one.quiet for one in told] == [quiet]
    assert same_names('{"a":1}', '{"a":2}')
    assert not same_names("no json", '{"a":2}')


def test_what_rules_of_requests_set_aside_is_counted_and_only_that() -> None:
    """Views say what is volatile; a message that differs beside it still counts."""

    def views(left: Exchange, right: Exchange) -> tuple[object, object]:
        texts = [one.request.body.join().decode() for one in (left, right)]
        marked = [text.replace("2026-01-01", "⟦date⟧").replace("2026-02-02", "⟦date⟧") for text in texts]
        return json.loads(marked[0]), json.loads(marked[1])

    asides = Asides()
    left = asked(*(user(str(n)) for n in range(9)), user("It is 2026-01-01."), user("Hello."), run="2026-01-01")
    right = asked(*(user(str(n)) for n in range(9)), user("It is 2026-02-02."), user("Hullo."), run="2026-02-02")
    told = Chat(Reading(REPLAY, asides, views)).compare(left, right)[0]
    assert [one.pointer for one in told] == ["/messages/10/content"]
    assert {one.rule: one.count for one in asides.told()} == {"date": 2}


def test_secrets_are_compared_by_kind() -> None:
    """Which one it was has no weight."""
    asides = Asides()
    assert found(asked(user("[redacted 00000000]")), asked(user("[redacted 11111111]")), asides=asides) == []
    assert [one.rule for one in asides.told()] == ["secret"]


def test_what_is_carried_on_is_told_a_few_times_and_counted() -> None:
    """A thousand differences are not told again in a thousand requests."""
    chat = Chat(Reading(REPLAY, Asides()))
    first = [user(f"text {n}") for n in range(40)], [user(f"other {n}") for n in range(40)]
    assert len(chat.compare(asked(*first[0]), asked(*first[1]))[0]) == 40
    again, carried = chat.compare(asked(*first[0], said("x")), asked(*first[1], said("x")))
    assert (len(again), carried) == (16, 40)
    assert all(one.inherited for one in again)


def test_a_body_that_is_no_object_is_compared_as_what_it_is() -> None:
    """As text, or as the JSON that it is."""
    left, right = asked(user("a")), exchange(0, [1, 2], None)
    assert [one.pointer for one in found(left, right)] == ["(body)"]
    assert found(right, msgspec.structs.replace(right, id=3)) == []


def test_the_id_of_an_earlier_response_is_set_aside_as_an_id() -> None:
    """Each run has its own; one that names another response is a difference."""

    def asked(name: str, *before: int) -> Cassette:
        told_ = []
        for n, at in enumerate(before):
            body = {"model": "m", "input": "go on", **({"previous_response_id": f"{name}{at}"} if at >= 0 else {})}
            said = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"{n}"}]}]
            answered = whole({"id": f"{name}{n}", "object": "response", "status": "completed", "output": said})
            told_.append(exchange(n, body, answered, url="http://127.0.0.1:8080/v1/responses"))
        return msgspec.structs.replace(recording([]), exchanges=tuple(told_))

    assert told(compare_cassettes(asked("l", -1, 0, 1), asked("r", -1, 0, 1))) == []
    assert told(compare_cassettes(asked("l", -1, 0, 1), asked("r", -1, 0, 0))) == [
        ("parameters", "changed", "/previous_response_id")
    ]
