"""From what a command line asks to the crew and the session that it means."""

from pathlib import Path

import pytest

from nexdiag.agent import config as configuration
from nexdiag.agent.session.registry import Registry
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.core.errors import UsageError
from nexdiag.runner.asked import Asked, prepare


def state(tmp_path: Path) -> Path:
    place = tmp_path / ".nexdiag"
    set_up(place, Wanted(url="http://h:1", model="m"), configuration.Agent(system="Old.", max_tokens=7))
    return place


def test_a_bare_url_needs_no_state_and_keeps_no_session(tmp_path: Path) -> None:
    """Even where a state directory stands: its config is not read, its sessions are not written."""
    (tmp_path / ".nexdiag").mkdir()
    (tmp_path / ".nexdiag" / "config.toml").write_text("nonsense")
    place = prepare(Asked(model="m", endpoint="http://h:1", max_turns=3), {}, tmp_path)
    crew = place.crew
    assert (crew.endpoint.base_url, crew.workspace, place.state) == ("http://h:1/v1", tmp_path, None)
    assert crew.config.agent.max_turns == 3


def test_the_state_directory_is_used_where_it_is_meant(tmp_path: Path) -> None:
    """Its endpoint and its sessions; what the command line says wins over its config."""
    where = state(tmp_path)
    place = prepare(Asked(chat="c", system="New."), {}, tmp_path)
    assert (place.crew.endpoint.base_url, place.crew.config.agent.system) == ("http://h:1/v1", "New.")
    assert (place.state, place.session) == (where, "c")
    place = prepare(Asked(endpoint="http://other:2", model="n", directory=where, chat="c"), {}, tmp_path)
    assert (place.crew.endpoint.base_url, place.state, place.session) == ("http://other:2/v1", where, "c")


@pytest.mark.parametrize(
    "asked",
    [
        Asked(model="m", endpoint="http://h", chat="c"),
        Asked(chat="c", evaluated=True),
        Asked(model="m", endpoint="http://h", resume=""),
    ],
)
def test_a_session_that_nobody_keeps_cannot_be_gone_on_with(tmp_path: Path, asked: Asked) -> None:
    """What would be ignored is refused."""
    with pytest.raises(UsageError, match="cannot be had"):
        prepare(asked, {}, tmp_path)


def test_resume_finds_the_newest_that_fits(tmp_path: Path) -> None:
    """By a part of a name, in any case; without one, the newest of all; not what was set aside (reference fault 42)."""
    where = state(tmp_path)
    times = iter((1.0, 2.0, 3.0, 4.0, 5.0))
    registry = Registry(where, clock=lambda: next(times))
    old, new = (registry.create("interactive", [name]) for name in ("Fix-the-tests", "write-docs"))
    aside = registry.create("interactive", ["later"])
    registry.archive(aside.id)
    assert prepare(Asked(resume="fix-THE"), {}, tmp_path).session == old.id
    assert prepare(Asked(resume=""), {}, tmp_path).session == new.id
    with pytest.raises(UsageError, match="no session fits 'zzz'"):
        prepare(Asked(resume="zzz"), {}, tmp_path)


def test_one_session_is_named_once(tmp_path: Path) -> None:
    """--chat and --resume together are refused."""
    state(tmp_path)
    with pytest.raises(UsageError, match="both name a session"):
        prepare(Asked(chat="c", resume="d"), {}, tmp_path)


def test_a_role_is_a_file_and_adds_to_the_prompt(tmp_path: Path) -> None:
    """Its text goes to the crew; the prompt that it adds to stays as it is."""
    where = state(tmp_path)
    (where / "roles").mkdir()
    (where / "roles" / "reviewer.md").write_text("Find what is wrong.\n")
    crew = prepare(Asked(role="reviewer"), {}, tmp_path).crew
    assert (crew.role, crew.config.agent.system) == ("Find what is wrong.", "Old.")
    with pytest.raises(UsageError) as raised:
        prepare(Asked(role="../reviewer"), {}, tmp_path)
    assert raised.value.hint == "roles: reviewer"


def test_what_limits_the_tools_reaches_the_crew(tmp_path: Path) -> None:
    """Bundle, read-only and MCP; an evaluated session starts no MCP server."""
    state(tmp_path)
    crew = prepare(Asked(bundle="light", read_only=True), {}, tmp_path).crew
    assert (crew.bundle, crew.read_only, crew.mcp) == ("light", True, True)
    assert not prepare(Asked(evaluated=True), {}, tmp_path).crew.mcp
    assert not prepare(Asked(mcp=False), {}, tmp_path).crew.mcp


def test_an_unknown_bundle_is_told_before_anything_is_made(tmp_path: Path) -> None:
    """No empty session stays behind a misspelt word."""
    where = state(tmp_path)
    with pytest.raises(UsageError, match="lihgt"):
        prepare(Asked(bundle="lihgt"), {}, tmp_path)
    assert not (where / "chat").exists()
