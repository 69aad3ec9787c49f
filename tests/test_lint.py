"""`nexdiag.lint(...)`, as scripts call it."""

from pathlib import Path

import pytest

import nexdiag
from nexdiag.core.errors import UsageError
from nexdiag.lint import engine

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


def test_the_package_is_the_function_that_is_promised() -> None:
    """`nexdiag.lint` is called with a request, and is still the package whose modules are imported."""
    assert [finding.rule for finding in nexdiag.lint(TWO_USERS, profile="llama.cpp-strict")] == ["role-alternation"]
    assert nexdiag.lint.__name__ == "nexdiag.lint"
    assert nexdiag.lint.engine is engine


def test_a_path_is_told_how_to_be_read() -> None:
    """Judging reads no file; who names one is told the call that does."""
    for path in ("a.cassette.jsonl", Path("a.cassette.jsonl")):
        with pytest.raises(UsageError) as error:
            nexdiag.lint(path)
        assert "nexdiag.lint(nexdiag.load(path))" in error.value.hint
