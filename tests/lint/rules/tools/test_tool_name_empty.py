"""tool-name-empty: a tool or a call without a name."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, calls, found, judged, refusing, tool

RULE = "tool-name-empty"


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "function", "function": {"name": ""}},
        {"type": "function", "function": {}},
        {"type": "function", "function": {"name": None}},
        {"type": "function"},
        {"name": " ", "input_schema": {}},
        {"type": "function", "name": 3},
    ],
)
def test_a_tool_without_a_name(entry: object) -> None:
    """An error where it is refused, a warning where nobody knows."""
    for profile, severity in ((refusing(RULE), Severity.ERROR), (None, Severity.WARNING)):
        (finding,) = found(RULE, {"messages": [USER], "tools": [entry]}, profile)
        assert (finding.severity, finding.location.message_index) == (severity, None)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (calls("c", name=""), "/tool_calls/0/function/name"),
        (
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"arguments": "{}"}}]},
            "/tool_calls/0/function/name",
        ),
        ({"role": "assistant", "content": [{"type": "tool_use", "id": "c"}]}, "/content/0/name"),
    ],
)
def test_a_call_without_a_name(message: object, place: str) -> None:
    """The message that holds it has to change."""
    (finding,) = found(RULE, {"messages": [USER, message, tool("c")]})
    assert (finding.location.message_index, finding.location.pointer) == (1, "/messages/1" + place)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [USER], "tools": [{"type": "web_search"}]},
        {"messages": [USER], "tools": "<3 tools>"},
        {
            "messages": [
                USER,
                {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f"}}]},
            ]
        },
        {"input": [{"type": "local_shell_call", "call_id": "c", "action": {}}]},
    ],
)
def test_what_needs_no_name(body: object) -> None:
    """Tools that the server runs, and calls that have their name elsewhere."""
    assert found(RULE, body) == []


@pytest.mark.parametrize(
    "words",
    [
        "Invalid 'messages[1].tool_calls[0].function.name': empty string. Expected a string with minimum length 1",
        "messages.1.content.0.tool_use.name: String should have at least 1 character",
        "Missing required parameter: 'messages[1].tool_calls[0].function.name'.",
        "Function name was  but must be a-z, A-Z, 0-9",
    ],
)
def test_the_recorded_refusal_confirms(words: str) -> None:
    """With the request, and without."""
    body = {"messages": [USER, calls("c", name=""), tool("c")]}
    first = judged(body, status=400, response={"error": {"message": words}})[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, 1)
    assert judged(None, status=400, response={"error": {"message": words}})[0].rule == RULE


@pytest.mark.parametrize(
    "words",
    [
        "* GenerateContentRequest.contents[12].parts[0].function_response.name: Name cannot be empty.",
        "function_call's name can't be blank",
        "tool_use block missing required 'name'",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [USER, calls("a", name=""), tool("a")]}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER, calls("a"), tool("a")]}, status=400, response=said) == []
