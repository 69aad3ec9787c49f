"""`nexdiag.lint(...)`, as scripts call it."""

import nexdiag
from nexdiag.lint import engine

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


def test_the_package_is_the_function_that_is_promised() -> None:
    """`nexdiag.lint` is called with a request, and is still the package whose modules are imported."""
    assert [finding.rule for finding in nexdiag.lint(TWO_USERS, profile="llama.cpp-strict")] == ["role-alternation"]
    assert nexdiag.lint.__name__ == "nexdiag.lint"
    assert nexdiag.lint.engine is engine
