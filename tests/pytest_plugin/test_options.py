"""Options and ini settings; what pytest-recording, or a conftest, registers under the same name is shared."""

import os
from pathlib import Path

import pytest
from inner_pytest import PLAIN, inner, live

from nexdiag.pytest_plugin.options import dest

SUITE = (
    PLAIN
    + """
@pytest.mark.nexdiag
def test_ours(nexdiag_cassette):
    assert say() == "Hello."

def test_endpoint(nexdiag_endpoint):
    assert say(url=nexdiag_endpoint)

@pytest.mark.vcr
def test_theirs(request):
    assert request.config.getoption("--record-mode") in ("once", "none", None)
"""
)
OTHERS = [part for name in ("anyio", "hypothesispytest", "socket", "syrupy", "xdist") for part in ("-p", f"no:{name}")]
"""Plugins that have no part in this: each costs every run."""
CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--record-mode", default="none", help="this suite's own")
"""


def test_help_shows_each_with_an_example(tmp_path: Path) -> None:
    """Options and settings alike."""
    said = " ".join(inner(tmp_path, "", "--help").out.split())
    for name in ("--record-mode", "--block-network", "--allowed-hosts", "--disable-recording"):
        assert name in said
    for name in ("record_mode", "cassette_dir", "profile", "block_network", "allowed_hosts"):
        assert f"nexdiag_{name} (" in said
    assert "for example: pytest --record-mode=once" in said
    assert "for example: tests/cassettes" in said


def test_an_option_that_a_conftest_has_registered_is_shared(tmp_path: Path) -> None:
    """Its value counts, and a word that is no mode is told; the ini file says where cassettes are."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nnexdiag_cassette_dir = with/all\nmarkers = vcr\n")
    with live("Hello.") as url:
        done = inner(tmp_path, SUITE, "--record-mode", "once", OPENAI_BASE_URL=url)
    assert "3 passed" in done.out, done.out
    assert (tmp_path / "with" / "all" / "test_inner" / "test_ours.cassette.jsonl").exists()
    wrong = inner(tmp_path, SUITE, "--record-mode=onse")
    assert "no such record mode: 'onse'" in wrong.out
    assert "did you mean 'once'?" in wrong.out


@pytest.mark.parametrize("first", ["nexdiag", "recording"])
def test_pytest_recording_beside_us_is_no_clash(tmp_path: Path, first: str) -> None:
    """Whichever is loaded first: one option, read by both; its closed network leaves our own server reachable."""
    if not os.environ.get("CI"):  # there it is a failure
        pytest.importorskip("pytest_recording", reason="needs pytest-recording, of the extra dev")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = vcr\n")
    both = ("-p", first, *OTHERS, "--block-network", "--record-mode")
    with live("Hello.") as url:
        made = inner(tmp_path, SUITE, *both, "once", alone=False, OPENAI_BASE_URL=url)
    assert "3 passed" in made.out, made.out
    assert "1 live" in made.out
    if first == "recording":
        played = inner(tmp_path, SUITE, *both, "none", alone=False, OPENAI_BASE_URL=url)
        assert "3 passed" in played.out, played.out
        assert "1 exchange replayed · 0 live" in played.out


def test_the_value_of_an_option_is_kept_under_its_name() -> None:
    """As argparse has it, so that whoever registered it is read."""
    assert dest("--record-mode") == "record_mode"
