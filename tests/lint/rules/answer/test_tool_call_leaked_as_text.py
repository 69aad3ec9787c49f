"""tool-call-leaked-as-text: markup of calls in the content."""

import pytest
from answers import body, called, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "tool-call-leaked-as-text"
TOOLS = {"tools": [{"type": "function", "function": {"name": "f"}}]}
HERMES = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'


@pytest.mark.parametrize(
    "text",
    [
        HERMES,
        f"I will look. {HERMES}",
        "<tool_call>\n<function=f>\n<parameter=a>1</parameter>\n</function>\n</tool_call>",
        "<function=f>{}</function>",
        "<tool_call>f\n<arg_key>a</arg_key>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f",
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="f">',
        '<‖DSML‖tool_calls><‖DSML‖invoke name="f">',
        "<｜｜DSML｜｜parameter name=",
        "<|DSML|function_calls>",
        "‹‖DSML‖invoke name=",
        "Done.</｜DSML｜invoke>",
        '[TOOL_CALLS][{"name": "f", "arguments": {}}]',
        '<|python_tag|>{"name": "f", "parameters": {}}',
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0",
        '{"name": "f", "arguments": {"a": 1}}',
        '{"type": "function", "name": "f", "parameters": {}}',
        '[{"name": "f", "arguments": "{}"}]',
        '{"type": "function", "function": {"name": "f", "arguments": {}}}',
    ],
)
@pytest.mark.parametrize("request_", [None, TOOLS])
def test_a_call_that_nobody_read(text: str, request_: object) -> None:
    """Of any model, whole and streamed, with tools in the request or without a known request."""
    for answer in (body(text), stream(said(text[:9]), said(text[9:], "stop"))):
        (finding,) = found(RULE, request_, status=200, response=answer)
        assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "text",
    [
        "Hi.",
        f"Write it so:\n```\n{HERMES}\n```\nand wait.",
        f"Write it so:\n~~~xml\n{HERMES}",
        "The tag `<tool_call>{` begins it.",
        'The tag "<|python_tag|>" begins it.',
        "A <tool_call> begins a call.",
        "DeepSeek calls its markup DSML.",
        "Its marks are `<‖DSML‖invoke>` and <DSML>.",
        '{"name": "Ada", "age": 36}',
        '{"name": "Ada", "arguments": 5}',
        '[{"name": "f"}]',
        "[1, 2]",
        "{",
    ],
)
def test_what_is_only_talked_about(text: str) -> None:
    """Code, quotes, prose, and JSON that is no call."""
    assert found(RULE, TOOLS, status=200, response=body(text)) == []


def test_without_tools_it_is_text() -> None:
    """The model was asked for nothing else; and of a tool that nobody declared the JSON is no call."""
    assert found(RULE, {"messages": []}, status=200, response=body(HERMES)) == []
    assert found(RULE, TOOLS, status=200, response=body('{"name": "other", "arguments": {}}')) == []


def test_it_explains_the_finish_reason() -> None:
    """That a call was told and none came is its consequence."""
    answer = body(HERMES, finish="tool_calls")
    (finding,) = found(RULE, TOOLS, status=200, response=answer)
    assert "finish reason" in finding.consequences[0]
    assert found("finish-reason-mismatch", TOOLS, status=200, response=answer) == []


def test_calls_as_python() -> None:
    """Only of a tool that was declared: any list may look so."""
    assert found(RULE, TOOLS, status=200, response=body('[f(a="x")]'))
    assert not found(RULE, TOOLS, status=200, response=body("[g(1)]"))
    assert not found(RULE, status=200, response=body("[f(1)]"))


def test_the_words_of_people() -> None:
    """Where the answer is not known."""
    assert found(RULE, response="tool calls left in content")


def test_beside_a_call_it_is_a_risk() -> None:
    """The call was read; what stands in the text is shown."""
    (finding,) = found(RULE, TOOLS, status=200, response=body(HERMES, called(), finish="tool_calls"))
    assert finding.severity is Severity.WARNING
