"""Promises of `nexdiag.agent.daemon.redactions`: patterns reach a daemon, and nobody else sees them."""

import stat
from pathlib import Path

import pytest

from nexdiag.agent.daemon.redactions import forget, keep, kept
from nexdiag.core.errors import UsageError


def test_what_is_kept_comes_back_and_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever stands in a pattern; the last ones count."""
    assert kept(tmp_path / "none") == ()
    keep(tmp_path, ["other"])
    path = keep(tmp_path, ["a b", "line\nend", "\x1b", "ä"])
    assert kept(path) == ("a b", "line\nend", "\x1b", "ä")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    forget(tmp_path)
    forget(tmp_path)
    assert kept(path) == ()


@pytest.mark.parametrize("content", [b"{", b"{}", b"[1]", b'"a"', b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_list_of_patterns_is_an_error(tmp_path: Path, content: bytes) -> None:
    """To go on without them would write what they name. What stands in the file is not quoted."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UsageError, match="is no JSON list of expressions"):
        kept(tmp_path / "x")
