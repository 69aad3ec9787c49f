"""All commands in one place, and what happens to their errors."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from nexdiag.cli import capture, chat, demo, endpoint, init, lint, nex, replay, report, rule, service
from nexdiag.cli.console import settings
from nexdiag.core.errors import NexdiagError

_INTERRUPTED = 130
_USAGE = 2
_TRACEBACK_AT = 2
_WrongUsage: Any = typer.BadParameter.__base__
"""click's UsageError. Typer brings a click of its own since 0.27, and names only this child of it."""

app = typer.Typer(
    name="nexdiag",
    help="A flight recorder and diagnostician for agent loops on OpenAI-compatible endpoints.",
    epilog="First: nexdiag demo. Then: nexdiag capture, nexdiag replay, nexdiag lint.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from nexdiag.core.version import TOOL

        typer.echo(TOOL)
        raise typer.Exit


@app.callback()
def _common(
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Say more; -vv shows tracebacks.")] = 0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only the outcome, no progress.")] = False,
    color: Annotated[bool | None, typer.Option("--color/--no-color", help="Colour, whatever the terminal is.")] = None,
    version: Annotated[  # noqa: ARG001 - its callback has answered
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command apply to every command."""
    settings.verbose, settings.quiet, settings.color = verbose, quiet, color


for _command in (demo, init, chat, nex, capture, replay, lint, report, rule, endpoint):
    app.command(_command.NAME, help=_command.command.__doc__, epilog=_command.EXAMPLE)(_command.command)
app.add_typer(service.app, name="service", help="The daemon that hosts chats.")


def run(arguments: Sequence[str]) -> int:
    """Run a command line; give its exit code. Every error is two lines on stderr: what, and a hint."""
    try:
        outcome = app(list(arguments), standalone_mode=False)
    except NexdiagError as error:
        _complain(error.what, error.hint)
        return error.exit_code
    except _WrongUsage as error:
        context = error.ctx.command_path if error.ctx is not None else "nexdiag"
        _complain(error.format_message(), f"see: {context} --help")
        return _USAGE
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return outcome if isinstance(outcome, int) else 0


def _complain(what: str, hint: str) -> None:
    if settings.verbose >= _TRACEBACK_AT:
        traceback.print_exc()
    typer.echo(f"error: {what}", err=True)
    if hint:
        typer.echo(f"hint: {hint}", err=True)
