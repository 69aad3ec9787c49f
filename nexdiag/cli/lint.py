"""`nexdiag lint`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import deliver, not_checked

NAME = "lint"
EXAMPLE = "Example: nexdiag lint cassettes/ --profile vllm; or: nexdiag lint --format jsonl - < exchanges.jsonl"


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MD = "md"
    HTML = "html"


def command(
    files: Annotated[
        list[Path], typer.Argument(help="Cassettes, directories of them, requests, exchanges; - is stdin.")
    ],
    form: Annotated[
        Format, typer.Option("--format", help="text, json, jsonl (one line a finding or exchange), or for a CI.")
    ] = Format.TEXT,
    profile: Annotated[
        str | None, typer.Option(help="Judge as this server would, whatever the recording says.")
    ] = None,
    select: Annotated[list[str] | None, typer.Option(help="Only these rules, by name or code.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Not these rules.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
) -> int:
    """Name message, field and fix of every fault in recordings and requests. Exit 1 with errors or warnings."""
    from nexdiag.report.lint.formats import FORMATS, TELL_UNCHECKED
    from nexdiag.runner.subjects import Choice, judge_paths

    choice = Choice(profile=profile, select=tuple(select or ()), ignore=tuple(ignore or ()))
    judged = judge_paths(files, choice)
    deliver(FORMATS[form](judged), output)
    if form not in TELL_UNCHECKED or (form is Format.TEXT and output is not None):
        not_checked([f"{one.file}: {text}" for one in judged for text in one.unchecked])
    return int(any(finding.weighs for one in judged for finding in one.findings))
