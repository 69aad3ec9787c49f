"""What tools need of whoever asks a model for them."""

import inspect

import pytest
from fake_asker import FakeAsker

from nexdiag.agent.tools.asker import Asker
from nexdiag.runner.asking import ModelAsker


@pytest.mark.parametrize("kind", [FakeAsker, ModelAsker])
def test_every_asker_can_be_asked_alike(kind: type) -> None:
    """The one that tests use takes what the real one takes."""
    for name in ("ask", "complete"):
        wanted = inspect.signature(getattr(Asker, name))
        assert list(inspect.signature(getattr(kind, name)).parameters.values()) == list(wanted.parameters.values())
