"""tools-unsupported: a model without tools."""

import pytest

from tests.linting import USER, found, judged

RULE = "tools-unsupported"
BODY = {"model": "gemma3", "messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}


@pytest.mark.parametrize(
    "words",
    [
        "registry.ollama.ai/library/gemma3:27b does not support tools",
        "Unsupported param: tools",
        "Unrecognized request argument supplied: tools",
        "No endpoints found that support tool use. To learn more about provider routing, visit ...",
        "`tool calling` is not supported with this model",
        "This model does not support function calling",
        "tools is not supported in this model. For a list of supported models, refer to the guide",
        "deepinfra error: Tool calling is not supported for model: m",
        "Function calling is not enabled for models/gemma-3-27b-it",
        "body.tools: Extra inputs are not permitted",
    ],
)
def test_the_words_tell(words: str) -> None:
    """And nothing else is said to be the cause."""
    findings = judged(BODY, status=400, response={"error": {"message": words}})
    assert [(one.rule, one.refused, one.location.pointer) for one in findings] == [(RULE, True, "/tools")]


@pytest.mark.parametrize("words", ["gemma3 does not support tools", "Unsupported param: tools"])
def test_without_a_request(words: str) -> None:
    """The words alone."""
    assert [one.rule for one in judged(None, status=400, response={"error": {"message": words}})] == [RULE]


@pytest.mark.parametrize(
    "words",
    [
        "deepseek-reasoner does not support this tool_choice",
        "Empty tool_calls is not supported in message",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "Thinking mode does not support this tool_choice",
        "'tools' is too long",
    ],
)
def test_other_words_are_not_claimed(words: str) -> None:
    """What is near is another fault."""
    assert found(RULE, BODY, status=400, response={"error": {"message": words}}) == []
    assert found(RULE, None, status=400, response={"error": {"message": words}}) == []


def test_a_request_alone_tells_nothing() -> None:
    """And a request without tools cannot be refused for them."""
    assert found(RULE, BODY) == []
    said = {"error": {"message": "gemma3 does not support tools"}}
    assert found(RULE, {"model": "m", "messages": [USER]}, status=400, response=said) == []


def test_a_server_that_knows_no_role_tool() -> None:
    """It has no place for an answer to a call; one that names the role among others has."""
    unknown = "messages[62].role: unknown variant `tool`, expected {} at line 1 column 64329"
    assert judged(None, status=400, response=unknown.format("`user` or `assistant`"))[0].rule == RULE
    assert found(RULE, None, status=400, response=unknown.format("one of `user`, `assistant`, `tool_result`")) != []
    assert found(RULE, None, status=400, response="unknown variant `tools`, expected one of `user`, `tool`") == []
