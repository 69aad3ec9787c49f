"""`nexdiag capture`."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import deliver, progress

NAME = "capture"
EXAMPLE = "Example: nexdiag capture examples/two-messages.toml -e http://127.0.0.1:8080 -m qwen3-coder"


def command(
    scenario: Annotated[Path, typer.Argument(help="What to say: a TOML file (docs/reference/scenario.md).")],
    endpoint: Annotated[str, typer.Option("-e", "--endpoint", help="Where the model answers.")],
    model: Annotated[str, typer.Option("-m", "--model", help="The model.")],
    cassette: Annotated[
        Path | None,
        typer.Option("--cassette", help="Record into this file (default: cassettes/<endpoint>/<scenario>)."),
    ] = None,
    key_variable: Annotated[str | None, typer.Option("--key-env", help="Take the key from this variable.")] = None,
    profile: Annotated[str | None, typer.Option(help="What kind of server it is, if you know.")] = None,
) -> int:
    """Play a scenario live through the daemon, and record exchanges and log per turn. Exit 1 if a turn broke."""
    from nexdiag.agent.setup import Wanted
    from nexdiag.lint import profiles
    from nexdiag.report import lines
    from nexdiag.runner.load import load_scenario
    from nexdiag.runner.place import cassette_path
    from nexdiag.runner.smoke import smoke

    played = load_scenario(scenario)
    server = profiles.named(profile).name if profile else None
    console = progress()
    target = Wanted(url=endpoint, model=model, key_variable=key_variable, profile=server)
    with tempfile.TemporaryDirectory(prefix="nexdiag-capture-") as scratch:
        path = cassette or cassette_path(endpoint, played.name)
        done = smoke(
            played,
            target,
            state=Path(scratch) / "state",
            cassette=path.absolute(),
            told=lambda turn: console.print(lines.spoken(turn.number, turn.said, turn.reply, turn.error, turn.seconds)),
        )
    run = done.run
    for turn in done.spoken:
        for text in turn.unmet:
            console.print(f"  turn {turn.number}: {text}")
    deliver(lines.judged([(str(path), run.profile, run.findings, ())]), None)
    console.print(f"Next: nexdiag replay {path}" if done.passed else f"Next: nexdiag report {path}")
    return int(not done.passed)
