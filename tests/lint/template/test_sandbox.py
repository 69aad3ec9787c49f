"""What a template may reach: its messages, and nothing of the machine or of Python."""

from datetime import UTC, datetime

import pytest

from nexdiag.lint.template.outcome import Refused, Rendered
from nexdiag.lint.template.program import Program

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def rendered(text: str, *, forgiving: bool = False, **variables: object) -> object:
    outcome = Program(text, forgiving=forgiving, now=NOW).render(variables)
    return outcome.text if isinstance(outcome, Rendered) else outcome


@pytest.mark.parametrize("forgiving", [False, True])
@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__",
        "''['__class__']",
        "messages.__class__",
        "messages|map(attribute='__class__')|list|first",
        "raise_exception.__globals__",
        "range.__self__",
        "range.__self__.fuel",
        "namespace.__init__",
        "namespace(a=1).__class__",
        "cycler.__init__",
        "self.__class__",
        "dict.__subclasses__",
        "'{0.__class__}'.format('')",
        "messages.append.__self__",
        "'a'.ljust",
        "'a'.format_map",
        "lipsum",
    ],
)
def test_attributes_lead_nowhere(expression: str, forgiving: bool) -> None:
    """Not there, or refused: but nothing of Python is ever written out."""
    found = rendered("{{ (" + expression + ") }}", forgiving=forgiving, messages=[{"role": "user"}])
    assert found == "" or isinstance(found, Refused) or found == "Undefined"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m['role'] }}{% endfor %}", "1user"),
        ("{% set n = namespace(a=1) %}{% for i in range(3) %}{% set n.a = n.a + i %}{% endfor %}{{ n.a }}", "4"),
        ("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "01"),
        ("{% generation %}a{{ 1 }}{% endgeneration %}b", "a1b"),
        ("{{ strftime_now('%d %b %Y') }}", "04 Mar 2026"),
        ("{{ ' a,b '.strip().split(',') | join('-') }}", "a-b"),
        ("{{ 'a'.replace('a', 'b') ~ 'x{}{}'.format(1, 'y') }}", "bx1y"),
        ("{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, b=3) }}", "1213"),
        ("{% for k, v in messages[0].items() %}{{ k }}={{ v }}{% endfor %}", "role=user"),
        ("{{ messages[-1].get('x', 'none') }}{{ messages[0:1] | length }}", "none1"),
        ("{% if messages is defined and messages[0].role is string %}yes{% endif %}", "yes"),
        ("  {% if true %}\n  a\n  {% endif %}\n", "  a\n"),
    ],
)
@pytest.mark.parametrize("forgiving", [False, True])
def test_what_templates_do_works(text: str, wanted: str, forgiving: bool) -> None:
    """Loops, namespaces, macros, methods of texts, blocks trimmed as transformers trims them."""
    assert rendered(text, forgiving=forgiving, messages=[{"role": "user"}]) == wanted


def test_messages_are_changed_by_llama_cpp_alone() -> None:
    """Its engine lets a template append; that of transformers does not."""
    text = "{% set a = [] %}{{ a.append(1) }}{{ a | length }}"
    assert rendered(text, forgiving=True).endswith("1")  # type: ignore[attr-defined]
    assert isinstance(rendered(text), Refused)


def test_what_is_not_there_is_not_there_for_llama_cpp() -> None:
    """At any depth; for Jinja2 the second dot is an error."""
    assert rendered("{{ a.b.c }}", forgiving=True) == ""
    assert isinstance(rendered("{{ a.b.c }}"), Refused)


def test_a_loop_over_text_is_an_error_for_llama_cpp() -> None:
    """Jinja2 gives its letters."""
    assert rendered("{% for a in 'xy' %}{{ a }}.{% endfor %}") == "x.y."
    assert isinstance(rendered("{% for a in 'xy' %}{{ a }}.{% endfor %}", forgiving=True), Refused)
