"""`nexdiag diff`."""

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import complain, deliver, not_checked, progress, to_step_summary
from nexdiag.core.errors import NexdiagError, UsageError

if TYPE_CHECKING:
    from nexdiag.core.comparison import Comparison
    from nexdiag.report.diff.notable import Way
    from nexdiag.runner.diffing.compare import How, Pair
    from nexdiag.runner.linting.choice import Choice

NAME = "diff"
EXAMPLE = (
    "Example: nexdiag diff passing.cassette.jsonl failing.cassette.jsonl; nexdiag diff before/ after/ --fail-on "
    "messages,tools; nexdiag diff chat.cassette.jsonl --replay; nexdiag diff --schema before/ after/"
)


class Format(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MD = "md"
    HTML = "html"


class Mode(StrEnum):
    """How strictly it is read."""

    REPLAY = "replay"
    RUN = "run"


def command(
    left: Annotated[Path, typer.Argument(help="What was: a recording, request, HAR, vcrpy file, a directory, or -.")],
    right: Annotated[Path | None, typer.Argument(help="What is; left away with --replay.")] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Compare with its own replay by our executor.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Compare the shapes of what was sent and answered, as nexdiag drift does.")
    ] = False,
    form: Annotated[
        Format,
        typer.Option("--format", help="text, html, md to paste, json, jsonl (one line a difference), or for a CI."),
    ] = Format.TEXT,
    mode: Annotated[
        Mode | None,
        typer.Option(help="replay: exact; run: two live runs, a model's words without weight. [by answers]"),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(help="What differs for exit 1: aspects, findings, none; with --schema a weight. [all but timing]"),
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
    if output is not None:
        from nexdiag.runner.overwriting import keep_apart

        keep_apart(output, [one for one in (left, right) if one is not None], what="what is compared")
    if schema:
        _alone("--schema", replay=replay, mode=mode is not None, turn=turn is not None, all=every)
        return _schema(left, right, form, fail_on or [], ignore or [], output)
    if replay == (right is not None):
        what = "--replay wants one recording" if replay else "a second recording is missing"
        raise UsageError(what, hint="nexdiag diff A B; or nexdiag diff A --replay")
    from nexdiag.runner.diffing.compare import How, fails, fails_on

    how = How(
        mode=mode.value if mode is not None else "",
        ignored=tuple(ignore or ()),
        turn=turn,
        fails=fails_on(fail_on or ()),
    )
    bad: list[NexdiagError] = []
    found = _page(left, right, how, output) if form is Format.HTML else _found(left, right, how, bad)
    if found and form is not Format.HTML:
        _written(found, form, output, how, every=every)
    for error in bad:
        complain(error.what, error.hint, error)
    if bad:
        return NexdiagError.exit_code
    _next(found, (left, right), turn, every=every)
    return int(any(fails(one, how) for one in found))


def _alone(option: str, **others: bool) -> None:
    """Raise where an option is given that means nothing beside this one."""
    idle = next((name for name, given in others.items() if given), None)
    if idle is not None:
        hint = f"leave one of the two away: {option}, --{idle}"
        raise UsageError(f"--{idle} means nothing beside {option}", hint=hint)


def _schema(
    left: Path, right: Path | None, form: Format, fail_on: list[str], ignore: list[str], output: Path | None
) -> int:
    """How the shapes changed, by the formats and weights of `nexdiag drift`."""
    from nexdiag.cli import drift
    from nexdiag.runner.drifting import compared

    if right is None:
        raise UsageError("a second corpus is missing", hint="nexdiag diff --schema OLD NEW")
    known = [str(one) for one in drift.Format]
    if form not in known:
        raise UsageError(f"--schema has no format {form.value}", hint=f"it is one of: {', '.join(known)}")
    weights = [str(one) for one in drift.FailOn]
    if len(fail_on) > 1 or not set(fail_on) <= set(weights):
        what = f"--fail-on {' '.join(fail_on)} is no weight"
        raise UsageError(what, hint=f"beside --schema it is one of: {', '.join(weights)}")
    weight = drift.FailOn(fail_on[0]) if fail_on else drift.FailOn.WARNING
    bad: list[NexdiagError] = []
    found = compared([left], [right], ignore=tuple(ignore), bad=bad)
    return drift.told(found, drift.Format(form.value), output, weight, bad)


def _choice() -> "Choice":
    from nexdiag.runner.linting.choice import choice_of
    from nexdiag.runner.settings import lint_defaults

    return choice_of(lint_defaults(os.environ, Path.cwd()))


def _found(left: Path, right: Path | None, how: "How", bad: list[NexdiagError]) -> "list[Comparison]":
    from nexdiag.runner.diffing.compare import compare_paths

    if right is None:
        return [_replayed(left, how).found]
    return list(compare_paths(left, right, how, _choice(), bad))


def _replayed(path: Path, how: "How") -> "Pair":
    from nexdiag.runner.diffing.again import compare_replay

    return compare_replay(path, how, _choice())


def _page(left: Path, right: Path | None, how: "How", output: Path | None) -> "list[Comparison]":
    """The page of one pair, which holds both recordings."""
    from nexdiag.report.diff.html import render
    from nexdiag.report.limits import too_large
    from nexdiag.runner.diffing.compare import compare_two

    pair = _replayed(left, how) if right is None else compare_two(left, right, how, _choice())
    page = render(pair.found, pair.left, pair.right)
    deliver(page, output)
    if warning := too_large(len(page)):
        progress().print(warning, markup=False)
    return [pair.found]


def _written(found: "list[Comparison]", form: Format, output: Path | None, how: "How", *, every: bool) -> None:
    from nexdiag.report.diff.formats import FORMATS, HOLD_UNCHECKED
    from nexdiag.report.diff.notable import Way

    way = Way(fails=how.fails, unfolded=every, chosen=not how.mode and all(one.right.kind != "replay" for one in found))
    deliver(FORMATS[form](found, _placed(found, form, way)), output)
    if form is Format.GITHUB:
        from nexdiag.report.diff.github import step_summary

        to_step_summary(lambda already: step_summary(found, way, already=already))
    if form not in HOLD_UNCHECKED or (form is Format.TEXT and output is not None):
        not_checked([line for one in found for line in one.unchecked])


def _placed(found: "list[Comparison]", form: Format, way: "Way") -> "Way":
    """With what is known of the files, for the formats that name places in them."""
    import msgspec

    from nexdiag.report.diff.formats import PLACED
    from nexdiag.runner.sources import sources

    if form not in PLACED:
        return way
    names = [side.name for one in found for side in (one.left, one.right)]
    rules = [finding.rule for one in found for finding in one.findings.new]
    return msgspec.structs.replace(way, sources=sources(names, rules, Path.cwd()))


def _next(found: "list[Comparison]", sides: tuple[Path, Path | None], turn: int | None, *, every: bool) -> None:
    """The one next command; what stands behind it is a comment, so that the line can be pasted."""
    from nexdiag.report.diff.told import follows
    from nexdiag.report.visible import one_line

    failing = next((one for one in found if one.explanation is not None), None)
    if failing is not None and failing.explanation is not None:
        side = failing.left if failing.explanation.failing == "left" else failing.right
        said = f"nexdiag lint {shlex.quote(side.name)} # what to change"
    elif not every and any(map(follows, found)):
        names = [shlex.quote(str(one)) for one in sides if one is not None]
        options = ["--replay"] * (sides[1] is None) + ["--turn", str(turn)] * (turn is not None)
        said = f"nexdiag diff {' '.join([*names, *options])} --all # what follows from it"
    else:
        return
    progress().print(one_line(f"Next: {said}", 2000), markup=False, soft_wrap=True)
