"""What to do about a request that has no recording: the very command, or the very rule. Pure."""

import re
import shlex

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence
from nexdiag.replay.matching.matcher import Miss


class Anew(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how the recording was made, and can be made again."""

    file: str = ""
    """The cassette's file, where it is known."""
    command: str = ""
    """The command that was recorded, where one was: told, never run."""
    ours: bool = False
    """Whether our own executor was recorded."""


NOTHING_KNOWN = Anew()
_VOLATILE = (
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",  # a uuid
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",  # a date, a time of a day
    r"\d\d:\d\d:\d\d(?:\.\d+)?",
    r"1[67]\d{8}(?:\d{3})?",  # Unix time
    r"\d+(?:\.\d+)? ?(?:ms|µs|s|sec|seconds)\b",
    r"(?:[/\\][\w.@+~-]++){2,}[/\\]?",  # a path
    r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b",  # a digest
    r"\b[a-z]+_(?=\w*\d)[A-Za-z0-9]{6,64}\b",  # an id with its prefix
)
"""What changes with every run, most telling first, as expressions that a rule can hold."""
_LONGEST_VALUE = 1_000_000
"""Characters of a value that are looked through."""
_ENTRY = re.compile(r"^/(messages|input)/\d+/")


def again(anew: Anew, turn: int | None) -> str:
    """The command that records again, from a turn on where one is named."""
    file = shlex.quote(anew.file) if anew.file else "FILE"
    if anew.ours:
        return f"nexdiag replay {file} --from {turn or 1} -e URL"
    return f"nexdiag capture -- {anew.command or 'COMMAND'}"


def advise(told: Divergence, miss: Miss, anew: Anew) -> str:
    """What to do."""
    file = shlex.quote(anew.file) if anew.file else "FILE"
    see = f"nexdiag cassette show {file} --exchange {told.nearest}"
    if miss.ambiguous:
        one, other, *_ = (*told.ambiguous, told.nearest)
        return (
            f"tell them apart: compare nexdiag cassette show {file} --exchange {one} with --exchange {other}; "
            f"what differs in both from the request must be the same again, or be set aside for one of them only"
        )
    if told.nearest is None or miss.used:
        once_more = "asks once more than was recorded"
        if anew.ours:
            return f"the executor {once_more}: if it may, {record(told, anew)}"
        return f"the client {once_more}: if it may, replay with --repeats; else {record(told, anew)}"
    rule = volatile(told.first) if told.first is not None else ""
    if rule:
        return f"if this place changes with every run: --ignore {shlex.quote(rule)}; else {record(told, anew)}"
    return f"if the change is meant, {record(told, anew)}; see what was recorded: {see}"


def record(told: Divergence, anew: Anew) -> str:
    """How to take a new recording from where it diverged."""
    turn = told.turn if told.turn is not None else told.nearest_turn
    return f"record again{f' from turn {turn}' if turn is not None else ''}: {again(anew, turn)}"


def volatile(one: Difference) -> str:
    """The rule that sets a place aside, if both values differ only in what changes with every run; else empty."""
    if one.kind != "changed" or not (isinstance(one.left, str) and isinstance(one.right, str)):
        return ""
    if max(len(one.left), len(one.right)) > _LONGEST_VALUE or not one.pointer.startswith("/"):
        return ""
    where = _ENTRY.sub(r"/\1/*/", one.pointer)
    for text in _VOLATILE:
        pattern = re.compile(text)
        if pattern.sub("*", one.left) == pattern.sub("*", one.right):
            return where if pattern.fullmatch(one.left) else f"{where}={text}"
    return ""
