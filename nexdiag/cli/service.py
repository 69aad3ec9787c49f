"""`nexdiag service`: the daemon that hosts chats."""

import os
import sys
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress, results
from nexdiag.core.errors import DaemonError, NexdiagError, NothingToDo, UsageError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Directory = Annotated[Path | None, typer.Option("--dir", help="The state directory (default: the nearest .nexdiag).")]
Cassette = Annotated[Path | None, typer.Option("--cassette", help="Record everything that passes into this file.")]


def state_of(directory: Path | None) -> Path:
    """The state directory that is meant; it has a config."""
    from nexdiag.agent import config

    state = config.find_state(directory, os.environ, Path.cwd())
    config.read(state)
    return state


@app.command(epilog="Example: nexdiag service start --cassette smoke.cassette.jsonl")
def start(directory: Directory = None, cassette: Cassette = None) -> None:
    """Start the daemon in the background; it answers when this returns."""
    from nexdiag.agent.daemon import lifecycle

    state = state_of(directory)
    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    if cassette is not None:
        command += ["--cassette", str(cassette.absolute())]
    running = lifecycle.start(state, command)
    if cassette is not None and not running.fresh:
        what = f"the daemon (PID {running.pid}) was already running: nothing is recorded into {cassette}"
        raise DaemonError(what, hint="end it first with: nexdiag service stop")
    how = "started" if running.fresh else "was already running"
    results().print(f"Service {how} (PID {running.pid})")
    progress().print(f"Log {state / 'service' / 'daemon.log'}")


@app.command(epilog="Example: nexdiag service stop")
def stop(
    directory: Directory = None, force: Annotated[bool, typer.Option(help="End it at once, in mid-turn.")] = False
) -> None:
    """End the daemon. Questions that it has not answered are answered by the next one."""
    from nexdiag.agent.daemon import lifecycle

    pid = lifecycle.stop(state_of(directory), force=force)
    results().print("Service was not running" if pid is None else f"Service stopped (PID {pid})")


@app.command(epilog="Example: nexdiag service status")
def status(directory: Directory = None) -> int:
    """Say whether the daemon runs; exit 3 if it does not."""
    from nexdiag.agent.daemon import lifecycle

    running = lifecycle.status(state_of(directory))
    if running is None:
        results().print("Service is not running")
        return NexdiagError.exit_code
    results().print(f"Service is running (PID {running.pid}, since {running.started_at}, {running.chats} chats)")
    return 0


@app.command(epilog="Example: nexdiag service logs -n 50")
def logs(
    directory: Directory = None, lines: Annotated[int, typer.Option("-n", help="How many lines.", min=1)] = 20
) -> None:
    """Print the end of the daemon's log."""
    path = state_of(directory) / "service" / "daemon.log"
    try:
        with path.open(errors="replace") as file:
            for line in deque(file, maxlen=lines):
                typer.echo(line, nl=False)
    except FileNotFoundError as error:
        raise NothingToDo(f"no log at {path}", hint="start the daemon with: nexdiag service start") from error


@app.command(epilog="Example: nexdiag service run")
def run(
    directory: Directory = None,
    cassette: Cassette = None,
    scenario: Annotated[Path | None, typer.Option(help="What will be played, for the recording's header.")] = None,
) -> None:
    """Run the daemon in the foreground, until SIGINT or SIGTERM."""
    from nexdiag.runner import host
    from nexdiag.runner.load import load_scenario

    if scenario is not None and cassette is None:
        raise UsageError("--scenario goes into a recording, and none is made", hint="add: --cassette FILE")
    played = load_scenario(scenario) if scenario is not None else None
    trouble = host.run(state_of(directory), cassette, played)
    if trouble is not None:
        raise NexdiagError(trouble, hint="everything up to there is in the file")
