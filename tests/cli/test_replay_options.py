"""Which way of `nexdiag replay` heeds which option: the table, over the whole product."""

import itertools
import typing

import pytest
import typer.main

from nexdiag.cli import replay_options as options
from nexdiag.cli.app import app, run
from nexdiag.core.errors import UsageError

VALUES = {
    "--port": "1", "--match": "turn", "--ignore": "/x", "--speed": "1", "--split": "byte", "--fault": "cut@1",
    "--seed": "1", "--tools": "live", "--workspace": ".", "--max-age": "1d", "--expired": "fail", "--then": "live",
    "--session": "s", "--endpoint": "http://127.0.0.1:1", "--model": "m", "--key-env": "K", "--cassette": "c",
    "--only": "x", "--shard": "1/1", "--jobs": "1", "--turn": "1", "--format": "json", "-o": "f",
}  # fmt: skip
"""A good value of each option that takes one."""
WORDS = {
    options.AGAIN: [], options.SERVE: ["--serve"], options.COMMAND: ["--", "true"], options.FAULTS: ["--faults", "all"],
    options.UNTIL: ["--until", "1", "--then", "live"], options.FROM: ["--from", "1"], options.STUDY: ["--determinism"],
}  # fmt: skip
REFUSED = [(name, way) for name, ways in options.HEEDED.items() for way in options.WAYS if way not in ways]


def test_each_option_of_the_command_is_in_the_table() -> None:
    """One that is new cannot be forgotten: it chooses a way, or says which ways heed it."""
    group: typing.Any = typer.main.get_command(app)
    named = [one for one in group.commands["replay"].params if one.param_type_name == "option" and one.name != "help"]
    known = {options.name_of(one.opts) for one in named}
    assert known == {*options.HEEDED, "--serve", "--faults", "--until", "--from", "--determinism"}


@pytest.mark.parametrize(("name", "way"), REFUSED)
def test_an_option_that_a_way_does_not_heed_is_refused(name: str, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read: exit 2, what it is for, and a hint."""
    value = [VALUES[name]] if name in VALUES else []
    assert run(["replay", "nowhere", name, *value, *WORDS[way]]) == 2
    what, hint = capsys.readouterr().err.splitlines()
    assert what.startswith(f"error: {name} is not for {way}: it is for ")
    assert all(heeding in what for heeding in options.HEEDED[name])
    assert hint == "hint: see: nexdiag replay --help"


def test_what_a_way_heeds_is_let_through() -> None:
    """All that the table says, and what it does not name."""
    for name, ways in options.HEEDED.items():
        for way in ways:
            options.demand(way, [name])
    options.demand(options.AGAIN, ["--help"])


def test_there_is_one_way() -> None:
    """Two exclude each other, but for a command that is studied."""
    assert options.way_of(["--speed"], command=False) == options.AGAIN
    assert options.way_of(["--determinism"], command=True) == options.STUDY
    assert options.way_of([], command=True) == options.COMMAND
    for one, other in itertools.combinations(["--serve", "--faults", "--until", "--from", "--determinism"], 2):
        with pytest.raises(UsageError, match=f"{one} and {other} do not go together"):
            options.way_of([one, other], command=False)
    with pytest.raises(UsageError, match="--serve and a command after -- do not go together"):
        options.way_of(["--serve"], command=True)


def test_a_setting_of_the_project_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the environment or in nexdiag.toml holds where it can, and is refused nowhere."""
    monkeypatch.setenv("NEXDIAG_REPLAY_SPEED", "10")
    assert run(["replay", "nowhere", "--determinism"]) == 3
