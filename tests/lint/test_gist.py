"""What a refusal is about in general: words that no rule knows for its own."""

import pytest
from linting import USER, judged

from nexdiag.lint import gist


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("conversation may not close on a model turn: the final role must be user", "assistant-last"),
        ("pre-filled answers aren't supported here", "assistant-last"),
        ("speaker turns should be alternating between roles", "role-alternation"),
        (
            "each function call needs a response; 1 function call without tool response",
            "unanswered-tool-call",
        ),
        ("tool responses have no corresponding request", "orphan-tool-result"),
        ("two tool calls share an id: ids have to be unique", "duplicate-tool-call-id"),
        ("call_id has illegal characters", "tool-call-id-format"),
        ("functions[0].name should match the regex ^[a-z]+$", "tool-name-format"),
        ("tool parameters: $ref is not allowed in a schema", "tool-schema-invalid"),
        ("This deployment has no function calling: tools are not supported", "tools-unsupported"),
        ("at most 64 functions, please", "too-many-tools"),
        ("temperature has to be 1", "sampling-param-unsupported"),
        ("This request is longer than the context window of 8192 tokens", "context-overflow"),
        ("max_tokens exceeds 4096", "max-tokens-exceeds-context"),
        ("Model gpt-9 could not be found: no such model", "model-not-found"),
        ("the text of a message is blank", "empty-content"),
        ("field foo is not permitted", "unknown-param"),
        ("thinking was altered after it was signed", "thinking-block-modified"),
        ("this model has no eyes: images are not supported", "image-unsupported"),
    ],
)
def test_new_words_are_read(words: str, rule: str) -> None:
    """By subject and complaint: as the likeliest reading, and as the finding where nothing else is known."""
    assert gist.read(words, 400)[0] == rule
    assert judged(status=400, response={"error": {"message": words}})[0].rule == rule


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Your organization must be verified to use this model", 400),
        ("You exceeded your quota of tokens; check your billing", 400),
        ("the input exceeds the limit of tokens", 429),
        ("overloaded, come back for an answer to your messages", 503),
        ("invalid api key for this model", 401),
        ("CUDA out of memory: 40 tokens over the limit", 500),
        ("the moon is in the wrong house", 400),
        ("a field " * 200 + "is permitted, and another not", 400),
    ],
)
def test_what_is_not_about_the_request_is_not_read(words: str, status: int) -> None:
    """The account, the moment, the machine, nothing, and stories: the refusal stays unexplained."""
    assert gist.read(words, status) == ()
    assert judged(status=status, response={"error": {"message": words}})[0].rule == "unexplained-refusal"


def test_structure_decides_between_the_readings() -> None:
    """Of the faults that such words tell, the one that the request shows is named, at its message."""
    body = {"model": "m", "messages": [USER, {"role": "assistant", "content": None}, USER]}
    said = {"error": {"message": "turn 1 has a blank message"}}
    first = judged(body, status=400, response=said)[0]
    assert (first.rule, first.location.message_index, first.refused) == ("null-content", 1, True)
    assert first.server_words == "turn 1 has a blank message"
    whole = judged({"model": "m", "messages": [USER]}, status=400, response=said)
    assert whole[0].rule == "unexplained-refusal"


def test_a_mark_is_not_taken_from_the_words() -> None:
    """A server that writes like a mark is not believed."""
    assert not gist.means("x ⟨role-alternation⟩ y", "role-alternation")
    marked = gist.marked("x", ("a", "b"))
    assert (gist.means(marked, "b"), gist.means(marked, "b", first=True), gist.likeliest(marked, {"b", "a"})) == (
        True,
        False,
        "a",
    )
    assert gist.likeliest("x", {"a"}) is None
