"""`nexdiag diff`."""

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import complain, deliver, not_checked, progress
from nexdiag.core.errors import NexdiagError, UsageError

if TYPE_CHECKING:
    from nexdiag.core.comparison import Comparison
    from nexdiag.runner.diffing.compare import How

NAME = "diff"
EXAMPLE = (
    "Example: nexdiag diff passing.cassette.jsonl failing.cassette.jsonl; nexdiag diff before/ after/ --fail-on "
    "messages,tools; nexdiag diff chat.cassette.jsonl --replay"
)


class Format(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Mode(StrEnum):
    """How strictly it is read."""

    REPLAY = "replay"
    RUN = "run"


def command(
    left: Annotated[Path, typer.Argument(help="What was: a recording, request, HAR, vcrpy file, a directory, or -.")],
    right: Annotated[Path | None, typer.Argument(help="What is; left away with --replay.")] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Compare with its own replay by our executor.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="text, json, or jsonl (one line a difference).")
    ] = Format.TEXT,
    mode: Annotated[
        Mode | None,
        typer.Option(help="replay: exact; run: two live runs, a model's words without weight. [by answers]"),
    ] = None,
    fail_on: Annotated[
        list[str] | None, typer.Option(help="What differs for exit 1: aspects, findings, none. [all but timing]")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Set aside too: an aspect, a POINTER or POINTER=REGEX; -NAME keeps a rule off."),
    ] = None,
    turn: Annotated[int | None, typer.Option(help="Only this turn.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show what an earlier difference brought about as well.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
) -> int:
    """Compare two recordings turn by turn: the first divergence, what follows, what explains a failure."""
    from nexdiag.runner.diffing.compare import How, fails, fails_on

    how = How(
        mode=mode.value if mode is not None else "",
        ignored=tuple(ignore or ()),
        turn=turn,
        fails=fails_on(fail_on or ()),
    )
    if replay == (right is not None):
        what = "--replay wants one recording" if replay else "a second recording is missing"
        raise UsageError(what, hint="nexdiag diff A B; or nexdiag diff A --replay")
    bad: list[NexdiagError] = []
    found = _found(left, right, how, bad)
    if found:
        _written(found, form, output, every=every)
    for error in bad:
        complain(error.what, error.hint, error)
    if bad:
        return NexdiagError.exit_code
    _next(found, left, right)
    return int(any(fails(one, how) for one in found))


def _found(left: Path, right: Path | None, how: "How", bad: list[NexdiagError]) -> "list[Comparison]":
    from nexdiag.runner.diffing.compare import compare_paths
    from nexdiag.runner.linting.choice import choice_of
    from nexdiag.runner.settings import lint_defaults

    choice = choice_of(lint_defaults(os.environ, Path.cwd()))
    if right is None:
        from nexdiag.runner.diffing.again import compare_replay

        return [compare_replay(left, how, choice)]
    return list(compare_paths(left, right, how, choice, bad))


def _written(found: "list[Comparison]", form: Format, output: Path | None, *, every: bool) -> None:
    from nexdiag.report.diff.formats import FORMATS, HOLD_UNCHECKED

    deliver(FORMATS[form](found, unfolded=every), output)
    if form not in HOLD_UNCHECKED or (form is Format.TEXT and output is not None):
        not_checked([line for one in found for line in one.unchecked])


def _next(found: "list[Comparison]", left: Path, right: Path | None) -> None:
    """The one next command."""
    told = next((one.explanation for one in found if one.explanation is not None), None)
    failing = next((one for one in found if one.explanation is not None), None)
    if told is not None and failing is not None:
        side = failing.left if told.failing == "left" else failing.right
        progress().print(f"Next: nexdiag lint {shlex.quote(side.name)}      what to change", markup=False)
    elif any(one.first is not None for one in found):
        sides = " ".join(shlex.quote(str(one)) for one in (left, right) if one is not None)
        flag = " --replay" if right is None else ""
        progress().print(f"Next: nexdiag diff {sides}{flag} --all      what follows from it", markup=False)
