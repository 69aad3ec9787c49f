"""`nexdiag report`."""

import io
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from nexdiag.cli.console import deliver, progress, results

if TYPE_CHECKING:
    from nexdiag.core.run import Report

NAME = "report"
EXAMPLE = "Example: nexdiag report cassettes/ --format html -o reports/cassettes.html"


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"


def command(
    cassettes: Annotated[
        list[Path] | None,
        typer.Argument(help="Cassettes, or directories of them (default: the newest below cassettes/)."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="text, html or json.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
    profile: Annotated[str | None, typer.Option(help="Judge as this server would.")] = None,
) -> int:
    """Say what happened in a recording: the cause, the fix, the timeline. Exit 1 with errors or warnings.

    Errors that the log tells count, and so does what was expected of a live run and did not hold.
    """
    from nexdiag.report import html, json, terminal
    from nexdiag.report.summary import run_facts
    from nexdiag.report.visible import one_line
    from nexdiag.runner.place import page_path
    from nexdiag.runner.reporting import newest, report_on

    if not cassettes:
        cassettes = [newest()]
        progress().print(f"the newest recording: {one_line(str(cassettes[0]), 1000)}")
    report = report_on(cassettes, profile)
    if form is Format.TEXT and output is None:
        terminal.render(report, results())
    else:
        render = {Format.HTML: html.render, Format.JSON: json.report_json, Format.TEXT: _text}[form]
        deliver(render(report), output)
    if form is Format.TEXT:
        named = " ".join(shlex.quote(str(path)) for path in cassettes)
        progress().print(f"Next: nexdiag report {named} --format html -o {page_path(report.title)}")
    return int(any(run_facts(run).weighs for run in report.runs))


def _text(report: "Report") -> str:
    """The terminal's report for a file: no colour, 100 columns."""
    from nexdiag.report import terminal

    out = io.StringIO()
    terminal.render(report, Console(file=out, width=100, no_color=True, highlight=False, markup=False, emoji=False))
    return out.getvalue()
