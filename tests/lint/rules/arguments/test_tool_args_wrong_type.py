"""tool-args-wrong-type: the arguments of a tool call have the type that another dialect wants."""

import pytest
from linting import CHAT, USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-args-wrong-type"
OWN = "http://h:11434/api/chat"
OLLAMA = (
    "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type "
    "api.ToolCallFunctionArguments"
)


def chat(arguments: object) -> list[object]:
    return [USER, calls("a", arguments=arguments), tool("a")]


def block(given: object) -> list[object]:
    return [USER, {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": given}]}]


@pytest.mark.parametrize(
    ("messages", "url", "place"),
    [
        (chat({"a": 1}), CHAT, "/tool_calls/0/function/arguments"),
        (chat({"a": 1}), None, "/tool_calls/0/function/arguments"),
        (chat([1]), CHAT, "/tool_calls/0/function/arguments"),
        (chat('{"a": 1}'), OWN, "/tool_calls/0/function/arguments"),
        (block('{"a": 1}'), None, "/content/0/input"),
    ],
)
def test_the_assistant_message_is_at_fault(messages: list[object], url: str | None, place: str) -> None:
    """By the form of the call and the address it is known which type is wanted."""
    (finding,) = found(RULE, {"messages": messages}, url=url)
    assert (finding.location.message_index, finding.location.pointer) == (1, f"/messages/1{place}")
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("messages", "parts"),
    [
        (chat("{}"), {"url": CHAT}),
        (chat({"a": 1}), {"url": OWN}),
        (chat({"a": 1}), {"server": "Ollama"}),  # which of its two addresses, nobody knows
        (chat("{}"), {"server": "Ollama"}),
        (chat({"a": 1}), {"server": "Ollama (/api/chat)"}),
        (block({"a": 1}), {}),
        (block([]), {}),  # tool-args-not-object
        (chat(None), {}),
        ([USER, {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "custom"}, 3, None]}], {}),
    ],
)
def test_look_alikes_are_let_pass(messages: list[object], parts: dict[str, object]) -> None:
    """What has the type of its place, and calls of another kind."""
    assert places(RULE, messages, **parts) == []


def test_items_of_the_responses_wire() -> None:
    """A `function_call` item holds a text."""
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": {"a": 1}}
    free = {"type": "custom_tool_call", "call_id": "d", "name": "f", "input": "ls"}
    assert [one.location.pointer for one in found(RULE, {"input": [item, free]})] == ["/input/0/arguments"]


def test_ollamas_words_tell_that_an_object_was_wanted() -> None:
    """Where the address is not known, the words name it; where the request is not known, too."""
    parts = {"status": 400, "response": {"error": OLLAMA}}
    messages = [*chat({"a": 1}), *chat("{}")]
    finding = judged({"messages": messages}, server="Ollama /api/chat", **parts)[0]
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, 4, True)
    assert finding.fix == "send the object itself as the arguments of messages[4]"
    assert judged(None, **parts)[0].rule == RULE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"a": 1},
            "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, got an object.",
        ),
        (None, "body.messages.1.assistant.tool_calls.0.function.arguments: Field required"),
    ],
)
def test_the_recorded_refusal_confirms(given: object, said: str) -> None:
    """Also of arguments that are missing, which are otherwise let pass."""
    (finding,) = found(RULE, {"messages": chat(given)}, status=400, response={"error": {"message": said}})
    assert (finding.severity, finding.refused) == (Severity.ERROR, True)


def test_the_profile_decides() -> None:
    """An error where it is refused, nothing on a known server that takes it."""
    request = {"messages": chat({"a": 1})}
    assert [one.severity for one in found(RULE, request, refusing(RULE))] == [Severity.ERROR]
    assert found(RULE, request, refusing()) == []


def test_of_ollama_the_address_may_be_told_otherwise() -> None:
    """Beside its name, or by a field that only its own address has; else a silent refusal makes it a suspect."""
    as_object, as_text = {"messages": chat({"a": 1})}, {"messages": chat('{"a": 1}')}
    assert found(RULE, as_object, server="Ollama Cloud (/v1)")
    assert found(RULE, as_text | {"options": {"temperature": 0}}, server="Ollama")
    assert found(RULE, as_text | {"options": {"temperature": 0}}, server="vLLM") == []
    assert found(RULE, as_object, server="Ollama", status=400)
    assert found(RULE, as_text, server="Ollama", status=400) == []


def test_a_text_that_ollama_takes_for_a_broken_object() -> None:
    """Of a text that is no JSON, or sent to its compatible address, this is another fault."""
    parts = {"status": 400, "response": {"error": "Value looks like object, but can't find closing '}' symbol"}}
    assert found(RULE, {"messages": chat('{"a": 1}')}, **parts)[0].refused
    assert judged(None, **parts)[0].rule == RULE
    assert found(RULE, {"messages": chat('{"a": ')}, **parts) == []
    assert found(RULE, {"messages": chat('{"a": 1}')}, server="Ollama (/v1)", **parts) == []
