"""Messages as each kind of server hands them to a template."""

import pytest
from chat_templates import calls

from nexdiag.lint.template.outcome import Abilities
from nexdiag.lint.template.prepared import (
    ArgumentsError,
    as_llama_cpp,
    as_transformers,
    patched,
    tools_as_llama_cpp,
)

PARTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


def prepared(message: dict[str, object], text: str = "", **abilities: bool) -> dict[str, object]:
    return as_llama_cpp([message], text, Abilities(**abilities))[0]


def test_llama_cpp_hands_over_what_it_knows() -> None:
    """Null is an empty text, foreign fields are gone, a developer is a system."""
    assert prepared({"role": "assistant", "content": None, "refusal": "x"}) == {"role": "assistant", "content": ""}
    assert prepared({"role": "developer", "content": "d"})["role"] == "system"
    assert prepared({"role": "developer", "content": "d"}, "<|channel|>")["role"] == "developer"


def test_content_becomes_what_the_template_takes() -> None:
    """Parts a text, or a text parts."""
    assert prepared({"role": "user", "content": PARTS})["content"] == "a\nb"
    assert prepared({"role": "user", "content": PARTS}, parts=True)["content"] == PARTS
    assert prepared({"role": "user", "content": "a"}, texts=False, parts=True)["content"] == PARTS[:1]


def test_a_system_message_without_a_place_goes_into_the_next() -> None:
    """As llama.cpp does; alone it goes away."""
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert as_llama_cpp(messages, "", Abilities(system=False)) == [{"role": "user", "content": "s\nu"}]
    assert as_llama_cpp(messages[:1], "", Abilities(system=False)) == []


def test_arguments_become_an_object() -> None:
    """Where the template wants one; what is no JSON is llama.cpp's own refusal."""
    found = prepared(calls("c"), object_arguments=True)
    assert found["tool_calls"][0]["function"]["arguments"] == {"x": "1"}  # type: ignore[index]
    assert prepared(calls("c"))["tool_calls"][0]["function"]["arguments"] == '{"x": "1"}'  # type: ignore[index]
    with pytest.raises(ArgumentsError, match="Failed to parse tool call arguments as JSON") as caught:
        as_llama_cpp([calls("c"), calls("c", arguments="{")], "", Abilities(object_arguments=True))
    assert caught.value.at == 1


def test_families_have_their_own_form() -> None:
    """gpt-oss wants thinking, Ministral parts."""
    thought = {"role": "assistant", "content": "a", "reasoning_content": "t"}
    assert prepared(thought, "<|channel|>")["thinking"] == "t"
    found = prepared(thought, "[SYSTEM_PROMPT][TOOL_CALLS][ARGS]")
    assert found["content"] == [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "a"}]


def test_transformers_gets_messages_as_they_came() -> None:
    """But for arguments, which servers open; the client's own message stays as it was."""
    message = calls("c", content=None)
    found = as_transformers([message], Abilities())[0]
    assert found["content"] is None
    assert found["tool_calls"][0]["function"]["arguments"] == {"x": "1"}
    assert message == calls("c", content=None)


def test_tools_are_never_without_parameters() -> None:
    """Nor without a description."""
    (found,) = tools_as_llama_cpp([{"type": "function", "function": {"name": "f"}}])
    assert found["function"] == {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}}


def test_a_template_without_signs_is_not_patched() -> None:
    """llama.cpp takes out two checks that its own messages would fail, and touches nothing else."""
    check = '{%- if "<|channel|>analysis<|message|>" in message.content or '
    check += '"<|channel|>final<|message|>" in message.content %}'
    assert patched(check + "x") == "{%- if false %}x"
    assert patched("{%- if a %}") == "{%- if a %}"
