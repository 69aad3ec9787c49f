"""tool-choice-unsupported: a choice that the model does not take."""

import pytest

from tests.linting import USER, found, judged, refusing

RULE = "tool-choice-unsupported"
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}}]
NAMED = {"type": "function", "function": {"name": "f"}}
THINKS = refusing(RULE, models="reasoner")


def chat(choice: object, model: str = "reasoner", **fields: object) -> dict[str, object]:
    return {"model": model, "messages": [USER], "tools": TOOLS, "tool_choice": choice, **fields}


@pytest.mark.parametrize("choice", ["required", NAMED, {"type": "any"}])
def test_a_forced_choice(choice: object) -> None:
    """Where the profile refuses it of such a model."""
    (finding,) = found(RULE, chat(choice), THINKS)
    assert (finding.severity, finding.location.pointer) == ("error", "/tool_choice")
    assert found(RULE, chat(choice, "chat"), THINKS) == found(RULE, chat(choice)) == []


@pytest.mark.parametrize(
    "body",
    [
        chat("auto"),
        chat("any"),
        chat("none"),
        chat({"type": "auto"}),
        chat(None),
        chat("required", thinking={"type": "disabled"}),
        chat("required", enable_thinking=False),
        {"model": "reasoner", "messages": [USER]},
    ],
)
def test_look_alikes(body: object) -> None:
    """A free choice, and thinking that is off."""
    assert found(RULE, body, THINKS) == []


def test_a_usual_word_that_the_server_lacks() -> None:
    """By the texts that it is known to take."""
    strict = refusing(RULE, models="other", tool_choices=("none", "auto"))
    assert found(RULE, chat("auto"), strict) == []
    assert found(RULE, chat("required", "other"), strict)[0].severity == "error"


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (NAMED, "Thinking mode does not support this tool_choice"),
        ("required", "Error from provider (DeepSeek): deepseek-reasoner does not support this tool_choice"),
        (NAMED, "json: cannot unmarshal object into Go struct field ChatCompletion.tool_choice of type string"),
        ("required", "tool_choice 'required' is not supported for this model"),
        ("required", "No endpoints found that support the provided 'tool_choice' value. To learn more"),
        ({"type": "any"}, "Thinking may not be enabled when tool_choice forces tool use."),
        ("required", "The tool_choice parameter does not support being set to required or object in thinking mode"),
    ],
)
def test_the_recorded_refusal_confirms(choice: object, words: str) -> None:
    """On any server; and the words alone tell it."""
    said = {"error": {"message": words}}
    first = judged(chat(choice), status=400, response=said)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/tool_choice")
    assert [one.rule for one in judged(None, status=400, response=said)] == [RULE]
