"""The arguments of a call."""

import pytest

from nexdiag.runner.bundling.arguments import arguments
from nexdiag.runner.bundling.names import Names


@pytest.mark.parametrize(
    "text",
    ["just zqleak words", '{"city": zqleak}', "{'city': 'zqleak'}", '{"a": 1} zqleak', "zqleak", '{"zqleak'],
)
def test_what_is_no_json_is_masked_whole(text: str) -> None:
    """As long as it was."""
    masked = arguments(text, Names(b"key"))
    assert len(masked) == len(text)
    assert "zqleak" not in masked


def test_structure_and_white_space_stay() -> None:
    """Nothing else does: neither numbers nor keys nor the ends of words that an escape tells."""
    masked = arguments('{ "city_name": ["a\\n b", -12.5e3, true] }', Names(b"key"))
    assert masked.startswith('{ "')
    assert masked[7] == "_"
    assert masked.endswith('": ["x/x x", -11.1e1, true] }')
    assert "city_name" not in masked
    assert arguments("  ", Names(b"key")) == "  "
