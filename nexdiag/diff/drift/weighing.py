"""What a change weighs: by who reads and who writes, by who needs the field, and by how much supports it.

A reader of responses breaks on what is gone, null, or of another type; a writer of requests on what is not taken any
more. Nothing that was merely not seen in requests is proof that it is refused, so that it is a warning at most.
"""

from nexdiag.core.drift import SUPPORT, Support
from nexdiag.core.finding import Severity
from nexdiag.diff.drift.declared import Declared, parts_of
from nexdiag.diff.drift.nex import READS

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
WEIGHTS: dict[str, tuple[Severity, Severity]] = {
    "removed": (_E, _W),
    "retyped": (_E, _E),
    "now-null": (_E, _I),
    "now-optional": (_E, _I),
    "type-widened": (_E, _I),
    "enum-widened": (_W, _I),
    "branch-added": (_W, _I),
    "branch-gone": (_I, _W),
    "type-narrowed": (_I, _W),
    "enum-narrowed": (_I, _W),
    "never-null": (_I, _W),
    "now-always": (_I, _W),
    "added": (_I, _I),
}
"""By kind: for who reads responses (and errors), and for who writes requests."""
_HEAVIEST = (_E, _W, _I)


def requirement(direction: str, endpoint: str, form: str, pointer: str, shape: Declared | None) -> str:
    """Who needs what stands at a place: one of `core.drift.REQUIREMENTS`."""
    if direction == "response" and pointer in READS.get((endpoint, form), ()):
        return "nex"
    if shape is None:
        return "observed"
    found = declared_at(shape, pointer)
    if found is None:
        return "extension"
    return "shape" if found.required else "known"


def declared_at(shape: Declared, pointer: str) -> Declared | None:
    """What the shape says of a place; None for one that it does not know."""
    node = shape
    for part in parts_of(pointer):
        if part not in node.below:
            if any(name.startswith(f"[{part[1:]}=") for name in node.below):
                return Declared(types=frozenset({"string"}), required=True)
            return None if closed_below(node, part) else Declared(nullable=True)
        node = node.below[part]
    return node


def closed_below(node: Declared, part: str) -> bool:
    """Whether the shape knows what is there below a place, so that what it does not know is an extension."""
    return bool(node.types) and any(name[0] == part[0] and (name == "/*") == (part == "/*") for name in node.below)


def weight(  # noqa: PLR0913 - all that a weight depends on
    kind: str, direction: str, needed: str, *, left: Support | None, right: Support, allowed: bool, partly: bool = False
) -> tuple[Severity, bool]:
    """How much a change weighs, and whether it would weigh more with more support.

    `allowed`: the published shape has a place for what is new. `partly`: the field was not always there, or a reader of
    whole numbers meets a fraction.
    """
    base = WEIGHTS[kind][direction == "request"]
    if needed == "extension" and kind != "branch-added":
        return Severity.INFO, False
    if needed == "known" or allowed or partly or direction == "error":
        base = lighter(base, Severity.WARNING)
    if kind == "enum-widened" and allowed:
        base = Severity.INFO
    few = left is not None and min(left.exchanges, right.exchanges) < SUPPORT
    capped = lighter(base, Severity.WARNING) if few else base
    return capped, capped is not base


MISSING = frozenset({"removed", "now-optional"})
_OTHERWISE = frozenset({"enum-widened", "branch-added"})


def broken(kind: str, direction: str, needed: str, *, taken: bool, readable: bool) -> str:
    """Who breaks on a change: one of `core.drift.BREAKS`.

    `taken`: the published shape has a place for what is new, or for nothing. `readable`: it is JSON.
    """
    if not readable and direction != "request":
        return "wire"
    harmless = WEIGHTS[kind][direction == "request"] is _I
    if harmless or (needed == "extension" and kind not in _OTHERWISE):
        return "cosmetic"
    refused = kind == "retyped" if direction == "request" else kind not in _OTHERWISE and direction == "response"
    return "typed" if refused and not taken else "behaviour"


def lighter(one: Severity, other: Severity) -> Severity:
    """The one that weighs less."""
    return max(one, other, key=_HEAVIEST.index)


def expected(share: float, chances: int) -> bool:
    """Whether what held for this share of cases would, at 95 %, have been seen in so many more."""
    return (1 - share) ** chances < 0.05  # noqa: PLR2004 - the usual 95 %
