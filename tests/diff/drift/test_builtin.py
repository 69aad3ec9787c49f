"""The published shapes as a whole."""

import pytest

from nexdiag.codec.wire import DIALECTS
from nexdiag.diff.drift.builtin import SHAPES, shape_of
from nexdiag.diff.drift.nex import READS
from nexdiag.diff.drift.weighing import declared_at


def test_every_wire_has_shapes_of_both_directions_and_of_refusals() -> None:
    """A wire that nex speaks, and JSON-RPC."""
    for wire in (*DIALECTS, "jsonrpc"):
        for direction, form in (("request", "json"), ("response", "json"), ("response", "stream"), ("error", "4xx")):
            assert shape_of(direction, wire, form) is not None
    assert shape_of("response", "GET /v1/models", "json") is None
    assert len(SHAPES) == 16


@pytest.mark.parametrize("key", READS, ids=str)
def test_what_nex_reads_is_known_to_the_shape(key: tuple[str, str]) -> None:
    """But for the reasoning of chat completions, which is an extension."""
    shape = shape_of("response", *key)
    assert shape is not None
    unknown = {one for one in READS[key] if declared_at(shape, one) is None}
    assert {one.rpartition("/")[2] for one in unknown} <= {"reasoning_content"}
