"""`nexdiag.lint(...)`, as scripts call it."""

from pathlib import Path

import pytest

import nexdiag
from nexdiag.core.errors import CassetteError
from nexdiag.lint import engine

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


def test_the_package_is_the_function_that_is_promised() -> None:
    """`nexdiag.lint` is called with a request, and is still the package whose modules are imported."""
    assert [finding.rule for finding in nexdiag.lint(TWO_USERS, profile="llama.cpp-strict")] == ["role-alternation"]
    assert nexdiag.lint.__name__ == "nexdiag.lint"
    assert nexdiag.lint.engine is engine


def test_a_path_stands_for_the_recording_in_it() -> None:
    """As text or as a Path; one that names no file is told as `load` tells it."""
    path = next((Path(__file__).parents[1] / "cassettes").rglob("*.cassette.jsonl"))
    assert nexdiag.lint(path) == nexdiag.lint(str(path)) == nexdiag.lint(nexdiag.load(path))
    with pytest.raises(CassetteError, match="no-such-file"):
        nexdiag.lint("no-such-file")
