"""Slash commands."""

import pytest

from nexdiag.tui.slash import COMMANDS, Command, Unknown, read


def test_commands_are_read_with_what_follows() -> None:
    assert read("/new  release plans ") == Command(name="new", rest="release plans")
    assert {read(f"/{name}") for name in COMMANDS} == {Command(name=name) for name in COMMANDS}
    assert read("/?") == Command(name="help")
    assert read("/exit") == Command(name="quit")


def test_a_slip_is_answered_with_the_nearest_and_not_sent() -> None:
    assert read("/serch x") == Unknown(why="there is no command /serch: did you mean /search?")
    assert read("/zzz") == Unknown(why="there is no command /zzz: see /help")


@pytest.mark.parametrize("text", ["hello", "/etc/hosts is wrong", "/", "/new\nlines", "/status", "a /new", "//"])
def test_everything_else_is_something_to_say(text: str) -> None:
    assert read(text) is None
