"""What to do about a request that has no recording: the very command, or the very rule. Pure."""

import re
import shlex
from collections.abc import Callable, Iterable

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange
from nexdiag.core.replayed import Divergence
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict import compared


class Anew(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how the recording was made, and can be made again."""

    file: str = ""
    """The cassette's file, where it is known."""
    command: str = ""
    """The command that was recorded, where one was: told, never run."""
    upstream: str = ""
    """The server that was recorded: its scheme, host and base path, where they are known."""
    run: str = ""
    """The command that was just run against the recording, where one was: it is what is recorded next."""
    ours: bool = False
    """Whether our own executor was recorded."""
    anew: str = ""
    """How else it is recorded again, in words: by a program of Python's own."""


NOTHING_KNOWN = Anew()
Name = Callable[[Exchange], str]
"""How an exchange is called."""
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
_APART = "send what was recorded there (a fixed clock, a fixed id), or set less aside (--ignore -date)"
"""What tells recordings apart: as docs/reference/matching.md has it."""
_REDACTED = "[redacted "
"""How a placeholder begins."""
_ENTRY = re.compile(r"^/(messages|input)/\d+/")


def again(anew: Anew, turn: int | None) -> str:
    """The command that records again: ours from a turn on, where one is named; another client's is run anew."""
    file = shlex.quote(anew.file) if anew.file else "FILE"
    if anew.ours and not anew.run:
        return f"nexdiag replay {file} --from {turn or 1} -e URL"
    upstream = f" --upstream {shlex.quote(anew.upstream)}" if anew.upstream else ""
    command = anew.run or anew.command or "COMMAND"
    secret = f"; where it says {_REDACTED}…], a secret stood: put it there" if _REDACTED in command + upstream else ""
    return f"nexdiag capture{upstream} -- {command}{secret}"


def advise(told: Divergence, miss: Miss, anew: Anew, *, name: Name | None = None) -> str:
    """What to do. `name` is how an exchange is called, where its id alone says too little."""
    file = shlex.quote(anew.file) if anew.file else "FILE"
    see = f"nexdiag cassette show {file} --exchange {told.nearest}"
    if miss.ambiguous:
        return f"{_places(miss, name)}look at both: {_both(miss, file, name)}; {_APART}"
    if told.nearest is None or miss.used:
        return f"{_once_more(anew)} {record(told, anew)}"
    if miss.played and miss.nearest is not None and told.nearest == miss.nearest.id:  # nothing that is left is near
        who = "executor" if anew.ours else "client"
        return f"the {who} asks for more than was recorded: if it may, {record(told, anew)}"
    rule = volatile(told.first) if told.first is not None else ""
    if rule:
        option = f"ignore={rule!r}" if anew.anew else f"--ignore {shlex.quote(rule)}"
        others = f"; what else changes with every run is told by: {_study(anew, file)}" if told.more else ""
        return f"if this place changes with every run: {option}{others}; else {record(told, anew)}"
    return f"if the change is meant, {record(told, anew)}; see what was recorded: {see}"


def _once_more(anew: Anew) -> str:
    """What it means, up to how to record again."""
    if anew.ours:
        return "the executor asks once more than was recorded: if it may,"
    told = "the client asks once more than was recorded: if it may,"
    return told if anew.anew else f"{told} replay with --repeats; else"


def _study(anew: Anew, file: str) -> str:
    """How to learn of all that changes with every run."""
    if anew.ours and not anew.run:
        return f"nexdiag replay {file} --determinism"
    return f"nexdiag replay {file} --determinism -- {anew.run or anew.command or 'COMMAND'}"


def _both(miss: Miss, file: str, name: Name | None) -> str:
    """The commands that show two of those that fit, each to be pasted."""
    one, other, *_ = (*miss.ambiguous, miss.ambiguous[0])
    if name is None or name(one) == str(one.id):
        return f"nexdiag cassette show {file} --exchange {one.id}; nexdiag cassette show {file} --exchange {other.id}"
    return "; ".join(_show(name(each)) for each in (one, other))


def _show(named: str) -> str:
    """Of an exchange that is called `NUMBER of FILE`."""
    number, _, file = named.partition(" of ")
    return f"nexdiag cassette show {shlex.quote(file)} --exchange {number}"


def _places(miss: Miss, name: Name | None) -> str:
    """Where two of those that fit first differ from the request, without values."""
    places = [(one, _first(one, miss)) for one in miss.ambiguous[:2]]
    told = " and ".join(f"exchange {one.id if name is None else name(one)} in {at}" for one, at in places if at)
    return f"the request differs from {told}; " if told else ""


def _first(one: Exchange, miss: Miss) -> str:
    shared = compared.shared_messages(one.request, miss.request)
    return next((found.pointer for found in compared.differences(one.request, miss.request, shared=shared)), "")


def record(told: Divergence, anew: Anew) -> str:
    """How to take a new recording from where it diverged."""
    if anew.anew:
        return anew.anew
    turn = (told.turn if told.turn is not None else told.nearest_turn) or None  # 0 stands for what belongs to no turn
    from_there = turn is not None and anew.ours and not anew.run
    return f"record again{f' from turn {turn}' if from_there else ''}: {again(anew, turn)}"


def of_fault(faults: Iterable[str]) -> str:
    """What to do where a fault struck before: the replay was to come out otherwise."""
    each = ", ".join(dict.fromkeys(faults))
    return f"the fault {each} did this, no change of yours; what no client can see: docs/reference/faults-in-replay.md"


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
