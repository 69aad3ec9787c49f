"""template-refuses: the model's own template raises."""

from typing import Any

import pytest
from chat_templates import ALTERNATES, ASSISTANT, SYSTEM, TEMPLATES, TOOLS, USER, answer, calls
from linting import found

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import named
from nexdiag.lint.rule import Fault
from nexdiag.lint.rules.order.template_refuses import RULE
from nexdiag.lint.seen import view
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import message_of
from nexdiag.lint.seen.past import Past
from nexdiag.lint.template.chat_template import ChatTemplate
from nexdiag.lint.template.outcome import TemplateText


class Given(Case):
    """A case with the template that the user gave."""

    def __init__(self, request: dict[str, Any], template: ChatTemplate | None) -> None:
        seen = view.of_bare(BareExchange(request=request))
        history = History(seen.list_name)
        for entry in seen.fields.entries(seen.list_name):
            history.add(message_of(entry))
        super().__init__(seen, history, named("unknown"), Past())
        self.template = template


def faults(name: str, request: dict[str, Any]) -> list[Fault]:
    assert RULE.check is not None
    template = ChatTemplate(TemplateText(text=TEMPLATES.get(name, name), name="model.jinja"))
    return list(RULE.check(Given(request, template)))


@pytest.mark.parametrize(
    ("name", "request_body", "at", "pointer", "words"),
    [
        ("alternation-strict", {"messages": [USER, USER]}, 1, "/messages/1", ALTERNATES),
        ("alternation-strict", {"input": [USER, USER]}, 1, "/input/1", ALTERNATES),
        ("system-first", {"messages": [USER, SYSTEM]}, 1, "/messages/1", "System message must be at the beginning."),
        ("system-first", {"messages": [SYSTEM]}, None, "/messages", "No user query found in messages."),
        ("plain", {"messages": [USER, ASSISTANT, ASSISTANT]}, 2, "/messages/2", "Cannot have 2 or more assistant"),
        (
            "{%- if tools -%}{{- raise_exception('no tools here') -}}{%- endif -%}",
            {"messages": [USER], "tools": TOOLS},
            None,
            "/tools",
            "no tools here",
        ),
    ],
)
def test_it_names_the_message(
    name: str, request_body: dict[str, Any], at: int | None, pointer: str, words: str
) -> None:
    """And the template's own words, and whose template that is."""
    (fault,) = faults(name, request_body)
    assert (fault.at, fault.pointer) == (at, pointer)
    assert words in fault.summary
    assert "model.jinja" in fault.evidence[-1]


@pytest.mark.parametrize("messages", [[USER], [SYSTEM, USER, ASSISTANT, USER], [USER, calls("call00001"), answer()]])
def test_what_the_template_takes_is_let_pass(messages: list[object]) -> None:
    """No finding, of whatever template it is."""
    assert faults("nine-characters", {"messages": messages, "tools": TOOLS}) == []


def test_without_a_template_nothing_is_looked_at() -> None:
    """Nor without messages."""
    assert RULE.check is not None
    assert list(RULE.check(Given({"messages": [USER, USER]}, None))) == []
    assert faults("alternation-strict", {"model": "m"}) == []


def test_what_cannot_be_told_is_a_remark() -> None:
    """It is said, and it is no failure."""
    (fault,) = faults("{%- for a in range(999999999) -%}{%- endfor -%}", {"messages": [USER]})
    assert fault.weight is Severity.INFO
    assert "could not be rendered to its end" in fault.summary


def test_the_words_of_an_unknown_check_are_a_templates() -> None:
    """Where the request is not known, and no other rule explains them."""
    words = "While executing CallExpression\nError: Jinja Exception: Unsupported content block"
    (finding,) = found("template-refuses", status=500, response={"error": {"message": words}})
    assert (finding.severity, finding.refused) == (Severity.ERROR, True)


@pytest.mark.parametrize("words", [ALTERNATES, "System message must be at the beginning.", "No user query found."])
def test_what_another_rule_explains_is_left_to_it(words: str) -> None:
    """The template's name for a fault that has one."""
    assert found("template-refuses", status=500, response={"error": {"message": f"Jinja Exception: {words}"}}) == []
