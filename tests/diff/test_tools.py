"""Promises of `nexdiag.diff.tools`."""

import copy
from typing import Any

from compared import TOOLS

from nexdiag.diff.aside import Asides
from nexdiag.diff.reading import REPLAY, Reading
from nexdiag.diff.tools import compare_tools, named


def places(left: object, right: object, asides: Asides | None = None) -> list[tuple[str, str, str | None]]:
    """Kind and both pointers of each difference."""
    reading = Reading(REPLAY, asides or Asides())
    return [(one.kind, one.pointer, one.right_pointer) for one in compare_tools(left, right, reading)]


def changed() -> list[dict[str, Any]]:
    """The tools, one with another schema, at another place."""
    tools = copy.deepcopy(TOOLS)
    tools[1]["function"]["parameters"]["type"] = "string"
    return [tools[1], tools[0]]


def test_a_schema_that_changed_is_found_by_the_name_of_its_tool() -> None:
    """Wherever it stands; the order is set aside and counted."""
    asides = Asides()
    where = "/function/parameters/type"
    assert places(TOOLS, changed(), asides) == [("changed", f"/tools/1{where}", f"/tools/0{where}")]
    assert [one.rule for one in asides.told()] == ["order"]


def test_the_order_of_required_names_is_none() -> None:
    """It is counted too."""
    tools, asides = copy.deepcopy(TOOLS), Asides()
    tools[0]["function"]["parameters"]["required"].reverse()
    assert places(TOOLS, tools, asides) == []
    assert [(one.rule, one.count) for one in asides.told()] == [("order", 1)]


def test_tools_come_and_go_and_a_name_may_stand_twice() -> None:
    """Each is one difference, at its own place."""
    assert places(TOOLS, TOOLS[:1]) == [("removed", "/tools/1", None)]
    assert places(TOOLS[:1], TOOLS) == [("added", "/tools/1", None)]
    assert places([*TOOLS, TOOLS[0]], TOOLS) == [("removed", "/tools/2", None)]


def test_what_is_no_list_of_tools_is_told_as_it_is() -> None:
    """Any JSON value may stand there."""
    assert places(None, TOOLS) == [("added", "/tools", None)]
    assert places("x", {"a": 1}) == [("changed", "/tools", None)]
    assert places([1, None], [None, 1]) == []
    assert [named(one) for one in ({"type": "web_search"}, {"function": {"name": "f"}})] == ["web_search", "f"]
