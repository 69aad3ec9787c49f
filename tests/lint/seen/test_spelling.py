"""One spelling for a server's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.lint.seen.spelling import colourless, plain

WORDS = "messages[1].content: role 'tool' must follow \"tool_calls\" <|x|>"


@pytest.mark.parametrize(
    "said",
    [
        WORDS,
        WORDS.replace("'", "\\'").replace('"', '\\\\"'),
        WORDS.replace("'", "\u2019").replace('"', "\u201c"),
        WORDS.replace("'", "&#39;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;"),
        WORDS.replace("'", "\\u0027").replace("<", "\\u003c").replace(">", "\\\\u003e"),
        WORDS.replace(" ", "\n    "),
        WORDS.replace(" ", "\u00a0"),
        WORDS.replace("role", "\x1b[31mrole\x1b[0m"),
        WORDS.replace(" must", "\\n Must").replace("Must", "must"),
        WORDS.replace("messages[1].content", "messages -> 1 -> content"),
        WORDS.replace("messages[1].content", '["messages"][1]["content"]'),
        WORDS.replace("messages[1].content", "['messages'][1]['content']"),
        WORDS.replace("messages[1].content", "/messages/1/content"),
    ],
)
def test_all_ways_to_write_it_come_out_alike(said: str) -> None:
    """Quotes, escapes, entities, colours, lines, paths."""
    assert plain(said) == WORDS


@pytest.mark.parametrize(
    "said", ["C:\\new folder", "messages.1.content.0: x", "Invalid \\escape", "a & b", "/v1/messages"]
)
def test_what_only_looks_alike_stays(said: str) -> None:
    """A folder, a path with dots, an escape that is spoken of, a route."""
    assert plain(said) == said


@given(st.text())
def test_it_never_raises(text: str) -> None:
    """Whatever is said."""
    plain(text)
    assert "\x1b[1m" not in colourless(text + "\x1b[1m")
