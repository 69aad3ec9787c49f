"""Promises of nexdiag.codec.chat.extent: an object is whole when its last bracket came, and not before."""

import json

import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.chat.extent import Extent


@given(st.dictionaries(our.texts, our.json_values, max_size=3), st.booleans(), st.data())
def test_whole_at_the_last_character(value: object, ascii_only: bool, draw: st.DataObject) -> None:
    """Fed character by character or in pieces, an object is whole exactly at its end."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    extent = Extent()
    for char in text:
        assert not extent.whole
        extent.feed(char)
    assert extent.whole
    cut = draw.draw(st.integers(0, len(text)))
    other = Extent()
    other.feed(text[:cut])
    other.feed(text[cut:])
    assert other.whole
