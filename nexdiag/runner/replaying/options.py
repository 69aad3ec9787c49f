"""What was typed about a replay, made into `How`; what was not, from the settings. Each fault is a `UsageError`."""

import difflib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.core.errors import UsageError
from nexdiag.runner.replaying.how import MATCHES, SPLITS, How

_FASTEST = "max"
_SLOWEST = 0.01
"""A hundredth of the recorded pace: what is slower is a mistake, and waits without a word."""
_TOOLS = ("recorded", "live")
_EXPIRED = ("warn", "fail")
NO_FAULT = "none"
"""Asked for as a fault, it switches off those of recorded scenarios."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """Options as they were typed; None or empty: not at all."""

    match: str | None = None
    ignore: tuple[str, ...] = ()
    speed: str | None = None
    split: str | None = None
    faults: tuple[str, ...] = ()
    seed: int = 0
    tools: str | None = None
    repeats: bool = False
    unplayed: bool | None = None
    max_age: str | None = None
    expired: str | None = None


def how_of(typed: Typed, settings: Any = None) -> How:  # noqa: ANN401 - a struct of `runner.settings`, with None for what is not set
    """What is to be done. Rules and faults are read here, so that a wrong one is told before anything is played."""

    def chosen(name: str) -> Any:  # noqa: ANN401 - an option of any kind
        value = getattr(typed, name)
        return getattr(settings, name, None) if value is None else value

    return How(
        match=one_of("--match", chosen("match") or MATCHES[0], MATCHES),
        ignore=_rules((*(getattr(settings, "ignore", None) or ()), *typed.ignore)),
        speed=speed_of(chosen("speed")),
        split=one_of("--split", chosen("split") or SPLITS[0], SPLITS),
        faults=_faults(typed.faults),
        scenario_faults=NO_FAULT not in typed.faults,
        seed=typed.seed,
        live_tools=one_of("--tools", typed.tools or _TOOLS[0], _TOOLS) == "live",
        repeats=typed.repeats,
        unplayed=bool(chosen("unplayed")),
        max_age=_age(chosen("max_age")),
        expired=one_of("--expired", chosen("expired") or _EXPIRED[0], _EXPIRED),
        workspace=Path.cwd(),
    )


def one_of(option: str, value: str, known: Sequence[str]) -> str:
    """The value, if it is one of those known. Raises `UsageError`."""
    if value in known:
        return value
    near = difflib.get_close_matches(value, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"{option} {value!r} is not known", hint=f"{meant}it is one of: {', '.join(known)}")


def speed_of(text: str | float | None) -> float | None:
    """How fast to play: None for `max`. Raises `UsageError` for what is no speed."""
    if text is None or text == _FASTEST:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not _SLOWEST <= speed < math.inf:
        hint = "max, 1 for the recorded pace, 10 for ten times as fast, or 0.01 for the slowest that there is"
        found = f"{text!r}"[:80]
        raise UsageError(f"a speed from {_SLOWEST} on is wanted, found --speed {found}", hint=hint)
    return speed


def _rules(texts: tuple[str, ...]) -> tuple[str, ...]:
    if texts:
        from nexdiag.replay.matching import rules  # noqa: PLC0415 - start-up: few have rules of their own

        rules.parse(texts)
    return texts


def _faults(texts: tuple[str, ...]) -> tuple[Any, ...]:
    if NO_FAULT in texts and set(texts) != {NO_FAULT}:
        other = next(text for text in texts if text != NO_FAULT)
        raise UsageError(
            f"--fault {NO_FAULT} and --fault {other} do not go together",
            hint="a fault that is named stands for itself: those of the scenario are left out anyway",
        )
    if not texts or NO_FAULT in texts:
        return ()
    from nexdiag.codec import fault  # noqa: PLC0415 - start-up, as above

    return tuple(fault.decode(text) for text in texts)


def _age(text: str | float | None) -> float | None:
    if text is None:
        return None
    from nexdiag.runner.replaying.age import seconds_of  # noqa: PLC0415 - start-up, as above

    return seconds_of(text)
