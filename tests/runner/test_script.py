"""A stub's answers, from a file."""

from pathlib import Path

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.runner.script import read_script


def test_answers_are_divided_by_lines_of_dashes(tmp_path: Path) -> None:
    """Dashes within a line divide nothing; line ends of any system do."""
    path = tmp_path / "s.txt"
    path.write_bytes(b"\xef\xbb\xbfOne.\nstill --- one\r\n---\r\nTwo.\n--- \nThree.\n")
    assert read_script(path) == ("One.\nstill --- one", "Two.", "Three.")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00binary"])
def test_what_is_no_text_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, or binary, is named with what would do."""
    path = tmp_path / "s.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"s\.bin") as told:
        read_script(path)
    assert "---" in told.value.hint
