"""Which difference explains why one side failed where the other passed. Pure.

Law: certain is only what a rule explains in the server's own words, and where the two requests differ in the very place
that the rule names. All else is a candidate, and said to be one.
"""

from collections.abc import Sequence

import msgspec

from nexdiag.core.comparison import Explanation, Row
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding
from nexdiag.diff.diverging import weighs

_ASKED = ("address", "messages", "parameters", "tools")


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """One side, as far as its failures go."""

    failed: frozenset[int]
    """Ids of the exchanges that were refused, or that came to nothing."""
    findings: tuple[Finding, ...] = ()
    server: str = ""


def explain(rows: Sequence[Row], left: Refused, right: Refused) -> Explanation | None:
    """For the first request that failed on one side alone; None if there is none."""
    for place, row in enumerate(rows):
        ids = [None if one is None else one.exchange for one in (row.left, row.right)]
        if ids[0] is None or ids[1] is None:
            continue
        failed = ids[0] in left.failed, ids[1] in right.failed
        if failed[0] != failed[1]:
            side, other = (left, right) if failed[0] else (right, left)
            return _explained(rows, place, "left" if failed[0] else "right", side, other)
    return None


def _explained(rows: Sequence[Row], place: int, failing: str, side: Refused, other: Refused) -> Explanation:
    row = rows[place]
    exchange = row.left if failing == "left" else row.right
    number = None if exchange is None else exchange.exchange
    asked = [at for at, one in enumerate(row.differences) if one.aspect in _ASKED and weighs(one)]
    found = sorted(
        (one for one in side.findings if _is_of(one, number)), key=lambda one: (not one.refused, not one.weighs)
    )
    for finding in found:
        met = tuple(at for at in asked if meets(finding, row.differences[at], failing))
        if met:
            cause, places = _first(rows, place, met)
            certain = finding.refused
            sentence = _sentence(failing, row, finding, [rows[cause].differences[at] for at in places], certain=certain)
            return Explanation(
                failing=failing, row=place, cause=cause, differences=places, finding=finding, sentence=sentence,
                certain=certain,
            )  # fmt: skip
    refused = next((one for one in found if one.refused), None)
    news = tuple(at for at in asked if not row.differences[at].inherited) or tuple(asked)
    cause, places = _first(rows, place, news)
    sentence = _unsure(failing, row, refused, len(places), (side.server, other.server))
    return Explanation(failing=failing, row=place, cause=cause, differences=places, finding=refused, sentence=sentence)


def _is_of(finding: Finding, exchange: int | None) -> bool:
    """Whether a finding is of this request, or of an earlier one whose message is sent again."""
    found = finding.location.exchange
    if found is None or exchange is None:
        return found is None
    return found == exchange or (found < exchange and finding.repeats > 0)


def meets(finding: Finding, one: Difference, failing: str) -> bool:
    """Whether a difference is where the finding is: in the address, at its field, or at its message or beside it."""
    where = finding.location
    if one.aspect == "address":
        return where.pointer is None and "url" in finding.facts
    at = (one.right_pointer or one.pointer) if failing == "right" else one.pointer
    if where.pointer and any(f"{a}/".startswith(f"{b}/") for a, b in ((at, where.pointer), (where.pointer, at))):
        lacks = one.kind == ("removed" if failing == "right" else "added")
        if not lacks or one.aspect != "messages":
            return True
    if one.aspect != "messages" or where.message_index is None:
        return False
    place = _index(at)
    near = 1 if one.kind != "changed" else 0
    return place is not None and abs(place - where.message_index) <= near


def _index(pointer: str) -> int | None:
    parts = pointer.split("/")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else None  # noqa: PLR2004 - "", its list, its place


def _first(rows: Sequence[Row], place: int, met: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The row in which these differences were new, and their places there."""
    here = [rows[place].differences[at] for at in met]
    if not here or not all(one.inherited for one in here):
        return place, met
    for earlier in range(place):
        found = tuple(
            at
            for at, one in enumerate(rows[earlier].differences)
            if not one.inherited and any(_is_same(one, other) for other in here)
        )
        if found:
            return earlier, found
    return place, met


def _is_same(one: Difference, other: Difference) -> bool:
    return (one.aspect, one.kind, one.left, one.right) == (other.aspect, other.kind, other.left, other.right)


def _sentence(failing: str, row: Row, finding: Finding, found: Sequence[Difference], *, certain: bool) -> str:
    where = ", ".join(dict.fromkeys(_told(one, failing) for one in found))
    word = "was refused" if finding.refused else "failed"
    sure = "explains" if certain else "may explain"
    return f"{where} {sure} why {failing} {word}{_in(row, failing)}: {finding.code} {finding.rule}"


def _unsure(failing: str, row: Row, finding: Finding | None, count: int, servers: tuple[str, str]) -> str:
    began = f"{failing} failed{_in(row, failing)}"
    candidates = f"{count} difference{'s' * (count != 1)} of the request may explain it"
    if finding is not None:
        place = finding.location.pointer or "the URL"
        both = f"{began} by {finding.code} {finding.rule} at {place}, which is no difference: both sent it"
        return f"{both}, and the servers differ ({servers[0]}, {servers[1]})" if len(set(servers)) > 1 else both
    return f"{began}, and no rule knows why: {candidates if count else 'the requests are equal'}"


def _told(one: Difference, failing: str) -> str:
    only = {"added": "only right has", "removed": "only left has", "changed": "changed"}[one.kind]
    at = (one.right_pointer or one.pointer) if failing == "right" else one.pointer
    return f"{at} ({only}{' it' * (one.kind != 'changed')})"


def _in(row: Row, failing: str) -> str:
    place = row.left if failing == "left" else row.right
    if place is None:
        return ""
    turn = f" in turn {place.turn}" if place.turn is not None else ""
    return f"{turn}, exchange {place.exchange}" if turn else f" in exchange {place.exchange}"
