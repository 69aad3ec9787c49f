"""Which record mode a test has."""

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.pytest_plugin.modes import mode


@pytest.mark.parametrize(
    ("command_line", "marker", "ini", "ci", "wanted"),
    [
        (None, None, None, False, "none"),
        (None, None, "once", False, "once"),
        (None, "new_episodes", "once", False, "new_episodes"),
        ("rewrite", "new_episodes", "once", False, "rewrite"),
        (None, "once", "all", True, "none"),
        ("once", None, None, True, "once"),
        (None, "none", "once", False, "none"),
    ],
)  # fmt: skip
def test_the_nearest_word_counts(
    command_line: str | None, marker: str | None, ini: str | None, ci: bool, wanted: str
) -> None:
    """The command line, then the marker, then the ini file; in CI only the command line records."""
    assert mode(command_line, marker, ini, ci=ci) == wanted


@pytest.mark.parametrize(
    "words", [("onse", None, None), ("none", "onse", None), ("none", None, "onse"), (None, 7, None)]
)
def test_a_word_that_is_no_mode_is_told(words: tuple[str | None, object, str | None]) -> None:
    """Also where another counts: on another machine it would be the one that does."""
    with pytest.raises(UsageError, match="no such record mode"):
        mode(*words, ci=True)
