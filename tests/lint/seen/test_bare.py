"""Bare exchanges."""

import pytest
from hypothesis import given
from strategies import json_values, texts

from nexdiag.core.errors import UsageError
from nexdiag.lint.seen.bare import BareExchange, decode_bare, encode_bare


@given(texts, json_values, json_values)
def test_there_and_back(text: str, request_body: object, response: object) -> None:
    """What is written reads as the same exchange."""
    text = text.encode("utf-8", "replace").decode()
    bare = BareExchange(id=text, server=text, status=404, request=request_body, response=response, log=text)
    assert decode_bare(encode_bare(bare)) == bare


def test_parts_may_be_missing_or_of_a_wrong_type() -> None:
    """What cannot be used is not there; what can be read is read."""
    line = '{"id": 7, "server": {}, "client": [], "status": "404", "url": false, "log": ["a", 1, "b"]}'
    assert decode_bare(line) == BareExchange(id="7", status=404, log="a\nb")
    assert decode_bare("{}") == BareExchange()
    assert decode_bare('{"status": true, "log": []}') == BareExchange()


@pytest.mark.parametrize("line", ["", "{", "[1]", "null", '"text"', "[" * 100_000])
def test_a_bad_line_is_named_by_its_number(line: str) -> None:
    """A line that is no JSON object ends in an error that tells which line it was."""
    with pytest.raises(UsageError, match="line 3: wanted an exchange as a JSON object, found"):
        decode_bare(line, 3)
