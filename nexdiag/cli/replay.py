"""`nexdiag replay`: recordings again, offline: to our executor, to any client over HTTP, or to a command after `--`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.with_command import words_of
from nexdiag.core.errors import UsageError

NAME = "replay"
EXAMPLE = (
    "Example: nexdiag replay cassettes/; nexdiag replay cassettes/chat.cassette.jsonl --serve --port 9000; "
    'nexdiag replay -- ./my-agent "fix the failing test"; nexdiag replay chat --fault cut@2#5'
)
_END = "a command after --"


class Format(StrEnum):
    """What the verdicts are written as."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    MD = "md"


def command(
    ctx: typer.Context,
    cassettes: Annotated[
        list[str] | None,
        typer.Argument(help="Cassettes, directories, patterns, or names of recordings below cassettes/."),
    ] = None,
    serve: Annotated[  # noqa: ARG001 - `asked_in` reads it
        bool, typer.Option("--serve", help="Answer any client over HTTP until Ctrl-C.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Of the server; without it a free one.", min=0, max=65535)] = None,
    match: Annotated[
        str | None, typer.Option(help="Which recording answers a changed request: exact (none), prefix or turn.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="What does not count in a request: POINTER, POINTER=REGEX, or -NAME of a rule. Repeatable."),
    ] = None,
    speed: Annotated[str | None, typer.Option(help="max, 1 for the recorded pace, 10 for ten times as fast.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Pieces of streams: recorded, whole, byte, utf8 or data (cut inside them).")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Lay a fault over the recording, such as status:429@2,retry-after=1. Repeatable. none: no fault."
        ),
    ] = None,
    faults: Annotated[
        str | None, typer.Option(help="all: run our executor through each fault at each place, and tell it in a table.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What is left to chance is drawn by this number.")] = 0,
    tools: Annotated[str | None, typer.Option(help="recorded (none runs), or live.")] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="Where --tools live works (default: here).", metavar="DIR")
    ] = None,
    repeats: Annotated[bool, typer.Option("--repeats", help="A recording that was played may answer again.")] = False,
    unplayed: Annotated[
        bool | None, typer.Option("--allow-unplayed/--fail-unplayed", help="Recordings may be left over.")
    ] = None,
    until: Annotated[int | None, typer.Option(help="Play so many turns, then go on: see --then.", min=0)] = None,
    then: Annotated[str | None, typer.Option(help="live: what follows --until is said to an endpoint.")] = None,
    first: Annotated[
        int | None, typer.Option("--from", help="Record again from this turn on, into a new file.", min=1)
    ] = None,
    session_name: Annotated[
        str | None, typer.Option("--session", help="Which conversation, for --until and --from.", metavar="NAME")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("-e", "--endpoint", help="For what is said live (default: the recording's).")
    ] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="The same: the model.")] = None,
    key_variable: Annotated[
        str | None, typer.Option("--key-env", help="The same: take the key from this variable.")
    ] = None,
    cassette: Annotated[
        Path | None, typer.Option("--cassette", help="The new recording (default: the next name beside the old).")
    ] = None,
    determinism: Annotated[  # noqa: ARG001 - as above
        bool, typer.Option("--determinism", help="Replay several times, and name what varies in the requests.")
    ] = False,
    max_age: Annotated[str | None, typer.Option(help="How old a recording may be: 30d, 12h, 2w.")] = None,
    expired: Annotated[str | None, typer.Option(help="What becomes of an older one: warn or fail.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only recordings of this name or path, ! excludes. Repeatable.")
    ] = None,
    shard: Annotated[str | None, typer.Option(help="i/n: the i-th of n parts of the recordings.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", help="Processes; 0 for as many as there are cores.", min=0)
    ] = None,
    turn: Annotated[
        int | None, typer.Option(help="Only this turn, from 1: those before it are played unseen.", min=1)
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first recording that fails.")] = False,
    form: Annotated[Format, typer.Option("--format", help="Of the verdicts.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("-o", help="Write the verdicts to this file.")] = None,
) -> int:
    """Replay recorded conversations offline: each turn is exact, changed, missing or extra. Nothing ever goes live.

    By default our executor says the same again. Exit 0 exact, 1 different, 3 broken cassette, 4 nothing to replay.
    """
    from nexdiag.cli import replay_options as options
    from nexdiag.cli import replay_ways as ways

    if "" in (cassettes or ()):
        raise UsageError("a cassette was named by an empty text", hint="is a variable of the shell empty?")
    words = words_of(ctx)
    asked = [name for name in options.asked_in(ctx) if (name, form) != ("--format", Format.TEXT)]
    way = options.way_of(asked, command=words is not None)
    options.demand(way, asked)
    typed = ways.Typed(
        match=match, ignore=tuple(ignore or ()), speed=speed, split=split, faults=tuple(fault or ()), seed=seed,
        tools=tools, repeats=repeats, unplayed=unplayed, max_age=max_age, expired=expired,
    )  # fmt: skip
    how, defaults = ways.chosen(typed, workspace)
    told = ways.Told(form=form.value, output=output)
    paths = [Path(one) for one in cassettes or ()]
    ways.keep_apart(paths, output)
    if way == options.STUDY:
        return ways.study(paths, words, how, told)
    if words is not None:
        return ways.wrap(words, paths, how, told, port or 0)
    if way == options.SERVE:
        return ways.serve(paths, how, told, port or 0)
    if way == options.FAULTS:
        return ways.survive(paths, how, told, faults or "")
    if way in (options.UNTIL, options.FROM):
        live = ways.Live(
            until=until, first=first, then=then, session=session_name, endpoint=endpoint, model=model,
            key_variable=key_variable, cassette=cassette,
        )  # fmt: skip
        return ways.go_on(paths, how, told, live)
    if jobs is None and not how.live_tools:  # tools run one after the other, whatever is set
        jobs = defaults.jobs
    many = ways.Many(only=tuple(only or ()), shard=shard, jobs=jobs, fail_fast=fail_fast, turn=turn)
    return ways.again(paths, how, told, many)
