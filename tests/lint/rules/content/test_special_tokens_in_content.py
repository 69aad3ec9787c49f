"""special-tokens-in-content: control tokens of a template in a text."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, found, refusing, tool

RULE = "special-tokens-in-content"
RAW = "<|channel|>analysis<|message|>A greeting.<|end|>"
CHANNEL = "You have passed a message containing <|channel|> tags in the content field. Instead of doing this, you"
DISALLOWED = "Encountered text corresponding to disallowed special token '<|endoftext|>'."


def said(content: object, role: str = "assistant") -> dict[str, object]:
    return {"role": role, "content": content}


@pytest.mark.parametrize("content", [RAW, f"Well. {RAW}", [{"type": "text", "text": RAW}]])
def test_the_raw_answer_of_the_model_is_at_fault(content: object) -> None:
    """Sent back as it came."""
    (finding,) = found(RULE, {"messages": [USER, said(content)]})
    assert (finding.location.pointer, finding.severity) == ("/messages/1/content", Severity.WARNING)
    assert found(RULE, {"messages": [USER, said(content)]}, refusing(RULE))[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    "message",
    [said(RAW, "user"), tool("c", RAW), said("<|im_end|>"), said("a < b | c > d"), said("[INST]"), said(None)],
)
def test_other_tokens_are_let_pass(message: object) -> None:
    """People speak of them; until a server objects."""
    assert found(RULE, {"messages": [USER, message]}, refusing(RULE)) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (said(RAW), CHANNEL),
        (said("stop at <|endoftext|>", "user"), DISALLOWED),
        (tool("c", "<|endoftext|>"), DISALLOWED),
    ],
)
def test_the_servers_words_confirm(message: object, words: str) -> None:
    """At the message that holds one; and they tell without the request."""
    (finding,) = found(RULE, {"messages": [USER, message]}, status=400, response=words)
    assert (finding.refused, finding.location.message_index) == (True, 1)
    assert found(RULE, status=500, response=words)[0].refused
