"""Lines typed at a terminal."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nexdiag.cli.prompt import HISTORY, typed
from nexdiag.core.errors import UsageError


def says(*lines: str | type[BaseException]) -> Callable[[str], str]:
    rest = iter(lines)

    def ask(prompt: str) -> str:
        del prompt
        line = next(rest, EOFError)
        if isinstance(line, str):
            return line
        raise line

    return ask


def test_ctrl_d_ends_and_ctrl_c_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C loses the line that is being typed, and says how to leave (reference fault 31)."""
    assert list(typed(None, ask=says("first", KeyboardInterrupt, "second"))) == ["first\n", "second\n"]
    assert "Ctrl-D" in capsys.readouterr().err


def test_the_history_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """In the state directory, if there is one."""
    assert list(typed(tmp_path, ask=says("first"))) == ["first\n"]
    assert stat.S_IMODE((tmp_path / HISTORY).stat().st_mode) == 0o600
    assert list(typed(tmp_path / "none", ask=says())) == []
    assert not (tmp_path / "none").exists()


def test_a_history_that_cannot_be_kept_is_no_reason_to_fail(tmp_path: Path) -> None:
    """The session goes on without."""
    (tmp_path / HISTORY).mkdir()
    assert list(typed(tmp_path, ask=says("first"))) == ["first\n"]


def test_bytes_that_are_no_text_are_a_usage_error() -> None:
    """With the place and what to look at."""

    def ask(prompt: str) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, prompt)

    with pytest.raises(UsageError, match="not utf-8 text"):
        list(typed(None, ask=ask))
