"""Which option each way of `nexdiag replay` heeds, in one table.

Law: nothing that was asked for is ignored. An option that a way does not heed is refused, and the table alone decides.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    import typer

AGAIN, SERVE, COMMAND, FAULTS = "a plain replay", "--serve", "a command after --", "--faults all"
UNTIL, FROM, STUDY = "--until", "--from", "--determinism"
WAYS = (AGAIN, SERVE, COMMAND, FAULTS, UNTIL, FROM, STUDY)
"""`--determinism` may have a command after `--`, too; every other two of them exclude each other."""

_SERVED = (SERVE, COMMAND)
_ONWARD = (UNTIL, FROM)
_PLAYED = (AGAIN, *_SERVED)
_JUDGED = (*_PLAYED, FAULTS)

HEEDED: Mapping[str, tuple[str, ...]] = {
    "--port": _SERVED,
    "--match": (*_JUDGED, *_ONWARD),
    "--ignore": WAYS,
    "--speed": _PLAYED,
    "--split": _PLAYED,
    "--fault": _JUDGED,
    "--seed": _JUDGED,
    "--tools": (AGAIN, *_ONWARD),
    "--workspace": (AGAIN, *_ONWARD),
    "--repeats": _SERVED,
    "--allow-unplayed": _PLAYED,
    "--max-age": (*_JUDGED, *_ONWARD),
    "--expired": (*_JUDGED, *_ONWARD),
    "--then": (UNTIL,),
    "--session": _ONWARD,
    "--endpoint": _ONWARD,
    "--model": _ONWARD,
    "--key-env": _ONWARD,
    "--cassette": _ONWARD,
    "--only": (AGAIN,),
    "--shard": (AGAIN,),
    "--jobs": (AGAIN,),
    "--turn": (AGAIN,),
    "--fail-fast": (AGAIN,),
    "--format": _JUDGED,
    "-o": WAYS,
}
"""Each option that chooses no way, and the ways that heed it."""
_CHOOSE = {"--serve": SERVE, "--faults": FAULTS, "--until": UNTIL, "--from": FROM, "--determinism": STUDY}
_SEE = "see: nexdiag replay --help"


def asked_in(ctx: "typer.Context") -> tuple[str, ...]:
    """The options that stand on the command line, by the names that the table has for them."""
    named = [one for one in ctx.command.params if one.name is not None and one.param_type_name == "option"]
    sources = [(one, ctx.get_parameter_source(one.name or "")) for one in named]
    return tuple(name_of(one.opts) for one, source in sources if source is not None and source.name == "COMMANDLINE")


def name_of(spellings: Iterable[str]) -> str:
    """The name of an option in the table: its longest spelling."""
    return max(spellings, key=len)


def way_of(asked: Iterable[str], *, command: bool) -> str:
    """The one way that was asked for. Raises `UsageError` for several."""
    ways = [_CHOOSE[name] for name in asked if name in _CHOOSE]
    if command and STUDY not in ways:
        ways.append(COMMAND)
    if len(ways) > 1:
        raise UsageError(f"{_short(ways[0])} and {_short(ways[1])} do not go together", hint=f"one at a time; {_SEE}")
    return ways[0] if ways else AGAIN


def demand(way: str, asked: Iterable[str]) -> None:
    """Nothing that was asked for is ignored. Raises `UsageError` for an option that this way does not heed."""
    for name in asked:
        heeding = HEEDED.get(name, WAYS)
        if way not in heeding:
            listed = ", ".join(heeding[:-1]) + (" and " if heeding[1:] else "") + heeding[-1]
            raise UsageError(f"{name} is not for {way}: it is for {listed}", hint=_SEE)


def _short(way: str) -> str:
    return "--faults" if way == FAULTS else way
