"""content-part-unsupported: a part of a message's content is of a type that the server does not take there."""

import pytest
from linting import USER, calls, found, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "content-part-unsupported"
STRICT = refusing(RULE, parts=("user:text", "user:image_url", "assistant:text", "tool:text"))
TEXT = {"type": "text", "text": "t"}
IMAGE = {"type": "image_url", "image_url": {"url": "u"}}
THOUGHT = {"type": "thinking", "thinking": "hm"}


@pytest.mark.parametrize(
    ("messages", "pointers"),
    [
        ([{"role": "user", "content": [TEXT, IMAGE]}], []),
        ([{"role": "user", "content": [TEXT, THOUGHT, IMAGE]}], ["/messages/0/content/1"]),
        ([{"role": "user", "content": [TEXT, "t", {}]}], ["/messages/0/content/1"]),
        ([USER, {"role": "assistant", "content": [THOUGHT, TEXT]}, USER], ["/messages/1/content/0"]),
        ([USER, calls("c1"), tool("c1", [IMAGE])], ["/messages/2/content/0"]),
        ([{"role": "system", "content": [TEXT]}, USER], ["/messages/0/content/0"]),
        ([{"role": "user", "content": []}], []),
    ],
)
def test_each_role_takes_its_own(messages: list[object], pointers: list[str]) -> None:
    """The first part that does not fit is told."""
    assert [one.location.pointer for one in found(RULE, {"messages": messages}, STRICT)] == pointers


def test_it_is_found_only_where_the_types_are_known() -> None:
    """An error where it is stated; a server that states no types may take any."""
    messages = [{"role": "user", "content": [THOUGHT]}]
    (finding,) = found(RULE, {"messages": messages}, STRICT)
    assert (finding.severity, finding.facts["type"]) == (Severity.ERROR, "thinking")
    assert places(RULE, messages) == places(RULE, messages, refusing(RULE)) == []


@pytest.mark.parametrize(
    "words",
    ["Unexpected content chunk types in user message: ['ThinkChunk']", "unsupported content[].type"],
)
def test_the_words_confirm_it(words: str) -> None:
    """Of mistral-common, and of llama.cpp."""
    request = {"messages": [{"role": "user", "content": [THOUGHT]}]}
    (finding,) = found(RULE, request, STRICT, status=400, response={"error": {"message": words}})
    assert finding.refused
