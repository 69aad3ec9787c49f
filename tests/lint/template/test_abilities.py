"""What a template can take, found out by trying. That it is what llama.cpp finds, test_chat_template.py asks it."""

from datetime import UTC, datetime

import pytest
from chat_templates import TEMPLATES

from nexdiag.lint.template.abilities import abilities_of
from nexdiag.lint.template.outcome import Abilities
from nexdiag.lint.template.program import Program


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plain", Abilities()),
        ("no-system", Abilities(system=False)),
        ("system-first", Abilities(object_arguments=True)),
        ("nine-characters", Abilities(object_arguments=True, system=False)),
        ("parts", Abilities(parts=True)),
        (
            "{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}",
            Abilities(texts=False, parts=True),
        ),
    ],
)
def test_it_is_found_out(name: str, wanted: Abilities) -> None:
    """By what it does with texts that are watched."""
    text = TEMPLATES.get(name, name)
    found = abilities_of(Program(text, forgiving=True, now=datetime(2026, 1, 1, tzinfo=UTC)))
    assert found == wanted
