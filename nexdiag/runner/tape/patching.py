"""Methods of other people's classes, replaced for as long as somebody holds them so, and then put back as they were.

What was replaced once more by somebody else in the meantime is left alone: putting ours back would undo theirs.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import msgspec

Method = Callable[..., Any]
Wrap = Callable[[Method], Method]
_ABSENT = object()


class _Held(msgspec.Struct):
    before: object
    """What stood in the class itself; `_ABSENT` if it inherited the method."""
    ours: Method
    holders: int = 0


_lock = threading.Lock()
_held: dict[tuple[type, str], _Held] = {}


def hold(owner: type, name: str, wrap: Wrap) -> None:
    """Replace the method by `wrap(method)`, unless it is already."""
    with _lock:
        held = _held.get((owner, name))
        if held is None:
            method = getattr(owner, name)
            ours = functools.wraps(method)(wrap(method))
            held = _held[owner, name] = _Held(before=vars(owner).get(name, _ABSENT), ours=ours)
            setattr(owner, name, ours)
        held.holders += 1


def release(owner: type, name: str) -> None:
    """Put the method back when nobody holds it any more."""
    with _lock:
        held = _held[owner, name]
        held.holders -= 1
        if held.holders:
            return
        del _held[owner, name]
        if vars(owner).get(name) is not held.ours:
            return
        if held.before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, held.before)
