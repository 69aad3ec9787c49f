"""The CLI's session outlives this process, or is forgotten; it never breaks a chat."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.executors import kept
from nexdiag.core.message import Usage


def test_round_trip(tmp_path: Path) -> None:
    """What was kept is read back, from a file that nobody else can read."""
    one = kept.Kept(executor="codex", session="01a2-b", total=Usage(input_tokens=3))
    kept.write(tmp_path, one)
    assert kept.read(tmp_path, "codex") == one
    assert (tmp_path / "executor.json").stat().st_mode & 0o777 == 0o600


def test_of_another_executor(tmp_path: Path) -> None:
    """A session of codex is none of claude."""
    kept.write(tmp_path, kept.Kept(executor="codex", session="01a2"))
    assert kept.read(tmp_path, "claude") == kept.Kept(executor="claude")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"executor":"codex","session":"--dangerous"}', b'{"executor":"codex","session":7}'],
)
def test_spoiled(tmp_path: Path, content: bytes) -> None:
    """A spoiled file, or a session that would be read as an option, is a session that is forgotten."""
    (tmp_path / "executor.json").write_bytes(content)
    assert kept.read(tmp_path, "codex") == kept.Kept(executor="codex")


def test_without_a_directory() -> None:
    """An executor without a journal keeps nothing."""
    kept.write(None, kept.Kept(executor="codex", session="01a2"))
    assert kept.read(None, "codex") == kept.Kept(executor="codex")


@given(st.text(max_size=20))
def test_fit(session: str) -> None:
    """Whatever passes as a session is one plain word."""
    assert kept.fit(session) is None or (session.isascii() and not session.startswith("-") and " " not in session)
