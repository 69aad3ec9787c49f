"""What every door shares: the common options, and where output goes. Progress to stderr, results to stdout."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from nexdiag.core.errors import NexdiagError


class Settings:
    """The options before the command."""

    verbose: int = 0
    quiet: bool = False
    color: bool | None = None


settings = Settings()


def results() -> Console:
    """For results, on stdout; as wide as the terminal, or 100 columns in a pipe."""
    return _console(stderr=False)


def progress() -> Console:
    """For progress, on stderr; silent with --quiet."""
    console = _console(stderr=True)
    console.soft_wrap = True  # a line of progress is one line, however long
    console.quiet = settings.quiet
    return console


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 100
    return Console(
        stderr=stderr,
        width=width,
        force_terminal=settings.color,
        no_color=settings.color is False or None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def deliver(text: str, output: Path | None) -> None:
    """The result: into the file that was named, else on stdout."""
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
    except OSError as error:
        raise NexdiagError(f"cannot write {output}: {error.strerror}", hint="name another file: -o FILE") from error
    progress().print(f"wrote {output}")
