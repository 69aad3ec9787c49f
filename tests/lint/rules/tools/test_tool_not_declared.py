"""tool-not-declared: a tool that the request names and does not declare."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, calls, found, judged, refusing, tool

RULE = "tool-not-declared"
TOOLS = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {"a": {}}}}}]


def chat(choice: object, tools: object = TOOLS) -> dict[str, object]:
    return {"messages": [USER], "tools": tools, "tool_choice": choice}


@pytest.mark.parametrize(
    ("choice", "pointer"),
    [
        ({"type": "function", "function": {"name": "nov"}}, "/tool_choice/function/name"),
        ({"type": "function", "name": "nov"}, "/tool_choice/name"),
        ({"type": "tool", "name": "nov"}, "/tool_choice/name"),
    ],
)
def test_a_choice_that_is_not_there(choice: object, pointer: str) -> None:
    """On every wire; the nearest name is told."""
    for profile, severity in (
        (refusing(RULE), Severity.ERROR),
        (None, Severity.WARNING),
        (refusing(), Severity.WARNING),
    ):
        (finding,) = found(RULE, chat(choice), profile)
        assert (finding.severity, finding.location.pointer) == (severity, pointer)
        assert 'did you mean "now"' in finding.fix


@pytest.mark.parametrize(
    "body",
    [
        chat("auto"),
        chat({"type": "function", "function": {"name": "now"}}),
        chat({"type": "function", "function": {}}),
        chat({"type": "function", "function": {"name": "x"}}, "<tools>"),
        chat({"type": "web_search"}, [{"type": "web_search"}]),
        {"messages": [USER, calls("c", name="gone"), tool("c")], "tools": TOOLS},
        {"messages": [USER, calls("c", name="gone"), tool("c")]},
    ],
)
def test_look_alikes(body: object) -> None:
    """Words, declared names, unreadable lists, and a history whose tools are gone."""
    assert found(RULE, body, refusing(RULE)) == []


@pytest.mark.parametrize(
    "words",
    [
        "Invalid value for 'tool_choice': no function named 'g' was specified in the 'tools' parameter.",
        "The tool specified in `tool_choice` does not match any of the specified `tools`",
        "requested tool does not exist",
        "Tool 'g' not found in provided tools",
    ],
)
def test_other_words(words: str) -> None:
    """It alone is the cause; and the words alone tell it."""
    said = {"error": {"message": words}}
    for body in (chat({"type": "function", "function": {"name": "g"}}), None):
        assert [one.rule for one in judged(body, status=400, response=said)] == [RULE]


def test_the_recorded_refusal_confirms() -> None:
    """Of a choice, and of a call in the history."""
    said = {"message": "Tool 'g' not found in tools list."}
    first = judged(chat({"type": "function", "function": {"name": "g"}}), status=400, response=said)[0]
    assert (first.rule, first.refused) == (RULE, True)
    body = {"messages": [USER, calls("c", name="g"), tool("c"), USER], "tools": TOOLS}
    first = judged(body, status=400, response=said)[0]
    assert (first.rule, first.location.message_index) == (RULE, 1)
    assert judged(None, status=400, response=said)[0].rule == RULE
