"""A rendering ends, whatever the template does, and says how."""

from datetime import UTC, datetime

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.lint.template.outcome import Refused, Rendered, Untold
from nexdiag.lint.template.program import LONGEST_SOURCE, Program

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOUBLED = "{% set n = namespace(s=SEED) %}{% for i in range(100) %}{% set n.s = GROWN %}{% endfor %}"


def program(text: str, *, forgiving: bool = True) -> Program:
    return Program(text, forgiving=forgiving, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(1000000000) %}{% endfor %}",
        "{% for i in range(400000) %}{% for j in range(400000) %}{% endfor %}{% endfor %}",
        "{% for i in range(400000) recursive %}{{ loop(range(400000)) }}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(99) }}",
        "{{ 'a' * 10000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        DOUBLED.replace("SEED", "'aaaa'").replace("GROWN", "n.s + n.s"),
        DOUBLED.replace("SEED", "'aaaa'").replace("GROWN", "n.s ~ n.s"),
        DOUBLED.replace("SEED", "99999").replace("GROWN", "n.s * n.s"),
        DOUBLED.replace("SEED", "[1]").replace("GROWN", "n.s + n.s"),
        DOUBLED.replace("SEED", "[1]").replace("GROWN", "[n.s, n.s]") + "{{ n.s }}",
        DOUBLED.replace("SEED", "[1]").replace("GROWN", "[n.s, n.s]") + "{{ n.s | tojson }}",
        DOUBLED.replace("SEED", "[1]").replace("GROWN", "[n.s, n.s]") + "{{ n.s == [n.s] or n.s | sort }}",
        "{% set a = [] %}{{ a.append(a) }}{{ a }}",
        "{{ 'a'.replace('', 'b' * 5000000).replace('b', 'c' * 5000000) }}",
        "{% set a = 'x' * 1000000 %}{% for i in range(100000) %}{% if a in a %}{% endif %}{% endfor %}",
        "{% set a = 'x' * 1000000 %}{% for i in range(100000) %}{% set b = a[1:] %}{% endfor %}",
        "{% set a %}{% for i in range(400000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}{% endset %}{{ a }}",
        "{{ strftime_now('%A' * 99999999) }}",
        "{{ messages | tojson(indent=999999999) }}",
    ],
)
def test_a_hostile_template_ends(text: str) -> None:
    """With a tank of a second or less: no thread, no signal, no memory."""
    assert isinstance(program(text).render({"messages": []}, 1_500_000), Untold)


def test_a_tuple_of_tuples_is_never_hashed() -> None:
    """That alone would take for ever, and no fuel would be asked for."""
    text = DOUBLED.replace("SEED", "(1, 1)").replace("GROWN", "(n.s, n.s)") + "{{ {n.s: 1} }}"
    assert isinstance(program(text).render({}), Refused)


@pytest.mark.parametrize(
    "text",
    [
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ 'a' | center(999999999) }}",
        "{% if %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "9" * 9000 + " }}",
        "{% for a in x %}" * 30 + "{% endfor %}" * 30,
        " " * (LONGEST_SOURCE + 1),
    ],
)
def test_what_is_no_chat_template_is_an_error_of_use(text: str) -> None:
    """In one line and a hint, before anything is rendered."""
    with pytest.raises(UsageError) as caught:
        program(text)
    assert caught.value.hint
    assert len(caught.value.what) < 800


def test_a_template_that_raises_refuses() -> None:
    """In its own words; what it stumbles over is told as such."""
    assert program("{{ raise_exception('no') }}").render({}) == Refused(words="no")
    stumbled = program("{{ 1 + [] }}").render({})
    assert isinstance(stumbled, Refused)
    assert not stumbled.raised


def test_it_is_rendered_often() -> None:
    """With a full tank each time, and nothing left of the time before."""
    one = program("{% for m in messages %}{{ m }}{% endfor %}")
    assert [one.render({"messages": list("ab")}, 1000) for _ in range(50)] == [Rendered(text="ab")] * 50
