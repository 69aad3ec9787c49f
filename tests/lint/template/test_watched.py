"""Texts that remember how a template used them."""

import json

from nexdiag.lint.template import watched
from nexdiag.lint.template.watched import Watched, WatchedParts


def test_a_watched_text_is_a_text() -> None:
    """No template can tell it from another, nor can JSON."""
    text = Watched("abc")
    assert (text, json.dumps(text), isinstance(text, str)) == ("abc", '"abc"', True)
    assert [text.used, text.as_list, text.typed] == [False] * 3


def test_it_remembers() -> None:
    """That it was reached, alone or deep in another value, and that it was taken for a list."""
    inner, outer, parts = Watched("a"), Watched("b"), WatchedParts()
    watched.deep({"x": [inner]})
    watched.listed(outer)
    watched.listed(parts)
    watched.reached("no watched text")
    assert (inner.used, outer.used, outer.as_list, parts.as_list) == (True, False, True, True)
