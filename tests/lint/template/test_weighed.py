"""The syntax tree of a template, priced."""

import pytest
from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError

from nexdiag.lint.template.weighed import BURN, COMPARE, CONCAT, LOOKED, LOOP, weighed


def priced(text: str) -> list[str]:
    tree = weighed(Environment().parse(text))  # noqa: S701 - nothing is rendered
    return [node.name for node in tree.find_all(nodes.Filter)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{% for a in b %}{% endfor %}", [LOOP]),
        ("{% macro f() %}{% endmacro %}", [BURN]),
        ("{% call f() %}{% endcall %}", [BURN]),
        ("{{ a ~ b }}", [CONCAT]),
        ("{{ a == b }}", [COMPARE]),
        ("{{ a < b < c }}", [COMPARE, COMPARE]),
        ("{{ a[1:] }}", [LOOKED]),
        ("{{ a[1].b }}", []),
    ],
)
def test_what_repeats_or_grows_has_a_price(text: str, names: list[str]) -> None:
    """And nothing else has one."""
    assert priced(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{% block a %}{% endblock %}",
    ],
)
def test_no_other_file(text: str) -> None:
    """What would load one is refused before anything runs."""
    with pytest.raises(TemplateSyntaxError, match="has no place in a chat template"):
        priced(text)


def test_a_loop_weighs_what_is_in_it() -> None:
    """Not what is in the loops within, which pay for themselves."""

    def weight(text: str) -> object:
        tree = weighed(Environment().parse(text))  # noqa: S701 - nothing is rendered
        first = next(node for node in tree.find_all(nodes.Filter) if node.name == LOOP)
        return first.args[0].value

    assert weight("{% for a in b %}{{ a.b.c.d }}{% endfor %}") > weight("{% for a in b %}{{ a }}{% endfor %}")
