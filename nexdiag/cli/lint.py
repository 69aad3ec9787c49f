"""`nexdiag lint`."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import complain, deliver, deliver_page, not_checked, progress, to_step_summary
from nexdiag.core.errors import NexdiagError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nexdiag.core.judged import Judged
    from nexdiag.runner.linting.choice import Choice

NAME = "lint"
EXAMPLE = (
    "Example: nexdiag lint cassettes/ --profile vllm; nexdiag lint chat.cassette.jsonl --against vllm,mistral,openai; "
    "nexdiag lint --format jsonl - < exchanges.jsonl"
)
_ANSWERS = ("text", "md", "json")


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
        list[Path] | None,
        typer.Argument(help="Recordings, directories of them, requests, exchanges, HAR, vcrpy, state directories; -."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="text, json, jsonl (one line a finding or exchange), or for a CI.")
    ] = Format.TEXT,
    profile: Annotated[
        str | None, typer.Option(help="Judge as this server would, whatever the recording says; ? lists them.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Render the model's own chat template: a file, or the URL of a llama.cpp.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A,B,C: which requests each of these servers would refuse, and why.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Print safe repairs as a diff; with -o write the result.")] = False,
    select: Annotated[list[str] | None, typer.Option(help="Only these rules, by name, code or family.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Not these rules.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")] = None,
) -> int:
    """Name message, field and fix of every fault in recordings and requests. Exit 1 with errors or warnings."""
    if "?" in (profile, against):
        return _profiles()
    if not files:
        hint = "name a recording, a directory of them, a request or a state directory; - is stdin"
        raise UsageError("nothing is named to judge", hint=hint)
    if output is not None:
        from nexdiag.runner.overwriting import keep_apart

        keep_apart(output, files, what="what is judged")
    if against is not None:
        _alone("--against", fix=fix, template=template is not None, profile=profile is not None)
        return _against(files, against, _choice(None, select, ignore, None), form, output)
    choice = _choice(profile, select, ignore, template)
    if fix:
        _alone("--fix", template=template is not None, format=form is not Format.TEXT)
        return _fix(files, choice, output)
    return _judge(files, choice, form, output)


def _alone(option: str, **others: bool) -> None:
    """Raise where an option is given that means nothing beside this one."""
    idle = next((name for name, given in others.items() if given), None)
    if idle is not None:
        hint = f"leave one of the two away: {option}, --{idle}"
        raise UsageError(f"--{idle} means nothing beside {option}", hint=hint)


def _choice(profile: str | None, select: list[str] | None, ignore: list[str] | None, template: str | None) -> "Choice":
    from nexdiag.runner.linting.choice import choice_of
    from nexdiag.runner.settings import lint_defaults

    made = None
    if template is not None:
        from nexdiag.runner.linting.template import Templates, read_template

        made = Templates(read_template(template))
    settings = lint_defaults(os.environ, Path.cwd())
    words = tuple(word for text in select or () for word in text.split(","))
    unwanted = tuple(word for text in ignore or () for word in text.split(","))
    return choice_of(settings, profile=profile, select=words, ignore=unwanted, template=made)


def _judge(files: list[Path], choice: "Choice", form: Format, output: Path | None) -> int:
    from nexdiag.report.lint.formats import FORMATS, HOLD_UNCHECKED, PLACED, placed
    from nexdiag.runner.linting.judge import judge_paths
    from nexdiag.runner.sources import sources

    bad: list[NexdiagError] = []
    judged = judge_paths(files, choice, bad)
    if not judged:
        return _ended(bad, NexdiagError.exit_code)
    if form in PLACED:
        named, found = [one.file for one in judged], [finding.rule for one in judged for finding in one.findings]
        deliver(placed(form, judged, sources(named, found, Path.cwd())), output)
    else:
        (deliver_page if form is Format.HTML else deliver)(FORMATS[form](judged), output)
    if form is Format.GITHUB:
        from nexdiag.report.lint.github import step_summary

        to_step_summary(lambda already: step_summary(judged, already=already))
    if form not in HOLD_UNCHECKED or (form is Format.TEXT and output is not None):
        not_checked([*_unchecked(judged)])
    return _ended(bad, int(any(finding.weighs for one in judged for finding in one.findings)))


def _unchecked(judged: "list[Judged]") -> "Iterator[str]":
    """In one line each, but of exchanges that lack an answer in one for all of them."""
    for one in judged:
        if not one.bare:
            yield from (f"{one.file}: {text}" for text in one.unchecked)
    lacking = sum(1 for one in judged if one.bare and one.unchecked)
    if lacking:
        yield f"the answers of {lacking} exchanges: not given" if lacking > 1 else "the answer of 1 exchange: not given"


def _ended(bad: list[NexdiagError], code: int) -> int:
    """Tell what could not be read; then the exit code is that of an error."""
    for error in bad:
        complain(error.what, error.hint, error)
    return NexdiagError.exit_code if bad else code


def _against(files: list[Path], names: str, choice: "Choice", form: Format, output: Path | None) -> int:
    from nexdiag.report.lint.portability import FORMS
    from nexdiag.runner.linting.against import servers_of, tables

    if form not in _ANSWERS:
        raise UsageError(f"--against has no format {form.value}", hint=f"it is one of: {', '.join(_ANSWERS)}")
    bad: list[NexdiagError] = []
    made = tables(files, servers_of(names), choice, bad)
    if made:
        deliver(FORMS[form](made), output)
    return _ended(bad, int(any(table.refused(at) for table in made for at in range(len(table.servers)))))


def _fix(files: list[Path], choice: "Choice", output: Path | None) -> int:
    from nexdiag.report.lint.repairs import diff, written
    from nexdiag.runner.linting.fix import repaired

    bad: list[NexdiagError] = []
    done = repaired(files, choice, bad)
    if output is not None and done and len(done) != 1:
        hint = "name one request, or leave -o away for the diff"
        raise UsageError(f"-o takes one repaired request, found {len(done)}", hint=hint)
    told = progress()
    for one in done:
        for text in one.made:
            told.print(f"{one.name}: {text}", markup=False)
        for text in one.left:
            told.print(f"{one.name}: no safe repair: {text}", markup=False)
        if output is None:
            deliver(diff(one.before, one.after, name=one.name), None)
        if not one.made:
            told.print(f"{one.name}: nothing to repair" + (" safely" if one.left else ""), markup=False)
    if output is not None and any(one.made for one in done):
        deliver(written(done[0].after), output)
    return _ended(bad, int(any(one.left for one in done) or (output is None and any(one.made for one in done))))


def _profiles() -> int:
    from nexdiag.lint import profiles

    width = max(len(one.name) for one in profiles.NAMED)
    deliver("\n".join(f"{one.name:<{width}}  {one.title}" for one in profiles.NAMED), None)
    return 0
