"""The words of a failure."""

from pathlib import Path

import pytest

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.pytest_plugin import failing


def finding(**more: object) -> Finding:
    place = Location(turn=1, message_index=2)
    return Finding(
        rule="role-alternation", code="NX101", severity=Severity.ERROR, summary="two users", location=place, **more
    )  # type: ignore[arg-type]


def test_a_finding_has_its_place_its_fix_and_the_server_s_words() -> None:
    """A server that said nothing is left out, and of many findings the rest is counted."""
    one = failing.findings([finding(fix="merge them", server_words="roles must alternate")])
    assert "NX101 role-alternation   turn 1, messages[2]" in one
    assert "found       two users" in one
    assert "the server  roles must alternate" in one
    assert "fix         merge them" in one
    assert "the server" not in failing.findings([finding()])
    assert failing.findings([finding()] * 8).endswith("and 3 more findings")
    assert failing.findings([]) == ""


def test_a_path_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where pytest was started, or whole where that is far away; quoted for a shell."""
    monkeypatch.chdir(tmp_path)
    assert failing.shown(tmp_path / "a" / "b.cassette.jsonl") == "a/b.cassette.jsonl"
    assert failing.shown(tmp_path / "t[a].jsonl") == "'t[a].jsonl'"
    assert failing.shown(Path("/far/away")) == "/far/away"
