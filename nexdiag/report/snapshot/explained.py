"""How requests differ from those that are kept, in the words of diff: where, what was, what is. Pure.

Law: what is told of a place names it as the request has it, whatever was left out of the text; what goes on from
request to request is told once; what is left out is counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from nexdiag.core.difference import Difference, Piece
from nexdiag.core.finding import Finding
from nexdiag.report.pieces import marked
from nexdiag.report.snapshot.layout import BEFORE, CONVERSATIONS
from nexdiag.report.snapshot.masks import unmasked
from nexdiag.report.snapshot.text import dumped
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

MOST = 12
"""Differences that are told."""
_LONGEST = 400
_Requests = Sequence[Mapping[str, Any]]
_KINDS = {"changed": "changed", "removed": "only in the snapshot", "added": "new"}


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """Of a difference."""

    request: int
    """From 0."""
    inner: str
    """Pointer within the request as it is kept; within its body, where it is of that."""
    message: int | None = None
    """From 0."""
    role: str = ""


def explained(differences: Iterable[Difference], was: _Requests, now: _Requests) -> list[str]:
    """The lines that tell of them; `was` and `now` are the requests that were read from both texts."""
    told: dict[tuple[object, ...], tuple[_Place, Difference, list[int]]] = {}
    for one in differences:
        place = _place(one, was, now)
        known = (place.inner, one.kind, repr(one.left), repr(one.right))
        told.setdefault(known, (place, one, []))[2].append(place.request + 1)
    several = max(len(was), len(now)) > 1
    lines = [] if len(was) == len(now) else [f"{count(len(was), 'request')} in the snapshot, {len(now)} sent"]
    for place, one, requests in list(told.values())[:MOST]:
        lines += [_title(place, one, requests if several else ()), *_values(one)]
    if len(told) > MOST:
        lines.append(f"and {count(len(told) - MOST, 'more difference')}")
    return lines or ["the same values, in another order of their names"]


def found(findings: Iterable[Finding], server: str) -> Iterator[str]:
    """What lint says of the new requests, a line and its fix for each."""
    for one in findings:
        where = f" ({one.location})" if str(one.location) else ""
        yield f"lint, {server}: {one.rule}{where}: {one_line(one.summary, _LONGEST)}"
        if one.fix:
            yield f"    fix: {one_line(one.fix, _LONGEST)}"


def _title(place: _Place, one: Difference, requests: Sequence[int]) -> str:
    parts = [f"request {requests[0]}"] if requests else []
    if place.message is not None:
        parts.append(f"messages[{place.message}]" + (f" ({place.role})" if place.role else ""))
    parts.append(place.inner or "all of it")
    again = f", and again in {_listed(requests[1:])}" if len(requests) > 1 else ""
    return f"{', '.join(parts)}: {_KINDS.get(one.kind, one.kind)}{again}"


def _listed(requests: Sequence[int]) -> str:
    if len(requests) == 1:
        return f"request {requests[0]}"
    if list(requests) == list(range(requests[0], requests[-1] + 1)):
        return f"requests {requests[0]} to {requests[-1]}"
    return "requests " + ", ".join(map(str, requests))


def _values(one: Difference) -> Iterator[str]:
    if one.words:
        yield f"    {_worded(one.words)}"
        return
    if one.kind != "added":
        yield f"    was: {_shown(one.left)}"
    if one.kind != "removed":
        yield f"    now: {_shown(one.right)}"


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return one_line(unmasked(dumped(value)), _LONGEST)


def _worded(pieces: Iterable[Piece]) -> str:
    made = ""
    for piece in pieces:
        text = piece.text.replace("\n", "⏎").replace("\r", "⏎")
        made += "…" if piece.kind == "left out" else marked(piece, unmasked(text))
    return one_line(made, 4 * _LONGEST)


def _place(one: Difference, was: _Requests, now: _Requests) -> _Place:
    """Where it is, on the side that has it; what was changed, where it was."""
    new = one.kind == "added"
    pointer = one.right_pointer or one.pointer if new else one.pointer
    requests = now if new else was
    names = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if not names or not names[0].isdecimal():
        return _Place(request=0, inner=pointer)
    number, inner = int(names[0]), pointer[len(names[0]) + 1 :]
    body = requests[number].get("body") if number < len(requests) else None
    if names[1:2] != ["body"]:
        return _Place(request=number, inner=inner)
    inner = inner.removeprefix("/body")
    if len(names) < 4 or names[2] not in CONVERSATIONS or not isinstance(body, dict):  # noqa: PLR2004 - 0/body/messages/1
        return _Place(request=number, inner=inner)
    return _of_message(number, names, body[names[2]])


def _of_message(number: int, names: Sequence[str], entries: Sequence[Any]) -> _Place:
    """Its index is that in the request as it was sent, where what was sent before is one line in the text."""
    index = int(names[3])
    before = BEFORE.fullmatch(entries[0]) if entries and isinstance(entries[0], str) else None
    entry = entries[index] if index < len(entries) else None
    role = entry.get("role") if isinstance(entry, dict) else None
    actual = index + int(before[1]) - 1 if before is not None and index else index
    inner = "/".join(["", names[2], str(actual), *(name.replace("~", "~0").replace("/", "~1") for name in names[4:])])
    return _Place(
        request=number,
        inner=inner,
        message=None if before is not None and not index else actual,
        role=role if isinstance(role, str) else "",
    )
