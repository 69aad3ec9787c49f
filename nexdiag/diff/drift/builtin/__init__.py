"""Published shapes, in our own words: what answers of each wire look like, and what requests must hold.

Law: data alone, and the same as the types of the wire's SDK for Python; where a table is otherwise, its test says why.
A type that demands what nearly no server sends is such a reason: a report in which everything is wrong tells nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from nexdiag.diff.drift.builtin import anthropic, chat, jsonrpc, responses
from nexdiag.diff.drift.declared import Declared, parsed

SHAPES: Mapping[tuple[str, str, str], Declared] = MappingProxyType(
    {
        (direction, endpoint, form): parsed(table)
        for endpoint, module in (
            ("chat", chat),
            ("responses", responses),
            ("anthropic", anthropic),
            ("jsonrpc", jsonrpc),
        )
        for (direction, form), table in module.TABLES.items()
    }
)
"""By direction, endpoint and form."""


def _kinds(shape: Declared) -> set[str]:
    """The labels of all branches below."""
    labels = {part for part in shape.below if part[0] == "["}
    return labels.union(*(_kinds(one) for one in shape.below.values()))


KINDS = frozenset().union(*(_kinds(shape) for shape in SHAPES.values()))
"""The kinds of objects that some published shape knows, as labels of branches: `[type=text]`."""


def shape_of(direction: str, endpoint: str, form: str) -> Declared | None:
    """The published shape of a place; refusals of all classes have one."""
    return SHAPES.get((direction, endpoint, "*" if direction == "error" else form))
