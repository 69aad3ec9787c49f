"""`nexdiag service`: the daemon that hosts chats."""

import contextlib
import datetime as dt
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import deliver, progress, results
from nexdiag.core.errors import DaemonError, NexdiagError, NothingToDo, UsageError

_POLL = 0.2
_LONGEST = 400

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Directory = Annotated[Path | None, typer.Option("--dir", help="The state directory (default: the nearest .nexdiag).")]
Cassette = Annotated[Path | None, typer.Option("--cassette", help="Record everything that passes into this file.")]
Redact = Annotated[
    list[str] | None, typer.Option("--redact", help="In the recording, replace what fits this expression. Repeatable.")
]


def state_of(directory: Path | None) -> Path:
    """The state directory that is meant; it has a config."""
    from nexdiag.agent import config

    state = config.find_state(directory, os.environ, Path.cwd())
    config.read(state)
    return state


@app.command(epilog="Example: nexdiag service start --cassette smoke.cassette.jsonl")
def start(directory: Directory = None, cassette: Cassette = None, redact: Redact = None) -> None:
    """Start the daemon in the background; it answers when this returns."""
    from nexdiag.capture.redaction.patterns import compiled

    if redact and cassette is None:
        raise UsageError("--redact is for a recording, and none is made", hint="add: --cassette FILE")
    compiled(redact or ())
    _start(state_of(directory), cassette, redact or ())


@app.command(epilog="Example: nexdiag service restart")
def restart(directory: Directory = None, cassette: Cassette = None) -> None:
    """End the daemon if one runs, and start another: a changed config counts, and paused chats go on.

    If the old one recorded, so does the new one: into a file with the next number, unless another is named, and with
    the same redactions.
    """
    from nexdiag.agent.daemon import lifecycle, redactions
    from nexdiag.agent.daemon.place import ServicePlace
    from nexdiag.runner.place import next_recording
    from nexdiag.runner.redaction import patterns_for, redactions_of

    state = state_of(directory)
    running = lifecycle.status(state)
    patterns: tuple[str, ...] = ()
    if running is not None and running.recording is not None:
        mine = redactions.kept(ServicePlace(state).redactions)
        patterns = patterns_for(redactions_of(Path(running.recording)), mine)
    pid = lifecycle.stop(state)
    if pid is not None:
        progress().print(f"Service stopped (PID {pid})")
    if cassette is None and running is not None and running.recording is not None:
        cassette = next_recording(Path(running.recording))
        progress().print(f"Recording into {cassette}")
    _start(state, cassette, patterns)


def _start(state: Path, cassette: Path | None, redact: Sequence[str] = ()) -> None:
    from nexdiag.agent.daemon import lifecycle, redactions

    command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
    if cassette is not None:
        command += ["--cassette", str(cassette.absolute())]
    if lifecycle.status(state) is None:  # else they are those of the one that runs
        if redact:
            command += ["--redact-file", str(redactions.keep(state, redact).absolute())]
        else:
            redactions.forget(state)
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
    from nexdiag.agent.daemon import care, lifecycle
    from nexdiag.report.visible import one_line

    state = state_of(directory)
    running = lifecycle.status(state)
    if running is None:
        results().print("Service is not running")
        return NexdiagError.exit_code
    results().print(f"Service is running (PID {running.pid}, since {running.started_at}, {running.chats} chats)")
    lines = [f"Uptime {dt.timedelta(seconds=round(running.uptime))}", f"Socket {running.socket}"]
    lines += [f"Recording into {running.recording}"] if running.recording is not None else []
    lines += [f"Trouble {running.trouble}"] if running.trouble is not None else []
    for chat in care.chats(state):
        stands = [word for word in ("running", "paused") if chat[word]]
        stands += [f"{chat['waiting']} waiting"] if chat["waiting"] else []
        if stands or not chat["archived"]:
            told = f"Chat {chat['chat_id']}: {chat['name']}, {chat['executor']} {chat['model']}, {chat['turns']} turns"
            lines.append(one_line(", ".join((told, *stands)), _LONGEST))
    deliver("\n".join(lines), None)
    return 0


@app.command(epilog="Example: nexdiag service logs -n 50; or: nexdiag service logs -f")
def logs(
    directory: Directory = None,
    lines: Annotated[int, typer.Option("-n", help="How many lines.", min=1)] = 20,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as it grows, until Ctrl-C.")] = False,
) -> None:
    """Print the end of the daemon's log."""
    from nexdiag.agent.daemon.log import Follower

    path = state_of(directory) / "service" / "daemon.log"
    if not path.exists() and not follow:
        raise NothingToDo(f"no log at {path}", hint="start the daemon with: nexdiag service start")
    with contextlib.closing(Follower(path, lines)) as log:
        while True:
            for line in log.look():
                typer.echo(line)
            sys.stdout.flush()
            if not follow:
                break
            time.sleep(_POLL)


@app.command(epilog="Example: nexdiag service run")
def run(
    directory: Directory = None,
    cassette: Cassette = None,
    scenario: Annotated[Path | None, typer.Option(help="What will be played, for the recording's header.")] = None,
    append: Annotated[bool, typer.Option("--append", help="Go on with the recording, if the file is there.")] = False,
    redact: Redact = None,
    redact_file: Annotated[
        Path | None, typer.Option("--redact-file", help="More of these: a JSON list in a file, which no `ps` shows.")
    ] = None,
) -> None:
    """Run the daemon in the foreground, until SIGINT or SIGTERM."""
    from nexdiag.agent.daemon import lock, redactions
    from nexdiag.agent.daemon.place import ServicePlace
    from nexdiag.capture.redaction.patterns import compiled
    from nexdiag.runner import host
    from nexdiag.runner.smoke.library import read

    options = {"--scenario": scenario, "--append": append, "--redact": redact, "--redact-file": redact_file}
    for name, given in options.items():
        if given and cassette is None:
            raise UsageError(f"{name} is for a recording, and none is made", hint="add: --cassette FILE")
    played = read(scenario) if scenario is not None else None
    state, wanted = state_of(directory), None
    if redact_file is not None and not redact_file.is_file():
        raise UsageError(f"no file of expressions at {redact_file}", hint='a JSON list is wanted: ["cust-[0-9]{6}"]')
    if cassette is not None:
        patterns = (*(redact or ()), *(redactions.kept(redact_file) if redact_file is not None else ()))
        compiled(patterns)
        if redact and lock.holder(ServicePlace(state)) is None:  # for a restart
            redactions.keep(state, patterns)
        wanted = host.Wanted(cassette=cassette, scenario=played, append=append, redact=patterns)
    trouble = host.run(state, wanted)
    if trouble is not None:
        raise NexdiagError(trouble, hint="everything up to there is in the file")
