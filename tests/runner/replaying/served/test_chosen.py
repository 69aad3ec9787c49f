"""Which recording is meant."""

from pathlib import Path

import pytest
from for_serving import exchange, write

from nexdiag.core.errors import UsageError
from nexdiag.runner.replaying.served.chosen import find_named, of_command

ONE = exchange(0, "a")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three recordings of two servers."""
    for name, created in (("x/fix-it", 1.0), ("x/fix-it-2", 2.0), ("y/other", 3.0)):
        write(tmp_path / "cassettes" / f"{name}.cassette.jsonl", ONE, created=created, command=f"./agent {name}")
    return tmp_path / "cassettes"


def line(redactions: object) -> str:
    return "./agent x/fix-it"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("fix-it", "x/fix-it"),
        ("fix-it.cassette.jsonl", "x/fix-it"),
        ("x/fix-it-2", "x/fix-it-2"),
        ("./other", "y/other"),
    ],
)
def test_a_name_is_looked_for_below_the_place_of_recordings(home: Path, text: str, meant: str) -> None:
    """With or without its suffix, with or without its server."""
    assert find_named(text, home=home) == home / f"{meant}.cassette.jsonl"


def test_a_path_that_is_there_goes_before_a_name(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    assert find_named("other", home=home) == Path("other")


def test_a_name_that_two_have_is_not_guessed(home: Path) -> None:
    write(home / "y" / "fix-it.cassette.jsonl", ONE)
    with pytest.raises(UsageError, match=r"any of 2 recordings: .*x/fix-it.*y/fix-it"):
        find_named("fix-it", home=home)
    assert find_named("y/fix-it", home=home) == home / "y" / "fix-it.cassette.jsonl"


def test_a_name_that_none_has_is_told_with_the_nearest(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recording at fix-ti") as near:
        find_named("fix-ti", home=home)
    assert near.value.hint.startswith("did you mean fix-it")
    with pytest.raises(UsageError) as far:
        find_named("zzzzz\0", home=home)
    assert "other.cassette.jsonl" in far.value.hint
    with pytest.raises(UsageError, match="none below") as none:
        find_named("fix-it", home=tmp_path / "nowhere")
    assert "nexdiag capture" in none.value.hint


def test_the_newest_recording_of_the_very_command_goes_before_one_named_after_it(home: Path) -> None:
    assert of_command(line, "other", home=home) == home / "x" / "fix-it.cassette.jsonl"
    write(home / "z" / "later.cassette.jsonl", ONE, created=9.0, command="./agent x/fix-it")
    assert of_command(line, "other", home=home) == home / "z" / "later.cassette.jsonl"


def test_else_it_is_the_newest_that_is_named_after_it(home: Path) -> None:
    """With the number that a later recording has; `fix-it-all` is another name."""
    write(home / "x" / "fix-it-all.cassette.jsonl", ONE, created=9.0)
    assert of_command(lambda _: "./changed", "fix-it", home=home) == home / "x" / "fix-it-2.cassette.jsonl"


def test_a_command_is_compared_as_the_recording_was_redacted(home: Path) -> None:
    """What its header takes for a secret stands in its command as a placeholder."""
    secret = write(home / "x" / "s.cassette.jsonl", ONE, command="./agent [hidden]", redactions=("cust-[0-9]+",))
    found = of_command(lambda redactions: "./agent [hidden]" if redactions else "./agent cust-1", "none", home=home)
    assert found == secret


def test_no_recording_of_a_command_lists_what_there_is(home: Path, tmp_path: Path) -> None:
    """The newest first; what cannot be read is not taken, and breaks nothing."""
    (home / "torn.cassette.jsonl").write_bytes(b"{")
    with pytest.raises(UsageError, match="no recording of this command, and none named zzz") as none:
        of_command(lambda _: "./zzz", "zzz", home=home)
    assert none.value.hint.index("other") < none.value.hint.index("fix-it")
    with pytest.raises(UsageError, match="there is none below"):
        of_command(lambda _: "./zzz", "zzz", home=tmp_path / "nowhere")
