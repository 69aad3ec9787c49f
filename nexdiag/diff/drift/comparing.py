"""Two corpora → their changes: what was there, what is there, and how much of each was seen.

Law: facts. A thing that was rare and is not seen again is no change as long as chance explains it. A share is one of
places (chunks, entries of lists); a chance is an exchange, since places of one exchange depend on each other.
"""

from collections.abc import Iterator, Mapping

import msgspec

from nexdiag.core.drift import Change, Seen, Support
from nexdiag.diff.drift.builtin import KINDS, shape_of
from nexdiag.diff.drift.declared import Declared
from nexdiag.diff.drift.naming import LASTING, MAP_KEY, NO_JSON, segment
from nexdiag.diff.drift.shape import ANY_BRANCH, Node, Place, is_choice
from nexdiag.diff.drift.weighing import MISSING, broken, declared_at, expected, requirement, weight

_ABSENT = "absent"
_SHOWN = 6


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of shapes."""

    direction: str
    endpoint: str
    form: str
    shape: Declared | None
    unchecked: list[str]
    """To be told of what could not be compared."""

    def change(  # noqa: PLR0913 - the parts of a change
        self,
        kind: str,
        pointer: str,
        was: str,
        now: str,
        *,
        sides: tuple[Support | None, Support],
        first: Place | None = None,
        examples: tuple[str, str] = ("", ""),
        allowed: bool = False,
        partly: bool = False,
    ) -> Change:
        """A change, weighed."""
        left, right = sides
        needed = requirement(self.direction, self.endpoint, self.form, pointer, self.shape)
        severity, capped = weight(kind, self.direction, needed, left=left, right=right, allowed=allowed, partly=partly)
        known = self.declared(pointer)
        taken = known is not None and not known.required if kind in MISSING else allowed
        readable = bool(pointer) or NO_JSON not in now
        return Change(
            kind=kind,
            direction=self.direction,
            endpoint=self.endpoint,
            form=self.form,
            pointer=pointer,
            severity=severity,
            requirement=needed,
            breaks=broken(kind, self.direction, needed, taken=taken, readable=readable),
            was=was,
            now=now,
            left=left,
            right=right,
            first=None if first is None else Seen(file=first[0], exchange=first[1]),
            left_example=examples[0],
            right_example=examples[1],
            capped=capped,
        )

    def declared(self, pointer: str) -> Declared | None:
        """What the published shape says of a place; None where there is none, or it does not know it."""
        return None if self.shape is None else declared_at(self.shape, pointer)


def compare(
    left: dict[tuple[str, str, str], Node], right: dict[tuple[str, str, str], Node]
) -> tuple[list[Change], list[str]]:
    """All changes, and what only one side holds: of that nothing can be said."""
    changes: list[Change] = []
    unchecked: list[str] = []
    for key in sorted(left.keys() | right.keys()):
        direction, endpoint, form = key
        if key in left and key in right:
            where = Where(direction=direction, endpoint=endpoint, form=form, shape=shape_of(*key), unchecked=unchecked)
            changes += _nodes(where, "", left[key], right[key])
        else:
            side, node = ("left", left[key]) if key in left else ("right", right[key])
            unchecked.append(f"{direction} {endpoint} {form}: only the {side} has any ({node.exchanges:,})")
    return changes, unchecked


def _nodes(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    yield from _types(where, pointer, left, right)
    yield from _nulls(where, pointer, left, right)
    yield from _values(where, pointer, left, right)
    if left.folded or right.folded:
        return
    ours, theirs = _count(left, "object"), _count(right, "object")
    for key in sorted(left.children.keys() | right.children.keys()):
        below, one, other = f"{pointer}/{_escaped(key)}", left.children.get(key), right.children.get(key)
        if key != MAP_KEY and ours and theirs:
            yield from _presence(where, below, (left, one), (right, other))
        if one is not None and other is not None and key != MAP_KEY:
            yield from _nodes(where, below, one, other)
    yield from _branches(where, pointer, left, right)
    if left.items is not None and right.items is not None and left.items.n and right.items.n:
        yield from _nodes(where, f"{pointer}/*", left.items, right.items)


def _presence(
    where: Where, pointer: str, left: tuple[Node, Node | None], right: tuple[Node, Node | None]
) -> Iterator[Change]:
    (holder, was), (other, now) = left, right
    ours, theirs = _held(holder, was), _held(other, now)
    both = ours, theirs
    words = _words(was), _words(now)
    examples = example(was), example(now)
    if was is None and now is not None:
        yield where.change("added", pointer, *words, sides=both, first=first_of(now), examples=examples)
    elif was is not None and now is None:
        always = _always(holder, was)
        if always or expected(was.exchanges / max(1, holder.objects), other.objects):
            gone = first_of(other, "object")
            yield where.change("removed", pointer, *words, sides=both, first=gone, examples=examples, partly=not always)
    elif was is not None and now is not None:
        if (was.n == ours.of and now.n < theirs.of) or (_always(holder, was) and not _always(other, now)):
            known = where.declared(pointer)
            partly = known is not None and not known.required
            words = f"{words[0]}, always", f"{words[1]}, sometimes"
            yield where.change(
                "now-optional", pointer, *words, sides=both, first=now.lacked, examples=examples, partly=partly
            )
        elif was.n < ours.of and now.n == theirs.of and (was.n / ours.of) ** other.objects < 0.05:  # noqa: PLR2004 - 95 %
            words = f"{words[0]}, sometimes", f"{words[1]}, always"
            yield where.change("now-always", pointer, *words, sides=both, first=first_of(now), examples=examples)


def _types(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    was, now = _classes(left), _classes(right)
    words = " or ".join(sorted(left.types)), " or ".join(sorted(right.types))
    if not now or not left.types:
        return
    new, gone = now - was, was - now
    if new:
        kind = "retyped" if was and gone == was else "type-widened"
        name = next(one for one in sorted(right.types) if _class(one) in new)
        known = where.declared(pointer)
        allowed = known is not None and (not known.types or all(new_type in _spread(known.types) for new_type in new))
        yield where.change(
            kind,
            pointer,
            *words,
            sides=_both(left, right, new),
            first=right.types[name].first,
            examples=(example(left), right.types[name].example),
            allowed=allowed,
        )
    elif gone and expected(sum(_count(left, one) for one in _members(gone)) / left.n, right.exchanges):
        yield where.change(
            "type-narrowed",
            pointer,
            *words,
            sides=_both(left, right, gone),
            first=first_of(right),
            examples=(example(left), example(right)),
        )
    elif "number" in right.types and "number" not in left.types and "integer" in left.types:
        known = where.declared(pointer)
        yield where.change(
            "type-widened",
            pointer,
            *words,
            sides=_both(left, right, {"fraction"}),
            first=right.types["number"].first,
            examples=(left.types["integer"].example, right.types["number"].example),
            allowed=known is not None and (not known.types or "number" in known.types),
            partly=True,
        )


def _nulls(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    was, now = _count(left, "null"), _count(right, "null")
    words = " or ".join(sorted(left.types)), " or ".join(sorted(right.types))
    both = _both(left, right, {"null"})
    known = where.declared(pointer)
    if now and not was and left.n:
        yield where.change(
            "now-null",
            pointer,
            *words,
            sides=both,
            first=right.types["null"].first,
            examples=(example(left), "null"),
            allowed=known is not None and known.nullable,
        )
    elif now == right.n and 0 < was < left.n and expected(1 - was / left.n, right.exchanges):
        yield where.change(
            "now-null",
            pointer,
            *words,
            sides=both,
            first=first_of(right),
            examples=(example(left), "null"),
            allowed=known is not None and known.nullable,
        )
    elif was and not now and right.n and was < left.n and expected(was / left.n, right.exchanges):
        yield where.change(
            "never-null", pointer, *words, sides=both, first=first_of(right), examples=("null", example(right))
        )


def _values(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    name = pointer.rpartition("/")[2]
    if not is_choice(left, name) or left.values is None or not _count(right, "string"):
        return
    if right.withheld:
        place = f"{where.direction} {where.endpoint} {where.form} {pointer}"
        where.unchecked.append(f"{place}: the right was stored without its words, too few to be a choice of a few")
        return
    known = where.declared(pointer)
    declared = frozenset(known.values if known is not None else ())
    new = sorted(right.values.keys() - left.values.keys()) if right.values is not None else []
    both = _of(left, left.values), _of(right, right.values)
    words = _listed(left.values), "any text" if right.values is None else _listed(right.values)
    if right.values is None:
        examples = _listed(left.values), right.types["string"].example
        yield where.change(
            "enum-widened", pointer, *words, sides=both, first=first_of(right, "string"), examples=examples
        )
    elif new:
        since = min(right.values[one].first for one in new)
        told = _support(left, 0), _support(right, sum(right.values[one].n for one in new))
        allowed = bool(declared) and declared >= set(new)
        shown = f'"{min(left.values)}"', ", ".join(f'"{one}"' for one in new[:_SHOWN])
        yield where.change("enum-widened", pointer, *words, sides=told, first=since, examples=shown, allowed=allowed)
    seen, chances = _count(left, "string"), min(_count(right, "string"), right.exchanges)
    gone = [one for one in sorted(left.values) if expected(left.values[one].n / seen, chances)]
    gone = [one for one in gone if right.values is not None and one not in right.values]
    if gone:
        told = _support(left, sum(left.values[one].n for one in gone)), _support(right, 0)
        shown = ", ".join(f'"{one}"' for one in gone[:_SHOWN]), ""
        yield where.change("enum-narrowed", pointer, *words, sides=told, first=first_of(right), examples=shown)


def _branches(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    """Kind by kind. Where one side has so many that it does not tell them apart, those that both know."""
    yield from _silent(where, pointer, left, right)
    labels = left.branches.keys() | right.branches.keys()
    if ANY_BRANCH in labels:
        labels &= KINDS
    for label in sorted(labels):
        was, now = left.branches.get(label), right.branches.get(label)
        below = pointer + label
        told = _held(left, was), _held(right, now)
        if was is not None and now is not None:
            yield from _nodes(where, below, was, now)
        elif now is not None:
            allowed = where.declared(below) is not None
            yield where.change("branch-added", below, _ABSENT, label, sides=told, first=first_of(now), allowed=allowed)
        elif was is not None and expected(was.exchanges / max(1, left.exchanges), right.exchanges):
            always = not pointer and label in LASTING and was.exchanges == left.exchanges
            kind = "removed" if always else "branch-gone"
            yield where.change(kind, below, label, _ABSENT, sides=told, first=first_of(right))


def _silent(where: Where, pointer: str, left: Node, right: Node) -> Iterator[Change]:
    """Objects that do not say of which kind they are, where all did."""
    number = plain(right)
    labels = left.branches.keys() - {ANY_BRANCH}
    if not labels or plain(left) or not number:
        return
    name = min(labels)[1:].partition("=")[0]
    was, now = left.types["object"], right.types["object"]
    told = _support(left, was.n), _support(right, now.n - number)
    words = "a word in each", "none in some" if right.branches else "none"
    yield where.change("now-optional", f"{pointer}/{segment(name)}", *words, sides=told, first=now.first)


def plain(node: Node) -> int:
    """How many objects (places, not exchanges) are in no branch."""
    objects = node.types.get("object")
    return (0 if objects is None else objects.n) - sum(one.n for one in node.branches.values())


def first_of(node: Node, kind: str = "") -> Place | None:
    """The exchange in which a node was first seen, or a type at it."""
    places = [one.first for name, one in node.types.items() if not kind or name == kind]
    return min(places, default=None)


def example(node: Node | None) -> str:
    """The value at the first place of the first exchange; of a shape that holds no texts, their lengths."""
    if node is None or not node.types:
        return ""
    kind, tally = min(node.types.items(), key=lambda one: (one[1].first, one[0]))
    if tally.example or kind != "string":
        return tally.example or kind
    if node.values:
        return f'"{min(node.values)}"'
    low, high = node.length or (0, 0)
    return f"a text of {low:,} to {high:,} characters" if node.length else "a text"


def _words(node: Node | None) -> str:
    return _ABSENT if node is None else " or ".join(sorted(node.types))


def _listed(values: Mapping[str, object]) -> str:
    shown = ", ".join(sorted(values)[:_SHOWN])
    return shown + (f", and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _always(holder: Node, node: Node) -> bool:
    """Whether no exchange that could have had it was without it."""
    return node.exchanges >= holder.objects


def _held(holder: Node, node: Node | None) -> Support:
    return Support(holding=0 if node is None else node.n, of=_count(holder, "object"), exchanges=holder.objects)


def _support(node: Node, holding: int) -> Support:
    return Support(holding=holding, of=node.n, exchanges=node.exchanges)


def _of(node: Node, values: Mapping[str, object] | None) -> Support:
    """Of how many texts how many are of the closed set: of any text, none."""
    return _support(node, _count(node, "string") if values is not None else 0)


def _both(left: Node, right: Node, classes: set[str] | frozenset[str]) -> tuple[Support, Support]:
    names = _members(classes)
    return (
        _support(left, sum(_count(left, one) for one in names)),
        _support(right, sum(_count(right, one) for one in names)),
    )


def _count(node: Node, kind: str) -> int:
    tally = node.types.get(kind)
    return 0 if tally is None else tally.n


def _class(kind: str) -> str:
    """A reader of numbers takes those without a fraction."""
    return "number" if kind == "integer" else kind


def _classes(node: Node) -> frozenset[str]:
    return frozenset(_class(kind) for kind in node.types if kind != "null")


def _spread(kinds: frozenset[str]) -> frozenset[str]:
    return frozenset(_class(kind) for kind in kinds)


def _members(classes: set[str] | frozenset[str]) -> set[str]:
    """The types of classes; `fraction` is numbers that are not whole."""
    spread = {"number": {"integer", "number"}, "fraction": {"number"}}
    return {name for one in classes for name in spread.get(one, {one})}


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
