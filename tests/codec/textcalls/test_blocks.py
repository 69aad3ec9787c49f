"""Promises of nexdiag.codec.textcalls.blocks: a block is read whole, up to its own end, or not at all."""

import pytest

from nexdiag.codec.textcalls.blocks import block_at
from nexdiag.codec.textcalls.scan import OPENER, Text

CALL = '{"name": "f", "arguments": {"a": 1}}'


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        (f"<tool_call>{CALL}</tool_call>", ""),
        (f"<tool_call>{CALL}\n{CALL}</tool_call>", " and"),
        (f"<tool_call>{CALL}\n", ""),
        (f"<|python_tag|>{CALL};{CALL}<|eot_id|>", "and"),
        ("[TOOL_CALLS]f[ARGS]{}", "[TOOL_CALLS]g[ARGS]{}"),
        ("<function=f></function>", " and"),
        ("<function=f></function>\n<function=g></function>", " and"),
    ],
)
def test_where_a_block_ends(text: str, behind: str) -> None:
    """The closing tag belongs to the block, and what stands behind it does not."""
    opener = OPENER.match(text)
    assert opener is not None
    block = block_at(Text(text + behind), opener, {})
    assert block is not None
    assert (text + behind)[block[1] :].strip() == behind.strip()


def test_no_beginning_of_a_block_is_one() -> None:
    """Cut anywhere before its arguments end, a block gives no call: a cut call is never run (reference fault L13)."""
    for text in (f"<tool_call>{CALL}", f"[TOOL_CALLS][{CALL}]", "<function=f><parameter=a>1</parameter></function>"):
        for end in range(len(text)):
            opener = OPENER.match(text[:end])
            assert opener is None or block_at(Text(text[:end]), opener, {}) is None
