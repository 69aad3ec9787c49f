"""`nexdiag capture`: a scenario through our executor, or, after `--`, any command."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import deliver, progress
from nexdiag.cli.with_command import words_of
from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    from nexdiag.agent.setup import Wanted
    from nexdiag.core.scenario import Scenario

NAME = "capture"
EXAMPLE = (
    'Example: nexdiag capture -- ./my-agent "fix the failing test"; or: '
    "nexdiag capture two-messages -e http://127.0.0.1:8080 -m qwen3-coder"
)
_END = "--"


def command(
    ctx: typer.Context,
    scenario: Annotated[
        str | None, typer.Argument(help="What to say: a TOML file (docs/reference/scenario.md), or a name; see --list.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("-e", "--endpoint", help="For a scenario: where the model answers.")
    ] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="For a scenario: the model.")] = None,
    cassette: Annotated[
        Path | None, typer.Option("--cassette", help="Record into this file (default: cassettes/<endpoint>/<name>).")
    ] = None,
    upstream: Annotated[
        str | None, typer.Option(help="For a command: where its requests go (default: where it would have gone).")
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option("--log", help="For a command: record this log beside it, a file or a command. Repeatable."),
    ] = None,
    redact: Annotated[
        list[str] | None, typer.Option(help="Replace what fits this regular expression, too. Repeatable.")
    ] = None,
    live: Annotated[
        bool | None, typer.Option("--live/--no-live", help="For a command: a line for each exchange, as it ends.")
    ] = None,
    repeat: Annotated[
        int | None, typer.Option(help="For a scenario: play it so many times, each in a chat of its own.", min=1)
    ] = None,
    tools: Annotated[
        str | None, typer.Option(help="For a scenario: the tools that are allowed, with commas between.")
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option("--key-env", help="For a scenario: take the key from this variable.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="For a scenario: what kind of server it is, if you know.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the scenario is valid.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the scenarios that are shipped.")] = False,
) -> int:
    """Record a live conversation: a scenario through nex and its daemon, or any command that talks to a model.

    A scenario ends with a verdict, and exit code 1 if a turn broke. A command keeps its terminal and its exit code.
    """
    words = words_of(ctx)
    playing: dict[str, object] = {"-e": endpoint, "-m": model, "--key-env": key_variable, "--profile": profile}
    of_scenario: dict[str, object] = playing | {
        "--repeat": repeat,
        "--tools": tools,
        "--check": check or None,
        f"{scenario}": scenario,
    }
    of_command: dict[str, object] = {"--upstream": upstream, "--log": log or None, "--live": live}
    if listing:
        named: dict[str, object] = {
            words[0] if words else _END: words,
            "--cassette": cassette,
            "--redact": redact or None,
        }
        _demand_none(of_scenario | of_command | named, "a recording", "the list of scenarios")
        return _list()
    if words is not None:
        _demand_none(of_scenario, "a scenario", "a command")
        return _command(words, cassette, upstream, log or (), redact or (), live)
    _demand_none(of_command, "a command after --", "a scenario")
    played = _played(scenario, repeat, tools)
    if check:
        from nexdiag.capture.redaction.patterns import compiled
        from nexdiag.report import smoke as report

        _demand_none(playing | {"--cassette": cassette}, "playing it", "a check of the scenario alone")
        compiled(redact or ())
        deliver(report.checked(played, scenario or ""), None)
        return 0
    return _scenario(played, _target(endpoint, model, key_variable, profile), cassette, redact or ())


def _demand_none(options: Mapping[str, object], what: str, this: str) -> None:
    """Nothing that was asked for is ignored. Raises `UsageError`."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{name} is for {what}, and this is {this}", hint="see: nexdiag capture --help")


def _list() -> int:
    from nexdiag.report import smoke as report
    from nexdiag.runner.smoke.library import library

    deliver(report.listed(library()), None)
    return 0


def _command(
    words: tuple[str, ...],
    cassette: Path | None,
    upstream: str | None,
    log: Sequence[str],
    redact: Sequence[str],
    live: bool | None,
) -> int:
    import os

    from nexdiag.runner.wrapped import Wanted, wrapped

    wanted = Wanted(
        command=words, cassette=cassette, upstream=upstream, log=tuple(log), redact=tuple(redact), live=live
    )
    came = wrapped(wanted, environment=os.environ, told=progress().print)
    came.demand_recorded()
    return came.code


def _played(given: str | None, repeat: int | None, tools: str | None) -> "Scenario":
    from nexdiag.runner.smoke.library import adjusted, find

    if given is None:
        hint = 'nexdiag capture SCENARIO -e URL -m MODEL, or: nexdiag capture -- ./my-agent "hi"'
        raise UsageError("a scenario, or a command after --, is wanted", hint=hint)
    if tools is not None:
        return adjusted(find(given), repeat=repeat, tools=[name.strip() for name in tools.split(",") if name.strip()])
    return adjusted(find(given), repeat=repeat)


def _target(endpoint: str | None, model: str | None, key_variable: str | None, profile: str | None) -> "Wanted":
    from nexdiag.agent.setup import Wanted
    from nexdiag.lint import profiles

    if endpoint is None or model is None:
        missing = "-e URL" if endpoint is None else "-m MODEL"
        hint = "nexdiag capture two-messages -e http://127.0.0.1:8080 -m qwen3-coder"
        raise UsageError(f"{missing} is wanted: a scenario is played against a model", hint=hint)
    server = profiles.named(profile).name if profile else None
    return Wanted(url=endpoint, model=model, key_variable=key_variable, profile=server)


def _scenario(played: "Scenario", target: "Wanted", cassette: Path | None, redact: Sequence[str]) -> int:
    from nexdiag.report import smoke as report
    from nexdiag.runner.place import cassette_path, next_recording
    from nexdiag.runner.smoke.live import Interrupted, smoke

    console = progress()
    path = cassette or next_recording(cassette_path(target.url or "", played.name))
    console.print(report.heading(played, target.url or "", target.model or ""))
    interrupted = False
    with tempfile.TemporaryDirectory(prefix="nexdiag-capture-") as scratch:
        try:
            done = smoke(
                played,
                target,
                state=Path(scratch) / "state",
                cassette=path.absolute(),
                redact=redact,
                told=lambda one: console.print(report.spoken(one, chats=played.repeat > 1)),
            )
        except Interrupted as stopped:
            done, interrupted = stopped.smoke, True
    files = [str(path), *(one.cassette.name for one in done.more)]
    deliver(report.verdict(played, done.spoken, done.runs, files=files, interrupted=interrupted), None)
    if interrupted:
        raise KeyboardInterrupt
    console.print(f"Next: nexdiag replay {path}" if done.passed else f"Next: nexdiag report {path}")
    return int(not done.passed)
