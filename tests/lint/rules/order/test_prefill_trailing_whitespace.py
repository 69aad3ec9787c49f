"""prefill-trailing-whitespace: the beginning of the answer ends in whitespace."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, calls, found, places, refusing

RULE = "prefill-trailing-whitespace"
STRICT = refusing(RULE)
WORDS = "messages: final assistant content cannot end with trailing whitespace"


def said(content: object) -> dict[str, object]:
    return {"role": "assistant", "content": content}


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ("Sure: ", "/messages/1/content"),
        ("Sure:\n", "/messages/1/content"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "Sure: "}], "/messages/1/content/1/text"),
    ],
)
def test_the_end_of_the_text_is_at_fault(content: object, pointer: str) -> None:
    """Of the last message, where a server takes a prefill but no such one."""
    (finding,) = found(RULE, {"messages": [USER, said(content)]}, STRICT)
    assert (finding.location.pointer, finding.severity) == (pointer, Severity.ERROR)


@pytest.mark.parametrize(
    "messages",
    [
        [USER, said("Sure:")],
        [USER, said("Sure: "), USER],
        [USER, calls("c", content="Let me see. ")],
        [USER, said(None)],
        [USER, said([])],
        [USER, said([{"type": "text", "text": "a "}, {"type": "text", "text": "b"}])],
        [USER, said(["a "])],
        [{"role": "user", "content": "u "}],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Whitespace elsewhere harms nobody."""
    assert places(RULE, messages, STRICT) == []


def test_it_is_silent_where_nobody_refuses_it() -> None:
    """Or where any prefill is refused: that is the fault there."""
    request = {"messages": [USER, said("Sure: ")]}
    assert found(RULE, request) == found(RULE, request, refusing(RULE, "assistant-last")) == []


def test_the_servers_words_tell() -> None:
    """Of the request, and without it."""
    request = {"messages": [USER, said("Sure: ")]}
    assert found(RULE, request, status=400, response=WORDS)[0].refused
    assert found(RULE, status=400, response=WORDS)[0].refused


def test_the_responses_wire_has_no_prefill() -> None:
    """There the model goes on after any item."""
    assert found(RULE, {"input": [USER, said("Sure: ")]}, STRICT) == []
