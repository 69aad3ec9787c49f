"""Promises of `nexdiag.runner.wrapped.program`: a command that cannot be run is said first, and who listens may go."""

import os
import stat
from pathlib import Path

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.runner.wrapped.program import demand, unbroken


def complaint(*command: str, path: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as error:
        demand(command, {"PATH": path}, doing="replay")
    return error.value.what, error.value.hint


def test_what_is_no_program_is_said_with_what_may_be_meant(tmp_path: Path) -> None:
    """Nothing, a name like another, a command line in quotes, a file without the right to be run, a builtin."""
    program, text = tmp_path / "my-agent", tmp_path / "notes.txt"
    for file in (program, text):
        file.write_text("#!/bin/sh\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = str(tmp_path)
    assert complaint(path=path) == (
        "a command to replay is wanted after --",
        'for example: nexdiag replay -- ./my-agent "hi"',
    )
    assert complaint("my-agnt", path=path) == ("my-agnt: no such program", "did you mean my-agent?")
    assert complaint("my-agent hello", path=path)[1] == "without the quotes: nexdiag replay -- my-agent hello"
    assert complaint(str(text), path=path)[0] == f"{text} cannot be run: it is no program"
    assert complaint("alias-of-mine", path=os.devnull)[1].endswith("sh -c alias-of-mine")
    demand(("my-agent",), {"PATH": path}, doing="replay")


def test_whoever_listens_may_go_away() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    unbroken(gone)("a line")
    heard: list[str] = []
    unbroken(heard.append)("a line")
    assert heard == ["a line"]
