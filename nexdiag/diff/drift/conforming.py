"""A corpus against the published shapes → what they do not say. No support is needed: one answer can be wrong.

Law: as that of `comparing`, with the shape on the left. What the shape has no place for is an extension, and told so.
"""

from collections.abc import Iterator

import msgspec

from nexdiag.core.drift import Change, Support
from nexdiag.core.finding import Severity
from nexdiag.diff.drift.builtin import shape_of
from nexdiag.diff.drift.comparing import Where, example, first_of, plain
from nexdiag.diff.drift.declared import Declared
from nexdiag.diff.drift.naming import MAP_KEY, segment
from nexdiag.diff.drift.shape import ANY_BRANCH, Node
from nexdiag.diff.drift.weighing import closed_below, lighter

_UNKNOWN = "not in the shape"
_SHOWN = 6


def conform(right: dict[tuple[str, str, str], Node]) -> tuple[list[Change], list[str]]:
    """All that differs from the published shapes, and the endpoints that nobody published one of."""
    changes: list[Change] = []
    unchecked: list[str] = []
    for key in sorted(right):
        shape = shape_of(*key)
        if shape is None:
            unchecked.append(f"{' '.join(key)}: no shape is published of it ({_counted(right[key].exchanges)})")
            continue
        where = Where(direction=key[0], endpoint=key[1], form=key[2], shape=shape, unchecked=unchecked)
        changes += [_light(one) for one in _node(where, "", shape, right[key])]
    return changes, unchecked


def _counted(number: int) -> str:
    return f"{number:,} exchange{'s' * (number != 1)}"


def _light(change: Change) -> Change:
    """What was accepted all the same, and what is wrong with a refusal, is a warning at most."""
    if change.direction == "response":
        return change
    return msgspec.structs.replace(change, severity=lighter(change.severity, Severity.WARNING))


def _node(where: Where, pointer: str, shape: Declared, seen: Node) -> Iterator[Change]:
    yield from _types(where, pointer, shape, seen)
    yield from _values(where, pointer, shape, seen)
    if seen.folded:
        return
    only = _only_branch(shape)
    if only is not None and _objects_apart(seen):
        yield from _node(where, pointer + only, shape.below[only], seen)
        return
    yield from _fields(where, pointer, shape, seen)
    yield from _kinds(where, pointer, shape, seen, only)
    if "/*" in shape.below and seen.items is not None and seen.items.n:
        yield from _node(where, f"{pointer}/*", shape.below["/*"], seen.items)


def _types(where: Where, pointer: str, shape: Declared, seen: Node) -> Iterator[Change]:
    if not shape.types:
        return
    takes = shape.types | ({"integer"} if "number" in shape.types else frozenset())
    wrong = [kind for kind in sorted(seen.types) if kind not in takes and kind != "null"]
    was, now = shape.words(), " or ".join(sorted(seen.types))
    if wrong:
        number = sum(seen.types[kind].n for kind in wrong)
        kind = "retyped" if number == seen.n else "type-widened"
        shown = seen.types[wrong[0]]
        yield where.change(
            kind,
            pointer,
            was,
            now,
            sides=(None, _support(seen, number)),
            first=shown.first,
            examples=("", shown.example or wrong[0]),
            partly=wrong == ["number"],
        )
    if "null" in seen.types and not shape.nullable:
        null = seen.types["null"]
        yield where.change(
            "now-null",
            pointer,
            was,
            now,
            sides=(None, _support(seen, null.n)),
            first=null.first,
            examples=("", "null"),
        )


def _values(where: Where, pointer: str, shape: Declared, seen: Node) -> Iterator[Change]:
    if not shape.closed or "string" not in seen.types:
        return
    if seen.withheld:
        place = f"{where.direction} {where.endpoint} {where.form} {pointer}"
        where.unchecked.append(f"{place}: stored without its words, too few to be a choice of a few")
        return
    values = seen.values
    new = None if values is None else sorted(values.keys() - set(shape.values))
    if new == []:
        return
    number = seen.types["string"].n if new is None or values is None else sum(values[one].n for one in new)
    first = first_of(seen, "string") if new is None or values is None else min(values[one].first for one in new)
    shown = example(seen) if new is None else ", ".join(f'"{one}"' for one in new[:_SHOWN])
    yield where.change(
        "enum-widened",
        pointer,
        shape.words(),
        "other words",
        sides=(None, _support(seen, number)),
        first=first,
        examples=("", shown),
    )


def _fields(where: Where, pointer: str, shape: Declared, seen: Node) -> Iterator[Change]:
    objects = seen.types.get("object")
    if objects is None:
        return
    for part, asked in sorted(shape.below.items()):
        if part[0] != "/" or part == "/*":
            continue
        child = seen.children.get(part[1:].replace("~1", "/").replace("~0", "~"))
        if child is not None:
            yield from _node(where, pointer + part, asked, child)
        if asked.required and (0 if child is None else child.n) < plain(seen):
            yield _missing(where, pointer + part, asked, seen, child)
    for key, child in sorted(seen.children.items()):
        part = f"/{segment(key)}"
        if key != MAP_KEY and part not in shape.below and closed_below(shape, part):
            support = Support(holding=child.n, of=objects.n, exchanges=seen.objects)
            yield where.change(
                "added",
                pointer + part,
                _UNKNOWN,
                " or ".join(sorted(child.types)),
                sides=(None, support),
                first=first_of(child),
                examples=("", example(child)),
            )


def _missing(where: Where, pointer: str, asked: Declared, seen: Node, child: Node | None) -> Change:
    """A field that has to be there, and is not, or not always."""
    support = Support(holding=0 if child is None else child.n, of=plain(seen), exchanges=seen.objects)
    return where.change(
        "removed" if child is None else "now-optional",
        pointer,
        asked.words(),
        "absent" if child is None else "sometimes absent",
        sides=(None, support),
        first=first_of(seen, "object") if child is None else child.lacked,
        examples=("", example(child)),
    )


def _kinds(where: Where, pointer: str, shape: Declared, seen: Node, only: str | None) -> Iterator[Change]:
    """The branches: by what the objects say of themselves."""
    for label, node in sorted(seen.branches.items()):
        if label in shape.below:
            yield from _node(where, pointer + label, shape.below[label], node)
        elif only is not None:
            yield from _node(where, pointer + only, shape.below[only], node)
        elif label != ANY_BRANCH and closed_below(shape, label):
            yield where.change(
                "branch-added",
                pointer + label,
                _UNKNOWN,
                label,
                sides=(None, _support(seen, node.n)),
                first=first_of(node),
            )
    if _objects_apart(seen) and any(part[0] == "[" for part in shape.below):
        yield where.change(
            "branch-added",
            f"{pointer}[?]",
            "each object says of which kind it is",
            "some do not",
            sides=(None, _support(seen, plain(seen))),
            first=first_of(seen, "object"),
        )


def _only_branch(shape: Declared) -> str | None:
    """The one kind that the shape knows: what does not say what it is, is meant to be that."""
    names = [part for part in shape.below if part[0] == "["]
    return names[0] if len(names) == 1 and len(shape.below) == 1 else None


def _objects_apart(seen: Node) -> bool:
    """Whether there are objects that do not say what they are."""
    return plain(seen) > 0


def _support(seen: Node, holding: int) -> Support:
    return Support(holding=holding, of=seen.n, exchanges=seen.exchanges)
