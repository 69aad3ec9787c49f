"""message-id-collision: two messages have the same id."""

import pytest
from linting import USER, found, judged, refusing

from nexdiag.core.finding import Severity

RULE = "message-id-collision"
FIRST = {"type": "message", "id": "msg_4", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
SECOND = {**FIRST, "content": [{"type": "output_text", "text": "b"}]}
WORDS = "Duplicate item found with id msg_4. Remove duplicate items from your input and try again."


@pytest.mark.parametrize(
    ("items", "found_at"),
    [([FIRST, SECOND, USER], [1]), ([FIRST, USER, FIRST], [2]), ([FIRST, SECOND, SECOND], [1, 2])],
)
def test_the_later_item_is_at_fault(items: list[object], found_at: list[int]) -> None:
    """Whether it says the same or not; the evidence tells which."""
    findings = found(RULE, {"input": items})
    assert [one.location.pointer for one in findings] == [f"/input/{at}/id" for at in found_at]
    assert [one.location.message_index for one in findings] == found_at


def test_messages_of_chat_with_ids_of_a_client() -> None:
    """A client's own ids collide in the same way."""
    (finding,) = found(RULE, {"messages": [{"id": "m", **USER}, {"id": "m", **USER}]})
    assert finding.location.pointer == "/messages/1/id"
    assert finding.evidence[2] == 'the same message twice under the id "m"'


@pytest.mark.parametrize(
    "items",
    [
        [FIRST, {**SECOND, "id": "msg_5"}],
        [{**FIRST, "id": None}, {**SECOND, "id": None}],
        [{**FIRST, "id": ""}, {**SECOND, "id": ""}],
        [{"type": "function_call", "id": "fc_1", "call_id": "msg_4"}, FIRST],
        [USER, USER],
    ],
)
def test_look_alikes_are_let_pass(items: list[object]) -> None:
    """Only the `id` of the entry itself counts."""
    assert found(RULE, {"input": items}) == []


@pytest.mark.parametrize("said", [WORDS, "distinct messages share message_id msg_4"])
def test_the_words_tell(said: str) -> None:
    """They confirm it where the request shows it, and name it where the request is not known."""
    parts = {"status": 400, "response": {"error": {"message": said}}}
    finding = judged({"input": [FIRST, SECOND, USER]}, **parts)[0]
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 1, True)
    assert judged(None, **parts)[0].rule == RULE


def test_an_item_that_the_server_keeps() -> None:
    """A request that goes on from a response must not send its items again: the words name one."""
    request = {"input": [USER, FIRST], "previous_response_id": "resp_1"}
    said = {"error": {"message": WORDS}}
    (finding,) = found(RULE, request, status=400, response=said)
    assert (finding.location.pointer, finding.refused) == ("/input/1/id", True)
    assert found(RULE, request) == []
    assert found(RULE, {"input": [USER, FIRST]}, status=400, response=said) == []


def test_the_profile_decides() -> None:
    """An error where it is refused, nothing on another known server."""
    request = {"input": [FIRST, SECOND]}
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert found(RULE, request, refusing()) == []
    (finding,) = found(RULE, request, refusing(RULE))
    assert (finding.severity, finding.facts) == (Severity.ERROR, {"index": "1", "id": "msg_4", "earlier": "0"})
