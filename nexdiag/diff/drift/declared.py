"""What a published shape asks for, as a tree that is read from a table in plain text. Tables are in `builtin`.

A line of a table is a place and what stands there:

    /choices/*/finish_reason    str!?  stop|length|tool_calls...

`!` it must be there, `?` it may be null; then the values, of which there may be more where the list ends in `...`.
Types: str int num bool list obj any, with `|` between. Below `any`, and below `obj` or `list` without places of their
own, everything goes.
"""

import re

import msgspec

_PART = re.compile(r"\[[^\]]*\]|/[^/\[]*")
TYPES = {
    "str": ("string",),
    "int": ("integer",),
    "num": ("integer", "number"),
    "bool": ("boolean",),
    "list": ("list",),
    "obj": ("object",),
    "any": (),
}


class Declared(msgspec.Struct):
    """One place of a published shape."""

    types: frozenset[str] = frozenset()
    """None for any."""
    required: bool = False
    nullable: bool = False
    values: tuple[str, ...] = ()
    """In whatever words the server may answer; none where all will do."""
    closed: bool = False
    """There are no values but these."""
    below: "dict[str, Declared]" = {}
    """By the next part of the pointer: `/name`, `/*` or `[type=text]`."""

    def words(self) -> str:
        """`string or null, required, one of stop, length`."""
        types = " or ".join([*sorted(self.types), *(["null"] if self.nullable else [])]) or "anything"
        asked = ", required" if self.required else ""
        return f"{types}{asked}" + (f", one of {', '.join(self.values)}" if self.values else "")


def parsed(table: str) -> Declared:
    """The tree of a table; its root is an object."""
    root = Declared(types=frozenset({"object"}), required=True)
    for line in table.splitlines():
        if not line.strip():
            continue
        pointer, kind, *values = line.split()
        node = root
        for part in parts_of(pointer):
            if part not in node.below:
                node.below = {**node.below, part: Declared()}
            node = node.below[part]
        _fill(node, kind, values[0] if values else "")
    return root


def _fill(node: Declared, kind: str, values: str) -> None:
    names = kind.rstrip("!?").split("|")
    node.types = frozenset(one for name in names for one in TYPES[name])
    node.required, node.nullable = "!" in kind, "?" in kind or kind.startswith("any")
    node.values = tuple(values.removesuffix("...").split("|")) if values else ()
    node.closed = bool(values) and not values.endswith("...")


def parts_of(pointer: str) -> list[str]:
    """`/a/*[type=text]/b` as `/a`, `/*`, `[type=text]`, `/b`."""
    return _PART.findall(pointer)
