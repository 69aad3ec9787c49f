"""content-and-calls-both: a message of the assistant has both a text and tool calls."""

import pytest
from linting import USER, calls, found, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "content-and-calls-both"
STRICT = refusing(RULE)
WORDS = "Assistant message must have either content or tool_calls, but not both."


def chat(content: object) -> list[object]:
    return [USER, calls("c1", content=content), tool("c1")]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [("I look.", True), (" ", True), ([{"type": "text", "text": ""}], True), ("", False), (None, False), ([], False)],
)
def test_a_content_beside_calls(content: object, wrong: bool) -> None:
    """Anything but an empty one."""
    assert places(RULE, chat(content), STRICT) == [1] * wrong


def test_a_message_that_only_talks_is_none() -> None:
    """Nor one with an empty list of calls."""
    talks = {"role": "assistant", "content": "a", "tool_calls": []}
    assert places(RULE, [USER, talks, USER], STRICT) == []


def test_most_servers_take_it() -> None:
    """It is an error where it is stated; elsewhere, and where nothing is known, nothing."""
    (finding,) = found(RULE, {"messages": chat("I look.")}, STRICT)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/messages/1/content")
    assert places(RULE, chat("I look.")) == places(RULE, chat("I look."), refusing()) == []


def test_the_words_confirm_it() -> None:
    """Whoever says them; an empty text beside other calls is not meant."""
    messages = [*chat(""), *chat("I look.")]
    (finding,) = found(RULE, {"messages": messages}, status=400, response={"error": {"message": WORDS}})
    assert (finding.refused, finding.location.message_index) == (True, 4)
