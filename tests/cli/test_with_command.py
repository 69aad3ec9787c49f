"""Promises of `nexdiag.cli.with_command`."""

import typer
from typer.testing import CliRunner

from nexdiag.cli.with_command import WithCommand, words_of

app = typer.Typer()


@app.command(cls=WithCommand)
def _told(ctx: typer.Context, name: str = typer.Argument(""), loud: bool = typer.Option(default=False)) -> None:
    typer.echo(f"{name!r} {loud} {words_of(ctx)}")


def told(*words: str) -> str:
    """What the command was told."""
    return CliRunner().invoke(app, list(words)).output.strip()


def test_what_follows_is_somebody_elses() -> None:
    """Options after `--` are not ours, whatever their names; without `--` there are no words."""
    assert told("a", "--loud", "--", "agent", "--loud", "--", "x") == "'a' True ('agent', '--loud', '--', 'x')"
    assert told("a") == "'a' False None"
    assert told("--") == "'' False ()"
    assert "-- COMMAND..." in told("--help")
