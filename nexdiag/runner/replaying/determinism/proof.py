"""Whether a replay takes one request for the other: with the built-in rules alone, and with rules that are proposed.

Law: the matcher of every replay is asked; nothing is said of a rule that was not tried there.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.diff.compare import compare
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.replay.matching.rules import parse
from nexdiag.runner.replaying.determinism.varying import Contrast, value_of


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When the two requests were sent, in Unix time: dates are judged by it."""

    recorded: float
    sent: float


def aside(recorded: Request, sent: Request, rules: Sequence[str], times: Times) -> tuple[str, ...] | None:
    """The rules by which the one answers the other, none if they mean the same; None if it does not answer."""
    exchange = Exchange(id=0, started=times.recorded, request=recorded, response=Response(status=200))
    found = Matcher([exchange], rules=parse(rules)).find(sent, now=times.sent)
    return None if isinstance(found, Miss) else found.aside


def remaining(one: Contrast, rules: Sequence[str], times: Times) -> Contrast | None:
    """What of a field differs between its two whole requests, as the matcher reads them; None if nothing of it does.

    An id or a directory counts by where it stood before: a field alone cannot tell that. Texts have marks for what is
    set aside in them.
    """
    left, right = one.pair
    if left is None or right is None or not one.at:
        return one
    exchange = Exchange(id=0, started=times.recorded, request=left, response=Response(status=200))
    ours, theirs = Matcher([exchange], rules=parse(rules)).views(exchange, right, now=times.sent)
    for found in compare(ours, theirs):
        if found.pointer == one.at:
            return msgspec.structs.replace(one, left=found.left, right=found.right)
        if _within(found.pointer, one.at) or _within(one.at, found.pointer):
            return one
    return None


def _within(inner: str, outer: str) -> bool:
    return inner.startswith(f"{outer}/")


def alone(one: Contrast) -> tuple[Request, Request] | None:
    """The left request, and the same with this one field as the right has it; None if it is no field of a body."""
    left = one.pair[0]
    if left is None or not one.at:
        return None
    value = value_of(left)
    if not isinstance(value, dict) or not _set(value, one.at.split("/")[1:], one):
        return None
    return left, msgspec.structs.replace(left, body=Body.of(msgspec.json.encode(value)))


def _set(value: Any, path: Sequence[str], one: Contrast) -> bool:  # noqa: ANN401 - any JSON value
    """Put the right side's value in its place; whether there is such a place."""
    *before, last = path
    for key in before:
        value = _entry(value, key)
    name: Any = last.replace("~1", "/").replace("~0", "~")
    if isinstance(value, list):
        name = int(name) if name.isdecimal() else len(value)
    elif not isinstance(value, dict):
        return False
    if one.kind == "removed":
        del value[name]
    elif one.kind == "added" and isinstance(value, list):
        value.insert(name, one.right)
    else:
        value[name] = one.right
    return True


def _entry(value: Any, key: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return value[int(key)]
    return value.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
