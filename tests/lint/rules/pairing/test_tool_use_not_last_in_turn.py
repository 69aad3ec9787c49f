"""tool-use-not-last-in-turn: text stands behind a tool call in the same assistant message."""

import pytest
from linting import USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-use-not-last-in-turn"
USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
TEXT = {"type": "text", "text": "x"}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}
WORDS = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t."


def request(*blocks: object) -> list[object]:
    return [USER, {"role": "assistant", "content": list(blocks)}, RESULT]


@pytest.mark.parametrize(("blocks", "place"), [([USE, TEXT], 1), ([TEXT, USE, TEXT], 2), ([USE, None, TEXT], 2)])
def test_the_assistant_message_is_at_fault(blocks: list[object], place: int) -> None:
    """The first text behind the call is pointed at."""
    (finding,) = found(RULE, {"messages": request(*blocks)})
    assert (finding.location.message_index, finding.location.pointer) == (1, f"/messages/1/content/{place}")


@pytest.mark.parametrize(
    "messages",
    [
        request(TEXT, USE),
        request(USE, {**USE, "id": "u"}),
        request({"type": "server_tool_use", "id": "s"}, TEXT, USE),
        request(USE, {"type": "tool_use", "id": 1}, None, 3),
        [USER, calls("a", content=[TEXT]), tool("a")],
        [{"role": "user", "content": [USE, TEXT]}],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Text before the call is right, and so are tools that the server runs by itself."""
    assert places(RULE, messages) == []


def test_the_words_of_an_unanswered_call_confirm_it() -> None:
    """The call is answered, so that its place is the cause; where it has no answer, that comes first."""
    (finding, *_) = judged({"messages": request(USE, TEXT)}, status=400, response={"error": {"message": WORDS}})
    assert (finding.rule, finding.refused) == (RULE, True)
    first = judged({"messages": request(USE, TEXT)[:2]}, status=400, response={"error": {"message": WORDS}})[0]
    assert first.rule == "unanswered-tool-call"


def test_the_profile_decides() -> None:
    """A risk where nobody knows the server, an error where it refuses it, nothing on another."""
    messages = request(USE, TEXT)
    assert [one.severity for one in found(RULE, {"messages": messages})] == [Severity.WARNING]
    assert [one.severity for one in found(RULE, {"messages": messages}, refusing(RULE))] == [Severity.ERROR]
    assert places(RULE, messages, refusing()) == []
