"""How a marker has its recording played, and which recording that is."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nexdiag.pytest_plugin.marker import REPLAY

if TYPE_CHECKING:
    from nexdiag.core.fault import Fault
    from nexdiag.runner.replaying.how import How
    from nexdiag.runner.tape.modes import RecordMode

ALL = "all"


def how(keys: Mapping[str, Any], faults: "tuple[Fault, ...] | None", folder: Path, mode: "RecordMode") -> "How":
    """How the marker's recording is to be played; `faults` are those of this run, None if none may strike.

    What the marker leaves open, the settings say, as they do for `nexdiag replay`; rules of both count.
    """
    import msgspec  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    from nexdiag.runner.replaying.options import Typed, how_of  # noqa: PLC0415
    from nexdiag.runner.settings import replay_defaults  # noqa: PLC0415
    from nexdiag.runner.tape.choice import choice  # noqa: PLC0415

    set_ = how_of(Typed(), replay_defaults(os.environ, folder))
    chosen = {key: keys.get(key, getattr(set_, key)) for key in ("match", "split", "speed", "seed")}
    own = choice(mode, faults=faults or (), ignore=keys.get("ignore", ()), **chosen)
    return msgspec.structs.replace(
        own,
        ignore=(*set_.ignore, *own.ignore),
        unplayed=bool(keys.get("unplayed", set_.unplayed)),
        max_age=set_.max_age,
        expired=set_.expired,
        scenario_faults=faults is not None,
    )


def faults_of(keys: Mapping[str, Any]) -> "tuple[Fault, ...] | None":
    """The faults that a marker names; None where it switches off those of a scenario too."""
    from nexdiag.runner.replaying.options import NO_FAULT  # noqa: PLC0415 - as above
    from nexdiag.runner.tape.choice import choice  # noqa: PLC0415
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415

    named = keys.get("faults", ())
    return None if named == NO_FAULT else choice(RecordMode.NONE, faults=named).faults


def every(node: pytest.Item, keys: Mapping[str, Any]) -> list["Fault"]:
    """Each fault at each place of the marker's recordings."""
    from nexdiag.replay.faults import every as every_of  # noqa: PLC0415 - as above
    from nexdiag.runner.load import load  # noqa: PLC0415

    found = [every_of(load(path).exchanges, seed=keys.get("seed", 0)) for path in paths(node, keys)]
    return list(dict.fromkeys(fault for faults in found for fault in faults))


def paths(node: pytest.Item, keys: Mapping[str, Any], fixture: str = REPLAY) -> list[Path]:
    """The recordings that a marker names: beside the test's file, or below the root of the suite."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    given = keys.get("cassette", ())
    names = given if isinstance(given, list | tuple) else [given]
    if not names or not all(isinstance(name, str | Path) for name in names):
        hint = "write: @pytest.mark.nexdiag(cassette='weather.cassette.jsonl')"
        found = f"found {given!r}" if "cassette" in keys else "and the marker names none"
        raise UsageError(f"{fixture} wants a recording, {found}", hint=hint)
    there_are = []
    for name in names:
        there = standing(node, name)
        if there is None:
            both = " and ".join(dict.fromkeys(str(place.parent) for place in _places(node, name)))
            raise UsageError(f"no recording {str(name)!r}: looked in {both}", hint="record one with: nexdiag capture")
        there_are.append(there)
    return there_are


def standing(node: pytest.Item, name: str | Path) -> Path | None:
    """The recording of that name, if there is one."""
    return next((place for place in _places(node, name) if place.exists()), None)


def _places(node: pytest.Item, name: str | Path) -> list[Path]:
    return [folder / name for folder in (node.path.parent, node.config.rootpath)]
