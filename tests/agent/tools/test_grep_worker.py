"""The worker answers for whatever it is sent, line by line."""

import io
import json
from typing import Any

from nexdiag.agent.tools.grep_worker import search


def answers(pattern: str, *files: tuple[str, bytes], matches: int = 100) -> list[dict[str, Any]]:
    request = json.dumps({"pattern": pattern, "matches": matches}).encode() + b"\n"
    for path, content in files:
        request += json.dumps({"path": path, "size": len(content)}).encode() + b"\n" + content
    target = io.BytesIO()
    search(io.BytesIO(request), target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_lines_that_match_are_told() -> None:
    """Each matching line once, with its file and number; anchors mean the line, endings do not count."""
    found = answers("^b.*b$", ("f", b"a\nb b\r\nbb"), ("g", b"\xef\xbb\xbfbb\nb\xffb\n"))
    assert found == [
        {"path": "f", "line": 2, "text": "b b"},
        {"path": "f", "line": 3, "text": "bb"},
        {"path": "g", "line": 1, "text": "bb"},
        {"path": "g", "line": 2, "text": "b\ufffdb"},
    ]


def test_an_end_of_line_is_no_empty_line() -> None:
    """A pattern for empty lines finds those that are there."""
    assert [found["line"] for found in answers("^$", ("f", b"a\n\nb\n"))] == [2]


def test_a_long_line_is_shown_around_its_match() -> None:
    """An excerpt holds the match and says on which sides it was cut."""
    for at, before, after in ((0, False, True), (5000, True, True), (9997, True, False)):
        line = bytearray(b"x" * 10_000)
        line[at : at + 3] = b"hit"
        text = answers("hit", ("f", bytes(line)))[0]["text"]
        assert "hit" in text
        assert (text.startswith("..."), text.endswith("...")) == (before, after)
        assert len(text) <= 306


def test_the_limit_of_matches_holds() -> None:
    """The worker stops, within a file too."""
    assert len(answers("a", ("f", b"a\n" * 50), ("g", b"a\n"), matches=7)) == 7
    assert len(answers("a", ("f", b"a\n" * 50), ("g", b"a\n"), matches=51)) == 51


def test_a_bad_expression_is_an_answer() -> None:
    """What cannot be compiled is told in Python's words, and no file is looked at."""
    assert answers("(", ("f", b"("))[0]["error"].startswith("missing )")
    assert "error" in answers("(" * 5000 + ")" * 5000)[0]
    assert "error" in answers("a{99999999999999999999}")[0]
