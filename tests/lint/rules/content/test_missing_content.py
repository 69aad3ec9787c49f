"""missing-content: no such field."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, calls, found, judged, places, refusing

RULE = "missing-content"


def bare(message: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in message.items() if key != "content"}


CALLS = bare(calls("c"))
TOOL = {"role": "tool", "tool_call_id": "c"}
WORDS = "Failed to deserialize the JSON body: messages[1]: missing field `content` at line 1 column 235"


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([{"role": "user"}], [0]),
        ([USER, calls("c"), TOOL], [2]),
        ([USER, {"role": "assistant"}], [1]),
        ([USER, CALLS], []),
        ([USER, {"role": "assistant", "function_call": {"name": "f"}}], []),
        ([USER, {"role": "assistant", "content": None}], []),
        ([{}, None, {"role": 1}], []),
    ],
)
def test_the_field_is_wanted_but_beside_calls(messages: list[object], at: list[int]) -> None:
    """There it may be left out."""
    assert places(RULE, messages) == at


def test_items_have_no_content() -> None:
    """On the Responses wire only messages have."""
    items = [{"type": "reasoning", "summary": []}, {"type": "function_call", "call_id": "c", "name": "f"}]
    assert found(RULE, {"input": [USER, *items, {"type": "item_reference", "id": "i"}]}) == []


@pytest.mark.parametrize(
    ("also", "limits", "at"),
    [
        ((), (), [2]),
        (("null-content",), (), [1, 2]),
        ((), ("calls",), [1, 2]),
        (("null-content",), ("no-calls", "tool"), [2]),
    ],
)
def test_the_profile_says_where(also: tuple[str, ...], limits: tuple[str, ...], at: list[int]) -> None:
    """One that takes no null beside calls wants the field there too."""
    strict = refusing(RULE, *also, null_content=limits)
    findings = found(RULE, {"messages": [USER, CALLS, TOOL]}, strict)
    assert [(one.location.message_index, one.severity) for one in findings] == [(i, Severity.ERROR) for i in at]


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        "messages.1.content: Field required",
        "messages.1.ChatCompletionMessageGenericParam.content Field required",
        "'content' is a required property - 'messages.1'",
        "Missing required parameter: 'messages[1].content'.",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    first = judged({"messages": [USER, CALLS]}, status=422, response=words)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/messages/1")
    assert found(RULE, status=422, response=words)[0].refused


def test_the_message_that_is_named_comes_first() -> None:
    """Where several lack it."""
    first = judged({"messages": [{"role": "user"}, CALLS]}, status=422, response=WORDS)[0]
    assert first.location.message_index == 1


def test_a_server_that_took_it_is_believed() -> None:
    """Then there is nothing to speak of."""
    assert found(RULE, {"messages": [{"role": "user"}]}, status=200) == []
    assert found(RULE, {"messages": [{"role": "user"}]}, server="OpenRouter", status=200) == []


def test_an_assistant_may_say_nothing_where_null_is_taken() -> None:
    """A server that states where null is refused states the same of a field that is not there."""
    lenient = refusing(RULE, null_content=("tool", "user"))
    assert places(RULE, [USER, {"role": "assistant"}, {"role": "user"}], lenient) == [2]


def test_words_about_others_are_not_about_the_assistants() -> None:
    """A message that calls is not the one that lacks its content."""
    words = "All non-assistant messages must contain 'content'"
    (finding,) = found(RULE, {"messages": [USER, CALLS, TOOL]}, status=400, response=words)
    assert finding.location.message_index == 2


@pytest.mark.parametrize(
    "words",
    [
        "Each message must have at least one content element.",
        "The request failed because it is missing `messages.content` parameter.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [{"role": "user"}]}, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
