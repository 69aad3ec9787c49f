"""tool-args-not-object: the arguments of a tool call are JSON, but no object."""

import pytest
from linting import USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-args-not-object"


def chat(arguments: object) -> list[object]:
    return [USER, calls("a", arguments=arguments), tool("a")]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ('"Beijing"', "str object"),
        ("[1]", "list object"),
        ("7", "int object"),
        ("0.5", "float object"),
        ("true", "bool object"),
        ("null", "None"),
    ],
)
def test_the_assistant_message_is_at_fault(arguments: str, kind: str) -> None:
    """The facts name the type as a template does."""
    (finding,) = found(RULE, {"messages": chat(arguments)})
    assert finding.location.pointer == "/messages/1/tool_calls/0/function/arguments"
    assert (finding.location.message_index, finding.facts["kind"]) == (1, kind)


def test_an_object_that_was_encoded_twice_is_told_as_such() -> None:
    """The repair is to encode it once."""
    (finding,) = found(RULE, {"messages": chat('"{\\"a\\": 1}"')})
    assert finding.fix == "encode the arguments of messages[1] once"
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '"{}"'}
    assert found(RULE, {"input": [item]})[0].location.pointer == "/input/0/arguments"


@pytest.mark.parametrize("arguments", ["{}", ' {"a": 1}', "", "nothing", "[1", {"a": 1}, [1], None])
def test_look_alikes_are_let_pass(arguments: object) -> None:
    """Objects, and what is no JSON text at all."""
    assert places(RULE, chat(arguments)) == []
    free = {"type": "custom_tool_call", "call_id": "d", "name": "f", "input": "7"}
    assert found(RULE, {"input": [free]}) == []


@pytest.mark.parametrize(
    "said",
    [
        "Assistant tool call function.arguments must be a JSON object.",
        "'str object' has no attribute 'items'",
        "Error rendering prompt with jinja template: Can only get item pairs from a mapping.",
    ],
)
def test_the_words_tell(said: str) -> None:
    """They confirm it, name it where the request is not known, and accuse no object."""
    parts = {"status": 400, "response": {"error": {"message": said}}}
    finding = judged({"messages": chat('"Beijing"')}, **parts)[0]
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 1, True)
    assert judged(None, **parts)[0].rule == RULE
    assert RULE not in {one.rule for one in judged({"messages": chat("{}")}, **parts)}


def test_the_profile_decides() -> None:
    """An error where it is refused, a warning where nobody knows, nothing elsewhere."""
    request = {"messages": chat("[1]")}
    assert [one.severity for one in found(RULE, request, refusing(RULE))] == [Severity.ERROR]
    assert [one.severity for one in found(RULE, request)] == [Severity.WARNING]
    assert found(RULE, request, refusing()) == []


@pytest.mark.parametrize(
    "words",
    [
        "Unknown (built-in) filter 'items' for type String",
        "Unknown method: items at row 91, column 22",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": chat('"Beijing"')}, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": chat("{}")}, status=400, response=said) == []


@pytest.mark.parametrize(("given", "at"), [([], [1]), (7, [1]), (True, [1]), ({}, []), ("{}", []), (None, [])])
def test_the_input_of_a_block(given: object, at: list[int]) -> None:
    """No dialect wants a list there; a text is what another dialect wants."""
    message = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": given}]}
    assert places(RULE, [USER, message]) == at
    if at:
        said = "messages.1.content.0.tool_use.input: Input should be a valid dictionary"
        (finding,) = found(RULE, {"messages": [USER, message]}, status=400, response=said)
        assert (finding.location.pointer, finding.refused) == ("/messages/1/content/0/input", True)
