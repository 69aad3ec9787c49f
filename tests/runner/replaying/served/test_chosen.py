"""Which recording is meant."""

from pathlib import Path

import pytest
from for_serving import exchange, write

from nexdiag.core.errors import UsageError
from nexdiag.runner.replaying.served.chosen import of_command

ONE = exchange(0, "a")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three recordings of two servers."""
    for name, created in (("x/fix-it", 1.0), ("x/fix-it-2", 2.0), ("y/other", 3.0)):
        write(tmp_path / "cassettes" / f"{name}.cassette.jsonl", ONE, created=created, command=f"./agent {name}")
    return tmp_path / "cassettes"


def line(redactions: object) -> str:
    return "./agent x/fix-it"


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
