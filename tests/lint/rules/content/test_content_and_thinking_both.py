"""content-and-thinking-both: two texts before a call."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, USER, calls, found, places, refusing, tool

RULE = "content-and-thinking-both"
STRICT = refusing(RULE, models="gpt-oss")
BOTH = calls("c", content="Let me see.") | {"thinking": "I must count."}
WORDS = "Cannot pass both content and thinking in an assistant message with tool calls! Put the analysis message"


@pytest.mark.parametrize(
    ("message", "at"),
    [
        (BOTH, [1]),
        (calls("c", content="a") | {"reasoning_content": "r"}, [1]),
        (calls("c", content="a") | {"reasoning": "r"}, [1]),
        (calls("c", content="a"), []),
        (calls("c") | {"thinking": "r"}, []),
        (calls("c", content=" ") | {"thinking": "r"}, []),
        (calls("c", content="a") | {"thinking": ""}, []),
        (calls("c", content="a") | {"reasoning": {"effort": "low"}}, []),
        (ASSISTANT | {"thinking": "r"}, []),
    ],
)
def test_both_in_a_message_that_calls_are_at_fault(message: object, at: list[int]) -> None:
    """One of them, or no call, is as it should be."""
    assert places(RULE, [USER, message], refusing(RULE)) == at


def test_server_and_model_decide() -> None:
    """Most take it."""
    for model, count in (("gpt-oss-20b", 1), ("qwen3", 0)):
        findings = found(RULE, {"model": model, "messages": [USER, BOTH, tool("c")]}, STRICT)
        assert [one.severity for one in findings] == [Severity.ERROR] * count
    assert found(RULE, {"messages": [USER, BOTH, tool("c")]}) == []


def test_the_servers_words_tell() -> None:
    """Of the request, and without it."""
    (finding,) = found(RULE, {"messages": [USER, BOTH, tool("c")]}, status=500, response=f"Jinja Exception: {WORDS}")
    assert (finding.refused, finding.location.pointer) == (True, "/messages/1/thinking")
    assert found(RULE, status=500, response=WORDS)[0].refused
