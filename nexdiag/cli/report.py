"""`nexdiag report`."""

import io
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from nexdiag.cli.console import deliver, deliver_page, not_checked, progress, results, to_step_summary
from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    from nexdiag.core.run import Report

NAME = "report"
EXAMPLE = (
    "Example: nexdiag report cassettes/ --format html -o reports/cassettes.html; nexdiag report --curl 2; "
    "nexdiag report chat.cassette.jsonl --bundle"
)


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MD = "md"
    HTML = "html"


def command(
    cassettes: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recordings, directories of them, HAR, vcrpy, requests (default: the newest below cassettes/)."
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="text, html, md to paste, json, jsonl, or for a CI.")
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
    profile: Annotated[str | None, typer.Option(help="Judge as this server would.")] = None,
    turn: Annotated[int | None, typer.Option(help="This turn alone.", min=0)] = None,
    session: Annotated[str | None, typer.Option(help="This session alone.")] = None,
    curl: Annotated[
        int | None, typer.Option(help="A curl command that sends the request of this turn again.", min=0)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="In text: every turn and finding of a long run.")] = False,
    bundle: Annotated[bool, typer.Option("--bundle", help="Make one redacted file to attach to a bug report.")] = False,
    content: Annotated[
        bool, typer.Option("--content/--no-content", help="In the bundle: what was said, or lengths and digests.")
    ] = True,
    redact: Annotated[list[str] | None, typer.Option(help="In the bundle: what else is secret; a pattern.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a bundle that is there.")] = False,
) -> int:
    """Say what happened in a recording: the cause, the fix, the timeline. Exit 1 with errors or warnings.

    Errors that the log tells count, and so does what was expected of a live run and did not hold.
    """
    from nexdiag.report.visible import one_line
    from nexdiag.runner.reporting import newest

    _together(bundle=bundle, curl=curl is not None, form=form, narrowed=turn is not None or session is not None)
    if not bundle and (redact or force or not content):
        raise UsageError("--redact, --no-content and --force are of a bundle", hint="add: --bundle")
    if not cassettes:
        cassettes = [newest()]
        progress().print(f"the newest recording: {one_line(str(cassettes[0]), 1000)}")
    if output is not None:
        from nexdiag.runner.overwriting import keep_apart

        keep_apart(output, cassettes)
    if bundle:
        return _bundle(cassettes, output, profile, redact or [], content=content, force=force)
    if curl is not None:
        return _curl(cassettes, curl, session, output)
    return _report(cassettes, form, output, profile, turn, session, every=every)


def _together(*, bundle: bool, curl: bool, form: Format, narrowed: bool) -> None:
    """Raise for options that mean nothing beside each other."""
    if bundle and curl:
        raise UsageError("--bundle and --curl do not go together", hint="name one of them")
    if (bundle or curl) and form is not Format.TEXT:
        raise UsageError(f"--format means nothing beside --{'bundle' if bundle else 'curl'}", hint="leave it away")
    if bundle and narrowed:
        hint = "make a smaller recording first: nexdiag cassette prune"
        raise UsageError("a bundle is of a whole recording: not with --turn or --session", hint=hint)


def _report(
    cassettes: list[Path],
    form: Format,
    output: Path | None,
    profile: str | None,
    turn: int | None,
    session: str | None,
    *,
    every: bool,
) -> int:
    from nexdiag.report.summary import run_facts
    from nexdiag.runner.reporting import only, report_on

    report = report_on(cassettes, profile)
    if turn is not None or session is not None:
        report = only(report, turn, session)
    if form is Format.TEXT:
        _text(report, output, every=every)
        _next(cassettes, report)
    else:
        text = _written(report, form)
        (deliver_page if form is Format.HTML else deliver)(text, output)
        if form is Format.GITHUB:
            from nexdiag.report.run.github import step_summary

            to_step_summary(lambda already: step_summary(report, already=already))
    return int(any(run_facts(run).weighs for run in report.runs))


def _written(report: "Report", form: Format) -> str:
    from nexdiag.report.run.formats import PLACED, written
    from nexdiag.report.sources import NOWHERE

    if form not in PLACED:
        return written(form, report)
    from nexdiag.runner.sources import sources

    named = [run.cassette.name for run in report.runs if run.cassette.name]
    found = [finding.rule for run in report.runs for finding in run.findings]
    return written(form, report, sources(named, found, Path.cwd()) if named else NOWHERE)


def _text(report: "Report", output: Path | None, *, every: bool) -> None:
    """For a terminal; into a file without colour, in 100 columns."""
    from nexdiag.report import terminal

    if output is None:
        terminal.render(report, results(), every=every)
        return
    out = io.StringIO()
    plain = Console(file=out, width=100, no_color=True, highlight=False, markup=False, emoji=False)
    terminal.render(report, plain, every=every)
    deliver(out.getvalue(), output)


def _next(cassettes: list[Path], report: "Report") -> None:
    """The one command that is typed next: the page of the same."""
    from nexdiag.report.visible import visible
    from nexdiag.runner.place import page_path

    named = " ".join(shlex.quote(str(path)) for path in cassettes)
    if visible(named) != named or "\n" in named:  # a terminal would obey it
        named = "FILE"
    progress().print(f"Next: nexdiag report {named} --format html -o {page_path(report.title)}")


def _curl(cassettes: list[Path], number: int, session: str | None, output: Path | None) -> int:
    from nexdiag.report.cassette.single import curl, key_variables
    from nexdiag.runner.reporting import report_on, to_send_again

    report = report_on(cassettes)
    if len(report.runs) != 1:
        raise UsageError(f"--curl wants one recording, found {len(report.runs)}", hint="name one of them")
    exchange = to_send_again(report.runs[0], number, session)
    deliver(curl(exchange, report.runs[0].cassette.name), output)
    keys = " and ".join(f"${name}" for name in key_variables(exchange))
    note = f"; the key is taken from {keys}: it is not in the recording" if keys else ""
    progress().print(f"exchange {exchange.id}{note}")
    return 0


def _bundle(
    cassettes: list[Path], output: Path | None, profile: str | None, redact: list[str], *, content: bool, force: bool
) -> int:
    from nexdiag.runner.bundling.bundle import Wanted, bundle

    if len(cassettes) != 1:
        raise UsageError(f"--bundle takes one recording, found {len(cassettes)}", hint="name one of them")
    wanted = Wanted(profile=profile, patterns=tuple(redact), content=content, force=force)
    made = bundle(cassettes[0], output, wanted)
    typer.echo(f"wrote {made.path}   {made.size}")
    for line in made.holds:
        typer.echo(f"  {line}")
    not_checked([*made.left_out])
    for line in made.look_at:
        progress().print(f"look at: {line}")
    progress().print(f"Next: unzip -p {shlex.quote(str(made.path))} report.md")
    return 0
