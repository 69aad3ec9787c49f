"""`nexdiag drift`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import complain, deliver, not_checked, progress, to_step_summary
from nexdiag.core.errors import NexdiagError, UsageError

if TYPE_CHECKING:
    from nexdiag.core.drift import Drift

NAME = "drift"
EXAMPLE = (
    "Example: nexdiag drift cassettes/ --write shape.json; later: nexdiag drift cassettes/ --baseline shape.json; "
    "against the published shapes: nexdiag drift cassettes/"
)


class Format(StrEnum):
    """How changes are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MD = "md"


class FailOn(StrEnum):
    """The least weight at which the exit code is 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Who(StrEnum):
    """Who breaks, from everybody to nobody."""

    WIRE = "wire"
    TYPED = "typed"
    BEHAVIOUR = "behaviour"
    COSMETIC = "cosmetic"


def command(
    corpus: Annotated[
        list[Path] | None, typer.Argument(help="Recordings, directories of them, HAR or vcrpy files; - is stdin.")
    ] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option(help="Compare with this: a file of --write, recordings, or a directory. Repeatable."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the shape of the corpus to this file, and compare nothing.")
    ] = None,
    server: Annotated[
        list[str] | None, typer.Option(help="Only what this server answered: a name, or with its version.")
    ] = None,
    baseline_server: Annotated[
        list[str] | None, typer.Option(help="The same for the baseline; without --baseline, in the corpus itself.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="For reading, for scripts, or for a CI.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="Exit 1 from this weight on.")] = FailOn.WARNING,
    who: Annotated[
        Who,
        typer.Option(help="Only what breaks everybody (no JSON), also clients with types, also agents, or all."),
    ] = Who.COSMETIC,
    ignore: Annotated[list[str] | None, typer.Option(help="Not this: a fingerprint, or a pointer. Repeatable.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes that read (default: by size).")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
) -> int:
    """Tell how the shape of requests and answers changed: fields gone, null, retyped."""
    if not corpus:
        raise UsageError("nothing is named to look at", hint="name a recording or a directory of them")
    for option, file in (("--write", write), ("-o", output)):
        _apart(option, file, [*corpus, *(baseline or ())])
    bad: list[NexdiagError] = []
    if write is not None:
        if baseline or baseline_server or server:
            raise UsageError("--write compares nothing", hint="leave --baseline and --server away")
        return _write(corpus, write, jobs, bad)
    from nexdiag.runner.drifting import against_shapes, compared

    servers, ignored = tuple(server or ()), tuple(ignore or ())
    if baseline or baseline_server:
        drift = compared(
            baseline or corpus,
            corpus,
            ignore=ignored,
            old_servers=tuple(baseline_server or ()),
            new_servers=servers,
            who=who,
            jobs=jobs,
            bad=bad,
        )
    else:
        drift = against_shapes(corpus, ignore=ignored, servers=servers, who=who, jobs=jobs, bad=bad)
    return told(drift, form, output, fail_on, bad)


def _apart(option: str, file: Path | None, read: list[Path]) -> None:
    """Raise where what is written would take the place of what is read, or looks like a recording."""
    if file is None:
        return
    from nexdiag.core.cassette import SUFFIX
    from nexdiag.runner.drifting.corpus import recorded_beside
    from nexdiag.runner.overwriting import keep_apart

    if file.name.endswith(SUFFIX) or file.is_dir():
        raise UsageError(f"{option} {file} would take the place of what is read", hint="name a file: shape.json")
    keep_apart(file, [*read, *recorded_beside(file, read)], option=option)


def told(drift: "Drift", form: Format, output: Path | None, fail_on: FailOn, bad: list[NexdiagError]) -> int:
    """Deliver a drift; give the exit code."""
    from nexdiag.report.drift.formats import FORMATS, HOLD_UNCHECKED, PLACED

    if form in PLACED:
        from nexdiag.report.drift.formats import placed
        from nexdiag.runner.drifting.placed import placed as places

        deliver(placed(form, drift, places(drift, Path.cwd())), output)
    else:
        deliver(FORMATS[form](drift), output)
    if form is Format.GITHUB:
        from nexdiag.report.drift.github import step_summary

        to_step_summary(lambda already: step_summary(drift, already=already))
    if form not in HOLD_UNCHECKED:
        not_checked(list(drift.unchecked))
    weights = [] if fail_on is FailOn.NEVER else [str(one) for one in FailOn][: list(FailOn).index(fail_on) + 1]
    return _ended(bad, int(any(str(one.severity) in weights for one in drift.changes)))


def _write(corpus: list[Path], file: Path, jobs: int | None, bad: list[NexdiagError]) -> int:
    from nexdiag.runner.drifting.sides import baseline

    deliver(baseline(corpus, jobs=jobs, bad=bad).decode(), file)
    progress().print(f"Next: nexdiag drift CORPUS --baseline {file}", markup=False)
    return _ended(bad, 0)


def _ended(bad: list[NexdiagError], code: int) -> int:
    """Tell what could not be read; then the exit code is that of an error."""
    for error in bad:
        complain(error.what, error.hint, error)
    return NexdiagError.exit_code if bad else code
