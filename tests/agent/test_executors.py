"""Making an executor: an unknown kind or a missing program is said before anything is played."""

from pathlib import Path

import pytest
from standin import Standin

from nexdiag.agent import executors
from nexdiag.core.errors import UsageError


def test_unknown_kind(tmp_path: Path) -> None:
    """A kind that is none is refused, and the others are named."""
    with pytest.raises(UsageError) as caught:
        executors.make("clod", None, lambda told: None, model=None, environment={}, workspace=tmp_path)
    assert caught.value.hint == "the executors are: nex, claude, codex"


@pytest.mark.parametrize("kind", executors.KINDS)
def test_missing_program(tmp_path: Path, kind: str) -> None:
    """A CLI that is not installed is named, with how to install it."""
    environment = {"PATH": str(tmp_path)}
    with pytest.raises(UsageError, match=f"needs the program {kind}") as caught:
        executors.make(kind, None, lambda told: None, model=None, environment=environment, workspace=tmp_path)
    assert caught.value.hint.startswith("install it with: npm install -g ")


@pytest.mark.parametrize(
    ("spec", "name"), [("nex:gpt-5", "gpt-5"), ("codex:gpt-5", "gpt-5"), ("opus", "opus"), (None, None), (" ", None)]
)
def test_model(tmp_path: Path, spec: str | None, name: str | None) -> None:
    """The CLI gets the model without the prefix that our config puts before it, or none (reference fault 4)."""
    standin = Standin(tmp_path / "bin", "claude", {})
    environment = {"PATH": str(standin.home)}
    made = executors.make("claude", None, lambda told: None, model=spec, environment=environment, workspace=tmp_path)
    assert made._call.model == name
