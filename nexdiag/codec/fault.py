"""Faults: text ⇄ `Fault`, one form for the command line, scenarios and fixtures.

    KIND[:VALUE][@TURN[.EXCHANGE]][#CHUNK][,retry-after=SECONDS][,times=N]

    status:429@2,retry-after=1      cut@3#5      slow:10s@1      reset@each.2      status:503

Nothing in it means anything to a shell. What is left out: each turn, its first request, a chunk that is drawn, once.
"""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from nexdiag.core.errors import UsageError
from nexdiag.core.fault import KINDS, Fault

EACH = "each"
"""Stands for each turn, where a request of it has to be named."""
HEAD = "head"
"""The value of a `stall` that comes before the head of the answer."""
WAYS = ("brace", "half", "bytes")
"""Ways in which JSON is garbled: its last brace is missing; it stops halfway; bytes in it are no UTF-8."""
AT_A_CHUNK = frozenset({"error", "cut", "reset", "stall", "garble", "duplicate", "drop"})
"""Kinds that strike at a chunk."""
STATUSES = range(400, 599)
"""Of refusals; 599 is what a request without a recording gets."""
_DAY = 86_400.0
_MOST = 10**6
_SHOWN = 60
_HINT = "see docs/reference/faults-in-replay.md; for example: status:429@2,retry-after=1"
_NUMBER = re.compile(r"\d{1,7}", re.ASCII)
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?", re.ASCII)
_UNITS = MappingProxyType({"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0})
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+*-]{1,60}(?:; ?[\w-]{1,40}=[\w.-]{1,40})?", re.ASCII)
_MEANT: Mapping[str, str] = MappingProxyType(
    {
        "timeout": "stall", "hang": "stall", "silence": "stall", "delay": "slow", "latency": "slow", "wait": "slow",
        "truncate": "cut", "end": "cut", "eof": "cut", "close": "cut", "disconnect": "reset", "rst": "reset",
        "connection-reset": "reset", "corrupt": "garble", "malformed": "garble", "json": "garble", "invalid": "garble",
        "repeat": "duplicate", "dup": "duplicate", "missing": "drop", "lose": "drop", "skip": "drop",
        "done": "no-done", "html": "content-type", "type": "content-type", "rate-limit": "status:429",
        "overloaded": "status:529", "http": "status:500",
    }
)  # fmt: skip
"""Words that people say for a kind."""


def decode(text: str) -> Fault:
    """Read a fault. Raises `UsageError` that says what was wanted, what was found, and what was probably meant."""
    head, *options = text.strip().split(",")
    head, _, chunk = head.partition("#")
    chunk, turned, where = chunk.partition("@")  # the two may change places
    if not turned:
        head, _, where = head.partition("@")
    kind, colon, value = (part.strip() for part in head.partition(":"))
    if kind not in KINDS:
        raise _wrong(text, f"{', '.join(KINDS)}", kind, hint=_near(kind))
    told = _options(text, kind, options)
    turn, exchange = _where(text, where, written="@" in text)
    return Fault(
        kind=kind,
        turn=turn,
        exchange=exchange,
        chunk=_chunk(text, kind, chunk, value) if "#" in text else None,
        value=_value(text, kind, value, written=bool(colon)),
        retry_after=_seconds(text, told["retry-after"], "retry-after") if "retry-after" in told else None,
        times=_count(text, told["times"], "how often, as in times=2") if "times" in told else 1,
    )


def encode(fault: Fault) -> str:
    """The fault as text, with nothing in it that goes without saying."""
    text = fault.kind
    if fault.value:
        unit = "s" if fault.kind == "slow" and fault.value[-1:].isdigit() else ""
        text += f":{fault.value}{unit}"
    if fault.turn is not None or fault.exchange != 1:
        text += f"@{EACH if fault.turn is None else fault.turn}"
    if fault.exchange != 1:
        text += f".{fault.exchange}"
    if fault.chunk is not None:
        text += f"#{fault.chunk}"
    if fault.retry_after is not None:
        text += f",retry-after={_written(fault.retry_after)}"
    return text if fault.times == 1 else f"{text},times={fault.times}"


def checked(fault: Fault) -> Fault:
    """The fault in the form in which it is read. Raises `UsageError` for one that no text stands for."""
    return decode(encode(fault))


def _where(text: str, where: str, *, written: bool) -> tuple[int | None, int]:
    """Turn and request."""
    if not written:
        return None, 1
    turn, dot, exchange = where.strip().partition(".")
    number = None if turn in (EACH, "all", "*") else _count(text, turn, f"a turn from 1, or {EACH!r}, after '@'")
    return number, _count(text, exchange, "a request of the turn, from 1, after '.'") if dot else 1


def _chunk(text: str, kind: str, chunk: str, value: str) -> int:
    if kind not in AT_A_CHUNK:
        kinds = ", ".join(kind for kind in KINDS if kind in AT_A_CHUNK)
        raise _wrong(
            text, f"no chunk for {kind!r}, which strikes the whole answer", f"#{chunk}", hint=f"at chunks: {kinds}"
        )
    if value == HEAD:
        raise _wrong(text, f"either {HEAD!r} or a chunk", f"#{chunk}")
    bare = chunk.strip()
    if not _NUMBER.fullmatch(bare.removeprefix("-")):
        raise _wrong(text, "a chunk from 0, or from -1 backwards, after '#'", bare)
    return int(bare)


def _options(text: str, kind: str, options: Collection[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for option in options:
        key, _, value = (part.strip() for part in option.partition("="))
        known = ("retry-after", "times")
        if key not in known:
            near = get_close_matches(key[:_SHOWN], known, n=1, cutoff=0.5)
            raise _wrong(
                text, "retry-after=SECONDS or times=N", option, hint=f"did you mean {near[0]}=?" if near else ""
            )
        if key in told:
            raise _wrong(text, f"{key} once", option)
        if key == "retry-after" and kind != "status":
            raise _wrong(text, f"retry-after with a status, not with {kind!r}", option)
        told[key] = value
    return told


def _value(text: str, kind: str, value: str, *, written: bool) -> str:
    """The value in its one form."""
    if not written:
        if kind == "status":
            raise _wrong(text, "a status, as in status:503", "none")
        return ""
    if kind == "slow":
        return _written(_seconds(text, value, "slow"))
    if kind in ("status", "error"):
        if not (_NUMBER.fullmatch(value) and int(value) in STATUSES):
            raise _wrong(text, f"a status from {STATUSES[0]} to {STATUSES[-1]}", value)
        return str(int(value))
    if kind == "content-type":
        if not _TYPE.fullmatch(value):
            raise _wrong(text, "a content type, as text/plain", value)
        return value
    words = {"garble": WAYS, "stall": (HEAD,)}.get(kind, ())
    if value not in words:
        near = get_close_matches(value[:_SHOWN], words, n=1)
        wanted = f"{kind}:{f', {kind}:'.join(words)}, or {kind} alone" if words else f"{kind} without a value"
        raise _wrong(text, wanted, value, hint=f"did you mean {kind}:{near[0]}?" if near else "")
    return value


def _count(text: str, number: str, wanted: str) -> int:
    if not (_NUMBER.fullmatch(number) and 1 <= int(number) <= _MOST):
        raise _wrong(text, wanted, number)
    return int(number)


def _seconds(text: str, seconds: str, of: str) -> float:
    """Seconds as 10, 10s, 500ms or 2m."""
    read = _SECONDS.fullmatch(seconds)
    number = float(read[1]) * _UNITS[read[2]] if read else -1.0
    if not 0 <= number <= _DAY:
        raise _wrong(text, f"seconds for {of}, as 10, 500ms or 2m, up to a day", seconds)
    return round(number, 3)


def _written(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _near(kind: str) -> str:
    """What was probably meant."""
    word = kind.lower().replace("_", "-")[:_SHOWN]
    if _NUMBER.fullmatch(word) and int(word) in STATUSES:
        return f"did you mean status:{word}?"
    near = _MEANT.get(word) or next(iter(get_close_matches(word, (*KINDS, *_MEANT), n=1)), "")
    return f"did you mean {_MEANT.get(near, near)!r}?" if near else _HINT


def _wrong(text: str, wanted: str, found: str, *, hint: str = "") -> UsageError:
    return UsageError(f"the fault {text[:_SHOWN]!r}: wanted {wanted}, found {found[:_SHOWN]!r}", hint=hint or _HINT)
