"""tool-args-not-json: the arguments of a tool call are no JSON text."""

import pytest
from linting import USER, calls, found, judged, places, recording, refusing, told, tool

from nexdiag.core.finding import Severity

RULE = "tool-args-not-json"
BROKEN = '{"text": "say "hi""}'


def chat(arguments: object) -> list[object]:
    return [USER, calls("a", arguments=arguments), tool("a")]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (BROKEN, "Expecting ',' delimiter: line 1 column 16 (char 15)"),
        ('{"q": "sel', "Unterminated string starting at: line 1 column 7 (char 6)"),
        (r'{"path": "C:\dir"}', r"Invalid \escape: line 1 column 13 (char 12)"),
        ('{"a": 1}{"b": 2}', "Extra data: line 1 column 9 (char 8)"),
        ("ls -l", "Expecting value: line 1 column 1 (char 0)"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_the_assistant_message_is_at_fault(arguments: str, reason: str) -> None:
    """The evidence names the place at which the text breaks."""
    (finding,) = found(RULE, {"messages": chat(arguments)})
    assert (finding.location.message_index, finding.severity) == (1, Severity.WARNING)
    assert finding.location.pointer == "/messages/1/tool_calls/0/function/arguments"
    assert finding.facts["reason"] == reason
    assert finding.evidence[1].startswith(reason)


@pytest.mark.parametrize(
    "arguments",
    ["{}", '{"a": [1, NaN]}', "", "  ", '"text"', "null", None, {"a": 1}, 7, [], '{"a": "\\ud83d"}', "{}\n"],
)
def test_look_alikes_are_let_pass(arguments: object) -> None:
    """What reads as JSON, is empty, or is no text at all is not this fault."""
    assert places(RULE, chat(arguments)) == []


def test_items_blocks_and_free_text() -> None:
    """A `function_call` item holds JSON; a `custom_tool_call` is free text, and a block is no text of JSON."""
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"value": '}
    free = {"type": "custom_tool_call", "call_id": "d", "name": "f", "input": "ls -l"}
    findings = found(RULE, {"input": [item, free]})
    assert [one.location.pointer for one in findings] == ["/input/0/arguments"]
    block = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": "ls"}]}
    assert places(RULE, [USER, block]) == []


@pytest.mark.parametrize(
    "said",
    [
        "Expecting ',' delimiter: line 1 column 16 (char 15)",
        "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error at line 1",
        "Assistant tool call function.arguments must be valid JSON.",
        "invalid tool call arguments",
    ],
)
def test_the_words_tell(said: str) -> None:
    """They confirm it, name it where the request is not known, and accuse no request that is well formed."""
    parts = {"status": 500, "response": {"error": {"message": said}}}
    finding = judged({"messages": chat(BROKEN)}, **parts)[0]
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 1, True)
    assert judged(None, **parts)[0].rule == RULE
    assert judged({"messages": chat("{}")}, **parts)[0].rule == "unexplained-refusal"


def test_the_place_that_the_words_name_comes_first() -> None:
    """Of two broken texts the one that breaks there is the cause."""
    messages = [*chat("nothing"), *chat(BROKEN)]
    said = "Expecting ',' delimiter: line 1 column 16 (char 15)"
    findings = judged({"messages": messages}, status=400, response={"error": {"message": said}})
    assert findings[0].location.message_index == 4


def test_empty_arguments_count_where_the_server_complains() -> None:
    """Most servers read them as none."""
    said = {"error": {"message": "Expecting value: line 1 column 1 (char 0)"}}
    (finding,) = found(RULE, {"messages": chat("")}, status=400, response=said)
    assert (finding.refused, finding.fix) == (True, 'send "{}" as the arguments of messages[1]')


@pytest.mark.parametrize(
    ("reason", "limit", "cut"), [("length", 4096, True), ("tool_calls", 50, True), ("tool_calls", 4096, False)]
)
def test_an_answer_that_was_cut_is_the_cause(reason: str, limit: int, cut: bool) -> None:
    """The finding tells which recorded answer wrote the text, and that it ended at its limit."""
    made = calls("a", arguments='{"q": "sel')
    answer = {
        "choices": [{"index": 0, "finish_reason": reason, "message": made}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 50, "total_tokens": 59},
    }
    tape = recording(
        ({"messages": [USER], "max_tokens": limit}, 200, answer),
        ({"messages": [USER, made, tool("a")]}, 400, {"error": {"message": "Unterminated string starting at: line 1"}}),
    )
    (finding,) = told(RULE, tape, refusing(RULE))
    assert finding.origin is not None
    assert ("the answer of turn 1, exchange 0 wrote it, which was cut at max_tokens" in finding.summary) is cut
    assert ("raise max_tokens" in finding.fix) is cut


def test_the_profile_decides() -> None:
    """An error where it is refused, a remark on a server that does not look."""
    assert [one.severity for one in found(RULE, {"messages": chat(BROKEN)}, refusing(RULE))] == [Severity.ERROR]
    assert [one.severity for one in found(RULE, {"messages": chat(BROKEN)}, refusing())] == [Severity.INFO]


@pytest.mark.parametrize(
    "words",
    [
        'The "function.arguments" parameter of the code model must be in JSON format.',
        "<400> InternalError.Algo.InvalidParameter: messages.[1].function.arguments must be in JSON format",
        "invalid params, invalid function arguments json string, tool_call_id: a (2013)",
        "Extra data: line 1 column 9 (char 8)",
        "The arguments to a tool_call with ID 'a' are not a valid JSON string. Parsing error",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": chat(BROKEN)}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": chat("{}")}, status=400, response=said) == []
