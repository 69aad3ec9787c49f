"""The template as judge: its verdict is the real llama.cpp's, and it names the message that has to change."""

import httpx
import pytest
from chat_templates import (
    ALTERNATES,
    ASSISTANT,
    NINE,
    NOT_A_REFUSAL,
    SHAPES,
    SYSTEM,
    TEMPLATES,
    TOOLS,
    USER,
    answer,
    calls,
    request,
)

from nexdiag.endpoint import llama
from nexdiag.lint.template.chat_template import ChatTemplate
from nexdiag.lint.template.conversation import Conversation, conversation_of
from nexdiag.lint.template.outcome import Refused, Rendered, TemplateText, Untold


def template(name: str, manner: str = "llama.cpp") -> ChatTemplate:
    return ChatTemplate(TemplateText(text=TEMPLATES.get(name, name), name=name), manner)


@pytest.mark.real
@pytest.mark.parametrize("name", TEMPLATES)
def test_llama_cpp_agrees(name: str) -> None:
    """Of every shape the real server says what we say: refused or not, and of a refusal the same words."""
    ours, differ = template(name), []
    with llama.running(template=TEMPLATES[name]) as base_url, httpx.Client(base_url=base_url) as client:
        told = client.get("/props").json()["chat_template_caps"]
        for shape, (messages, tooled) in SHAPES.items():
            response = client.post("/v1/chat/completions", json=request(messages, tooled=tooled), timeout=30)
            passed = response.is_success or NOT_A_REFUSAL in response.text
            said = "" if passed else response.json()["error"]["message"]
            found = ours.would_refuse(messages, TOOLS if tooled else None)
            if bool(said) != (found is not None) or (
                found is not None and found.raised and found.words.split(":")[0] not in said
            ):
                differ.append((shape, said[-200:], found))
    assert differ == []
    abilities = ours.abilities
    assert (abilities.texts, abilities.parts) == (told["supports_string_content"], told["supports_typed_content"])
    assert abilities.system == told["supports_system_role"]
    assert abilities.object_arguments == told["supports_object_arguments"]


@pytest.mark.parametrize(
    ("name", "messages", "at", "words"),
    [
        ("alternation-strict", [USER, ASSISTANT, USER, USER, ASSISTANT, USER], 3, ALTERNATES),
        ("alternation-strict", [SYSTEM, ASSISTANT, USER], 1, ALTERNATES),
        ("alternation-strict", [USER, ASSISTANT, SYSTEM, USER], 2, ALTERNATES),
        ("alternation-strict", [*[USER, ASSISTANT] * 100, *[USER, USER], *[ASSISTANT, USER] * 100], 201, ALTERNATES),
        ("system-first", [USER, ASSISTANT, SYSTEM, USER], 2, "System message must be at the beginning."),
        ("system-first", [SYSTEM, SYSTEM, USER], 1, "System message must be at the beginning."),
        ("system-first", [SYSTEM], None, "No user query found in messages."),
        ("nine-characters", [USER, calls("call_01"), answer("call_01")], 1, NINE),
        ("nine-characters", [USER, calls("call00001"), USER], 1, ALTERNATES),
        ("channels", [USER, answer()], 1, "A tool message without a call before it!"),
    ],
)
def test_the_message_that_has_to_change(name: str, messages: list[object], at: int | None, words: str) -> None:
    """The first at which it raises; of a call that nobody answered the caller; none, where one is lacking."""
    found = template(name).would_refuse(messages, TOOLS)
    assert found == Refused(words=words, at=at)


def test_tools_can_be_at_fault() -> None:
    """Where a template refuses them whatever is said, no message is blamed."""
    text = "{%- if tools -%}{{- raise_exception('no tools here') -}}{%- endif -%}x"
    assert template(text).would_refuse([USER, ASSISTANT, USER], TOOLS) == Refused(words="no tools here", tools=True)
    assert template(text).would_refuse([USER]) is None


def test_two_engines_are_two_judges() -> None:
    """llama.cpp merges a system message for which there is no place, and takes null for no text; Jinja2 does not."""
    assert template("no-system").would_refuse([SYSTEM, USER]) is None
    found = template("no-system", "transformers").would_refuse([SYSTEM, USER])
    assert found == Refused(words="System role not supported", at=0)
    text = "{%- for m in messages -%}{{- m.role + m.content -}}{%- endfor -%}"
    silent = [USER, {"role": "assistant", "content": None}, USER]
    assert template(text).would_refuse(silent) is None
    found = template(text, "transformers").would_refuse(silent)
    assert found is not None
    assert (found.at, found.raised) == (1, False)


def test_the_beginning_of_the_answer_is_not_shown_to_the_template() -> None:
    """llama.cpp keeps a last message of the assistant for itself; transformers renders it like any other."""
    text = "{%- if messages[-1].role == 'assistant' -%}{{- raise_exception('who speaks?') -}}{%- endif -%}"
    assert template(text).would_refuse([USER, ASSISTANT]) is None
    assert template(text, "transformers").would_refuse([USER, ASSISTANT]) == Refused(words="who speaks?", at=1)


def test_a_template_for_tools_is_used_where_tools_are_offered() -> None:
    """Some models carry two."""
    text = TemplateText(text="plain", tool_text="{{- raise_exception('tooled') -}}")
    judge = ChatTemplate(text)
    assert judge.would_refuse([USER]) is None
    assert judge.would_refuse([USER], TOOLS) is not None


@pytest.mark.parametrize("wire", ["anthropic", "responses"])
def test_other_wires_are_judged_by_their_own_index(wire: str) -> None:
    """The index is that of the request's list, whatever stands outside of it."""
    said = {"anthropic": ("messages", "system"), "responses": ("input", "instructions")}[wire]
    body = {said[1]: "s", said[0]: [USER, ASSISTANT, USER, USER]}
    found = template("alternation-strict").outcome(conversation_of(body, wire))
    assert found == Refused(words=ALTERNATES, at=3)


def test_what_cannot_be_told_is_no_refusal() -> None:
    """A template that never ends says nothing about the messages."""
    endless = template("{%- for a in range(999999999) -%}{%- endfor -%}")
    assert isinstance(endless.outcome(Conversation(entries=(USER,))), Untold)
    assert endless.would_refuse([USER]) is None


def test_what_is_taken_is_given_as_text() -> None:
    """With the tokens of the model, and the arguments of the request's own template options."""
    text = "{{- bos_token + messages[0].content + mood -}}"
    judge = ChatTemplate(TemplateText(text=text, bos_token="<s>"))
    asked = Conversation(entries=(USER,), kwargs={"mood": "!", "messages": "not ours to replace"})
    assert judge.outcome(asked) == Rendered(text="<s>u!")


@pytest.mark.parametrize("messages", [[None], [[]], ["user"], [{}], [{"role": 3, "content": {}}], [{"role": "user"}]])
@pytest.mark.parametrize("manner", ["llama.cpp", "transformers"])
def test_no_message_is_too_malformed(messages: list[object], manner: str) -> None:
    """Whatever they are, there is an outcome."""
    for name in TEMPLATES:
        outcome = template(name, manner).outcome(Conversation(entries=tuple(messages), tools=[None, {"type": 1}]))
        assert isinstance(outcome, Refused | Rendered)
