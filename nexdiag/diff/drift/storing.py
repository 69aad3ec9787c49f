"""Shapes ⇄ plain values and JSON: whole, as one process hands them to another, or as the file of a baseline.

Law: equal shapes are equal bytes. A file holds no text of a conversation: of texts it has lengths, and values only
where they are a choice of few; of what it leaves out nothing can be made again, so that it is a side of a comparison
and no part of another shape.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.core.errors import UsageError
from nexdiag.diff.drift.corpus import Key, Shapes
from nexdiag.diff.drift.counted import misfit
from nexdiag.diff.drift.shape import Node, Tally, is_choice, loose

SCHEMA = "nexdiag.shape/1"
_LINE = 110
_DEEPEST = 120


class _Node(msgspec.Struct, omit_defaults=True, rename={"exchanges": "in", "children": "fields"}):
    """A node on paper."""

    n: int = 0
    exchanges: int = 0
    objects: int = 0
    types: dict[str, tuple[int, str, int, str]] = {}
    length: tuple[int, int] | None = None
    values: dict[str, tuple[int, str, int]] | None = None
    anything: bool = False
    """Its texts are so many, or such, that they are no choice: where they are kept, they are in `values`."""
    folded: bool = False
    free: bool = False
    deep: bool = False
    lacked: tuple[str, int] | None = None
    children: "dict[str, _Node]" = {}
    branches: "dict[str, _Node]" = {}
    items: "_Node | None" = None


class _Root(msgspec.Struct):
    server: str
    direction: str
    endpoint: str
    form: str
    shape: _Node


class _Shapes(msgspec.Struct):
    """Shapes on paper."""

    schema: str
    files: int
    exchanges: int
    servers: dict[str, int]
    left_out: dict[str, int]
    folded: tuple[bool, bool]
    shapes: list[_Root]


_encode = msgspec.json.Encoder(order="deterministic").encode


def packed(shapes: Shapes, *, whole: bool = True) -> bytes:
    """As JSON on one line; whole, or without what a file must not hold."""
    return _encode(_paper(shapes, whole=whole))


def unpacked(raw: bytes, name: str = "shape") -> Shapes:
    """What `packed` or `written` gave. Raises `UsageError` for what is none of it."""
    try:
        paper = msgspec.json.decode(raw, type=_Shapes)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"{name} holds no shape: {error}", hint="make one with: nexdiag drift CORPUS --write FILE"
        ) from error
    if paper.schema != SCHEMA:
        raise UsageError(f"{name} is a {paper.schema!r}, wanted {SCHEMA}", hint="write it again with this version")
    try:
        shapes = _shapes(paper)
        told = next((told for node in shapes.roots.values() if (told := misfit(node))), "")
    except RecursionError:
        told = "it is nested too deeply"
    if not told and min([paper.files, paper.exchanges, *paper.servers.values(), *paper.left_out.values()]) < 0:
        told = "a count is below 0"
    if told:
        raise UsageError(f"{name} holds no shape: {told}", hint="make one with: nexdiag drift CORPUS --write FILE")
    return shapes


def _shapes(paper: _Shapes) -> Shapes:
    shapes = Shapes()
    shapes.files, shapes.exchanges = paper.files, paper.exchanges
    shapes.servers, shapes.left_out = paper.servers, paper.left_out
    shapes.one_server, shapes.one_endpoint = paper.folded
    for root in paper.shapes:
        shapes.roots[Key(root.server, root.direction, root.endpoint, root.form)] = _node(root.shape)
    return shapes


def written(shapes: Shapes) -> bytes:
    """The file of a baseline: a line for each small thing, so that git shows what changed in it."""
    return "".join([*_lines(msgspec.json.decode(packed(shapes, whole=False)), ""), "\n"]).encode()


def _lines(value: Any, indent: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """What fits on a line is on one."""
    flat = msgspec.json.encode(value).decode()
    if len(flat) + len(indent) <= _LINE or not isinstance(value, dict | list) or len(indent) > _DEEPEST:
        yield flat
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield opening
    for place, entry in enumerate(value):
        yield f"{',' if place else ''}\n{indent} "
        if isinstance(value, dict):
            yield f"{msgspec.json.encode(entry).decode()}: "
        yield from _lines(value[entry] if isinstance(value, dict) else entry, indent + " ")
    yield f"\n{indent}{closing}"


def is_shape(raw: bytes) -> bool:
    """Whether these bytes are meant to be the file of a shape."""
    head = raw[:2000].lstrip()
    return head.startswith(b"{") and b'"nexdiag.shape/' in raw


def _paper(shapes: Shapes, *, whole: bool) -> _Shapes:
    return _Shapes(
        schema=SCHEMA,
        files=shapes.files,
        exchanges=shapes.exchanges,
        servers=shapes.servers,
        left_out=shapes.left_out,
        folded=(shapes.one_server, shapes.one_endpoint),
        shapes=[
            _Root(*key, shape=_drawn(shapes.roots[key], "", whole=whole, apart=True)) for key in sorted(shapes.roots)
        ],
    )


def _drawn(node: Node, name: str, *, whole: bool, apart: bool) -> _Node:
    """`apart`: whether exchanges are counted there."""
    choice = is_choice(node, name)
    return _Node(
        n=node.n,
        exchanges=node.exchanges if apart else node.n,
        objects=node.objects if apart else (node.types["object"].n if "object" in node.types else 0),
        types={kind: (one.n, *one.first, _shown(kind, one, whole=whole)) for kind, one in node.types.items()},
        length=node.length if whole or not node.free else None,
        values=_values(node) if whole or choice else None,
        anything=node.values is None and not node.free and not node.withheld,
        folded=node.folded,
        free=node.free,
        deep=node.deep,
        lacked=node.lacked if apart else None,
        children={
            key: _drawn(child, key, whole=whole, apart=apart and not loose(f"/{key}"))
            for key, child in node.children.items()
        },
        branches={
            label: _drawn(branch, name, whole=whole, apart=apart and not loose(label))
            for label, branch in node.branches.items()
        },
        items=None if node.items is None else _drawn(node.items, name, whole=whole, apart=apart),
    )


def _shown(kind: str, one: Tally, *, whole: bool) -> str:
    return one.example if whole or kind in ("boolean", "null") else ""


def _values(node: Node) -> dict[str, tuple[int, str, int]] | None:
    return None if node.values is None else {text: (one.n, *one.first) for text, one in node.values.items()}


def _node(paper: _Node) -> Node:
    node = Node(free=paper.free)
    node.n, node.exchanges, node.objects = paper.n, paper.exchanges, paper.objects
    node.types = {kind: Tally(n, (file, place), shown) for kind, (n, file, place, shown) in paper.types.items()}
    node.length, node.folded, node.deep, node.lacked = paper.length, paper.folded, paper.deep, paper.lacked
    values = {} if paper.values is None and "string" not in paper.types else paper.values
    if values is None or paper.anything or paper.free:
        node.values, node.withheld = None, not paper.anything and not paper.free
    else:
        node.values = {text: Tally(n, (file, at)) for text, (n, file, at) in values.items()}
    node.children = {key: _node(child) for key, child in paper.children.items()}
    node.branches = {label: _node(branch) for label, branch in paper.branches.items()}
    node.items = None if paper.items is None else _node(paper.items)
    return node
