"""tool-choice-invalid-value: a choice that the dialect does not know."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import CHAT, USER, found, judged, refusing

RULE = "tool-choice-invalid-value"
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}}]
NAMED = {"type": "function", "function": {"name": "f"}}
CHOICES = refusing(RULE, tool_choices=("none", "auto", "required"))
MESSAGES = "http://h/v1/messages"
RESPONSES = "http://h/v1/responses"


def chat(choice: object) -> dict[str, object]:
    return {"model": "m", "messages": [USER], "input": "u", "tools": TOOLS, "tool_choice": choice}


@pytest.mark.parametrize(
    ("choice", "url", "fix"),
    [
        ("any", CHAT, 'send "required"'),
        ("always", CHAT, 'send "auto"'),
        ({"type": "any"}, CHAT, 'send "required"'),
        ({"type": "tool", "name": "f"}, CHAT, '{"type": "function", "function": {"name": ...}}'),
        ({"type": "function", "name": "f"}, CHAT, '{"type": "function", "function": {"name": ...}}'),
        (NAMED, RESPONSES, '{"type": "function", "name": ...}'),
        (NAMED, MESSAGES, '{"type": "tool", "name": ...}'),
        ("required", MESSAGES, '{"type": "any"}'),
        (True, CHAT, 'send "auto"'),
    ],
)
def test_a_strict_server(choice: object, url: str, fix: str) -> None:
    """The fix says what this dialect wants."""
    (finding,) = found(RULE, chat(choice), CHOICES, url=url)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/tool_choice")
    assert fix in finding.fix


@pytest.mark.parametrize(
    ("choice", "url"),
    [
        ("auto", CHAT),
        ("none", CHAT),
        ("required", CHAT),
        (None, CHAT),
        (NAMED, CHAT),
        ({"type": "allowed_tools", "allowed_tools": {}}, CHAT),
        ({"type": "function", "name": "f"}, RESPONSES),
        ({"type": "web_search"}, RESPONSES),
        ({"type": "auto", "disable_parallel_tool_use": True}, MESSAGES),
        ({"type": "tool", "name": "f"}, MESSAGES),
    ],
)
def test_good_choices(choice: object, url: str) -> None:
    """Each dialect's own."""
    assert found(RULE, chat(choice), CHOICES, url=url) == []


@pytest.mark.parametrize(
    ("choice", "severities"),
    [("any", []), ({"type": "any"}, []), ("always", [Severity.WARNING]), (3, [Severity.WARNING])],
)
def test_an_unknown_server(choice: object, severities: list[Severity]) -> None:
    """What some server takes is nothing to speak of; what none takes is a warning."""
    assert [one.severity for one in found(RULE, chat(choice))] == severities


def test_null_where_a_server_minds_it() -> None:
    """Groq does; most take it as left out."""
    said = {"error": {"message": "Only allowed string values for 'tool_choice' are none, auto, and required"}}
    assert [one.rule for one in judged(chat(None), status=400, response=said, url=CHAT)] == [RULE]


def test_a_choice_without_tools_is_another_fault() -> None:
    """Though the words speak of an invalid value."""
    said = {
        "error": {
            "message": "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
        }
    }
    body = {"messages": [USER], "tool_choice": "auto"}
    assert [one.rule for one in judged(body, status=400, response=said)] == ["tool-choice-without-tools"]


def test_a_server_with_a_word_of_its_own() -> None:
    """Mistral says `any`."""
    assert found(RULE, chat("any"), refusing(RULE, tool_choices=("none", "auto", "any", "required"))) == []


def test_tools_tell_the_dialect() -> None:
    """A body whose address nobody knows, with the tools of Messages."""
    body = {
        "messages": [USER],
        "tools": [{"name": "f", "input_schema": {}}],
        "tool_choice": {"type": "tool", "name": "f"},
    }
    assert found(RULE, body, CHOICES) == []


@pytest.mark.parametrize(
    "words",
    [
        "Failed to deserialize the JSON body: tool_choice: expected one of `none`, `auto`, `required` or a tool",
        "Invalid value for 'tool_choice': 'any'",
        "tool_choice: Input should be 'none', 'auto' or 'required'",
        "Invalid tool_choice: any",
        'Invalid value for `tool_choice`: any! Only named tools, "none", "auto" or "required" are supported.',
        "Only allowed string values for 'tool_choice' are none, auto, and required",
    ],
)
def test_the_recorded_refusal_confirms(words: str) -> None:
    """On any server; and the words alone tell it."""
    said = {"error": {"message": words}}
    first = judged(chat("any"), status=400, response=said, url=CHAT)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/tool_choice")
    assert [one.rule for one in judged(None, status=400, response=said)] == [RULE]
