"""unknown-message-field: a message with a field that the server does not know."""

import pytest

from tests.linting import USER, calls, found, judged, places, refusing, tool

RULE = "unknown-message-field"
NOTED = {"role": "assistant", "content": "a", "metadata": {"trimmed": True}}
STRICT = refusing(RULE, message_fields_refused=("metadata", "reasoning_content"))


def extra(*place: object) -> dict[str, object]:
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", *place], "msg": "Extra inputs are not permitted"}]}


def test_the_profile_says_which() -> None:
    """By the fields that it refuses, or by all that it takes; an unknown server is not known to mind."""
    (finding,) = found(RULE, {"messages": [USER, NOTED, USER]}, STRICT)
    assert (finding.severity, finding.location.pointer) == ("error", "/messages/1/metadata")
    assert places(RULE, [USER, NOTED, USER, NOTED], refusing(RULE, message_fields=("role", "content"))) == [1, 3]
    assert places(RULE, [USER, NOTED]) == places(RULE, [USER, NOTED], refusing(RULE)) == []


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": "a", "reasoning_content": "r"},
        {"role": "assistant", "content": "a", "thinking_blocks": []},
        calls("c"),
        tool("c"),
        {"role": "user", "content": "u", "name": "n"},
    ],
)
def test_look_alikes(message: object) -> None:
    """Reasoning has rules of its own, and the usual fields are fine."""
    assert places(RULE, [USER, message], STRICT) == []


@pytest.mark.parametrize(
    "answer",
    [
        extra("messages", 1, "assistant", "metadata"),
        {"error": {"message": "Unknown parameter: 'messages[1].metadata'."}},
        {
            "error": {
                "message": "'messages.1' : for 'role:assistant' [('messages.1' : property 'metadata' is unsupported)]"
            }
        },
        {"error": {"message": "Extra inputs are not permitted, field: 'messages[1].metadata', value: None"}},
        {"error": {"message": "messages.1.metadata: Extra inputs are not permitted"}},
        {"error": {"message": "Additional properties are not allowed ('metadata' was unexpected) - 'messages.1'"}},
    ],
)
def test_the_recorded_refusal_names_it(answer: object) -> None:
    """Also among other unusual messages; and the words alone tell message and rule."""
    first = judged({"messages": [{**USER, "x": 1}, NOTED, USER]}, status=422, response=answer)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/messages/1/metadata")
    (finding,) = judged(None, status=422, response=answer)
    assert (finding.rule, finding.location.message_index) == (RULE, 1)


def test_a_field_within_a_field() -> None:
    """Mistral once refused the index of a tool call."""
    made = calls("c")
    made["tool_calls"][0]["index"] = 0
    answer = extra("messages", 1, "assistant", "tool_calls", 0, "index")
    (finding,) = judged({"messages": [USER, made, tool("c")]}, status=422, response=answer)
    assert (finding.rule, finding.location.pointer) == (RULE, "/messages/1/tool_calls/0/index")


def test_words_without_a_place() -> None:
    """Then the unusual field is the suspect; but not of words that name a parameter."""
    said = {"detail": "MistralException - Extra inputs are not permitted"}
    assert [one.rule for one in judged({"messages": [USER, NOTED, USER]}, status=422, response=said)] == [RULE]
    findings = judged({"messages": [USER, NOTED, USER], "n": 1}, status=422, response=extra("n"))
    assert [one.rule for one in findings] == ["unknown-param"]


def test_reasoning_is_left_to_its_own_rule() -> None:
    """The words name it."""
    answer = extra("messages", 1, "assistant", "reasoning_content")
    assert found(RULE, {"messages": [USER, {**NOTED, "reasoning_content": "r"}]}, status=422, response=answer) == []
    assert found(RULE, None, status=422, response=answer) == []
