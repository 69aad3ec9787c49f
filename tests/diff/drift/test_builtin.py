"""The published shapes as a whole."""

import pytest
from drifting import against, exchange, recorded, response, told

from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message
from nexdiag.diff.drift.builtin import KINDS, SHAPES, shape_of
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


@pytest.mark.parametrize("wire", DIALECTS)
def test_what_our_executor_sends_is_of_the_shape(wire: str) -> None:
    """A request of ours differs from it in nothing."""
    said = (Message(role="system", content="Be kind"), Message(role="user", content="Hello"))
    body = DIALECTS[wire].encode_request(said, model="m", max_tokens=9, tools=(), sends=Sends())
    route = "http://h/v1" + DIALECTS[wire].route
    assert against(recorded(exchange(0, body, response(b"", 204), url=route))) == []


@pytest.mark.parametrize("wire", DIALECTS)
def test_an_empty_answer_lacks_what_is_required(wire: str) -> None:
    """Every field that has to be there is missed, as an error."""
    found = told(against(recorded(exchange(0, b"", response({}), url="http://h/v1" + DIALECTS[wire].route))))
    assert ("error", "removed", "/id") in found
    assert {(weight, kind) for weight, kind, _ in found} == {("error", "removed")}


def test_the_kinds_are_those_of_all_shapes() -> None:
    """Of parts, items, events and methods: what is never folded with what nobody published."""
    assert {"[type=text]", "[role=tool]", "[type=response.completed]", "[type=tool_use]"} < KINDS
    assert all(one.startswith("[") for one in KINDS)
