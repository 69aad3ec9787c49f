"""The tools of a request, on every wire, read once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.body import Splitter
from nexdiag.core.endpoint import Limits
from nexdiag.core.exchange import Exchange, Request
from nexdiag.lint.seen import view
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.tools import ToolsSeen, tools_of

SCHEMA = {"type": "object", "properties": {}}


def tools_in(request: object) -> ToolsSeen:
    return tools_of(view.of_bare(BareExchange(request=request)))


@pytest.mark.parametrize(
    ("entry", "pointer", "field"),
    [
        ({"type": "function", "function": {"name": "f", "parameters": SCHEMA}}, "/tools/0/function", "parameters"),
        ({"type": "function", "name": "f", "parameters": SCHEMA}, "/tools/0", "parameters"),
        ({"name": "f", "input_schema": SCHEMA}, "/tools/0", "input_schema"),
        ({"type": "custom", "name": "f", "input_schema": SCHEMA}, "/tools/0", "input_schema"),
        (
            {"function_declarations": [{"name": "f", "parameters": SCHEMA}]},
            "/tools/0/function_declarations/0",
            "parameters",
        ),
    ],
)
def test_a_definition_is_read_on_every_wire(entry: object, pointer: str, field: str) -> None:
    """Name, schema and place are the same whatever the dialect."""
    (tool,) = tools_in({"tools": [entry]}).tools
    assert (tool.name, tool.pointer, tool.schema_field, tool.schema) == ("f", pointer, field, SCHEMA)


def test_what_is_no_definition_is_counted_but_not_read() -> None:
    """Tools that the server runs, and what is no object at all, have nothing to judge."""
    seen = tools_in({"tools": [{"type": "web_search"}, 1, None, {"type": "mcp", "server_url": "u"}]})
    assert (seen.tools, seen.count, seen.known) == ((), 4, True)


def test_free_text_tools_want_no_schema() -> None:
    """A custom tool takes what the model writes."""
    seen = tools_in({"tools": [{"type": "custom", "custom": {"name": "f"}}, {"type": "custom", "name": "g"}]})
    assert [(tool.name, tool.takes_schema) for tool in seen.tools] == [("f", False), ("g", False)]


@pytest.mark.parametrize(
    ("request_body", "sent", "known", "empty"),
    [
        ({}, False, True, False),
        ({"tools": None}, False, True, False),
        ({"tools": []}, True, True, True),
        ({"tools": "<142 tools>"}, True, False, False),
        (None, False, True, False),
    ],
)
def test_what_is_known_of_the_list(request_body: object, sent: bool, known: bool, empty: bool) -> None:
    """Left out, null, empty, and shortened by somebody are four things."""
    seen = tools_in(request_body)
    assert (seen.sent, seen.known, seen.empty) == (sent, known, empty)


def test_the_same_tools_are_read_once() -> None:
    """A chat that sends its tools a thousand times has them read, and judged, once."""
    splitter = Splitter()
    views = []
    for number in range(3):
        body = json.dumps({"messages": [{"role": "user", "content": str(number)}], "tools": [{"name": "f"}]}).encode()
        request = Request(method="POST", url="http://h/v1/chat/completions", body=splitter.split(body))
        views.append(view.of_exchange(Exchange(id=number, started=0.0, request=request)))
    seen = [tools_of(one) for one in views]
    assert seen[0] is seen[1] is seen[2] is tools_of(views[0])
    limits, looks = Limits(), []
    for one in seen:
        assert one.once("r", limits, lambda: looks.append(1) or ["found"]) == ("found",)  # type: ignore[func-returns-value]
    other = Limits(tools=1)
    assert seen[0].once("r", other, lambda: ["else"]) == ("else",)
    assert looks == [1]


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.just("function"),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "function", "name", "custom", "parameters", "functionDeclarations"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_reading_never_raises(value: object) -> None:
    """Whatever stands under `tools`."""
    assert all(isinstance(tool.pointer, str) for tool in tools_in({"tools": value}).tools)
