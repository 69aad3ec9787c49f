"""Promises of nexdiag.report.page.blocks."""

import re

from hypothesis import given
from hypothesis import strategies as st
from report.unpacked import unpacked

from nexdiag.report.page.blocks import SIZES, Column, block

ANY = st.recursive(st.none() | st.integers(-(2**40), 2**40) | st.text(alphabet=st.characters()), st.lists, max_leaves=5)


@given(ANY)
def test_a_block_holds_any_text_and_no_markup(value: object) -> None:
    """Whatever was recorded, lone surrogates too, comes back equal; in the page it is base64 and nothing else."""
    written = block("nexdiag-1-x", value)
    assert unpacked(written)["x"] == value
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", written.split(">", 1)[1].removesuffix("</script>"))
    assert written == block("nexdiag-1-x", value)


def test_a_column_is_cut_into_blocks() -> None:
    """Entries are numbered in order; a block is packed when it is full, and what is stored once has one number."""
    column = Column(1, "messages")
    numbers = [column.add(f"entry {place}") for place in range(SIZES["messages"] + 3)]
    assert numbers == list(range(SIZES["messages"] + 3))
    assert column.once(b"key", "text") == column.once(b"key", "other") == len(numbers)
    found = unpacked("".join(column.blocks()))
    assert [len(found["messages-0"]), found["messages-1"][-1]] == [SIZES["messages"], "text"]
    assert column.total == len(numbers) + 1
