"""Conversations of every kind, judged by us and sent to a real llama.cpp server, with two chat templates.

A few hundred of them; `cd tests; python -m agreement.llama 10000` sends as many as one likes. Its numbers stand
in docs/reference/agreement.md.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agreement import llama
from conversations import requests
from hypothesis import given, settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "agreement.md"
QUESTION = {"role": "user", "content": "Question"}

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=llama.TEMPLATES)
def server(request: pytest.FixtureRequest) -> Iterator[llama.Server]:
    """One server for each template."""
    with llama.running(request.param) as running:
        yield running


@settings(max_examples=150, deadline=None)
@given(asked=requests())
def test_both_say_the_same_of_a_request(server: llama.Server, asked: dict[str, Any]) -> None:
    """Refused or not, and the first finding explains the server's words; but for reasons that are known."""
    one = server.compare(asked)
    assert not one.differs or llama.reason(one), f"{one.differs}: {one.words}"


def test_templates_differ(server: llama.Server) -> None:
    """A strict one refuses what one for tools takes, and we say so of each."""
    one = server.compare({"model": "m", "messages": [QUESTION, QUESTION]})
    assert one.refused == bool(one.errors) == (one.template == "strict")


def test_every_reason_is_documented() -> None:
    """Whoever asks where the two disagree finds it."""
    page = PAGE.read_text(encoding="utf-8")
    assert not [name for name in llama.REASONS if name not in page]
