"""All commands in one place, and what happens to their errors."""

import contextlib
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NoReturn

import typer

from nexdiag.cli import (
    capture,
    cassette,
    chat,
    convert,
    demo,
    diff,
    drift,
    endpoint,
    init,
    lint,
    native_exec,
    nex,
    proxy,
    replay,
    report,
    rule,
    service,
    session,
    tui,
)
from nexdiag.cli.console import complain, settings
from nexdiag.cli.with_command import WithCommand
from nexdiag.core.errors import NexdiagError

_INTERRUPTED = 130
_USAGE = 2
_SIGNALLED = 128
_STDOUT = 1
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_COMMON = ("-q", "--quiet", "-v", "-vv", "--verbose", "--color", "--no-color", "--version")
"""The options of `_common`, which do not stand behind a command."""
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


_COMMANDS = (
    capture, proxy, replay, lint, diff, drift, report, convert, rule, demo, init, chat, tui, nex, native_exec, endpoint,
)  # fmt: skip
for _command in _COMMANDS:
    _kind = WithCommand if _command in (capture, replay) else None
    app.command(_command.NAME, cls=_kind, help=_command.command.__doc__, epilog=_command.EXAMPLE)(_command.command)
app.add_typer(cassette.app, name="cassette", help="Recordings in files: check, repair, show, prune, stats.")
app.add_typer(service.app, name="service", help="The daemon that hosts chats.")
app.add_typer(session.app, name="session", help="The conversations of a state directory.")


def run(arguments: Sequence[str]) -> int:
    """Run a command line; give its exit code. Every error is two lines on stderr: what, and a hint."""
    with _ended_by_signals():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - an exit code for each kind of end
    settings.found = 0
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no ✓ gets a question mark, not a traceback
            stream.reconfigure(errors="replace")
    try:
        outcome = app(nex.with_values(arguments) or ["--help"], standalone_mode=False)
        _flush()  # here, where it can be told if it fails, and not at the very end
    except NexdiagError as error:
        complain(error.what, error.hint, error)
        return error.exit_code
    except _WrongUsage as error:
        context = error.ctx.command_path if error.ctx is not None else "nexdiag"
        common = getattr(error, "option_name", None) in _COMMON and context != "nexdiag"
        hint = f"{error.option_name} goes before the command: nexdiag {error.option_name} ..." if common else None
        complain(error.format_message(), hint or f"see: {context} --help", error)
        return _USAGE
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except SystemExit:  # click and rich make one of it when the reader of our output has gone: nothing is left to say
        if not _reader_gone():
            raise
        _let_go_of_output()
        return settings.found
    except OSError as error:
        _let_go_of_output()
        complain(
            f"cannot go on: {error.strerror or error}", "is there room on the disk, and a reader of the output?", error
        )
        return NexdiagError.exit_code
    except Exception as error:  # noqa: BLE001 - a fault of ours must not meet the user as a traceback
        complain(f"internal error: {error!r}", "this is a fault of nexdiag; see it whole with: nexdiag -vv ...", error)
        return NexdiagError.exit_code
    return outcome if isinstance(outcome, int) else 0


def _flush() -> None:
    if sys.stdout is not None:  # it is None where the shell closed it (`>&-`)
        sys.stdout.flush()


def _let_go_of_output() -> None:
    """What could not be written is given up, if it still cannot: the interpreter would try again as it ends."""
    try:
        _flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)


def _reader_gone() -> bool:
    """Whether stdout is a pipe that nobody reads from any more."""
    poll = select.poll()
    poll.register(_STDOUT, 0)
    return any(seen & select.POLLERR for _, seen in poll.poll(0))


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a command as Ctrl-C does: what it has started is ended, what it holds is let go.

    A signal that is ignored, as under nohup, stays so. Servers take SIGTERM into their own hands when they serve.
    """
    main = threading.current_thread() is threading.main_thread()
    ours = [number for number in _SIGNALS if main and signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: object) -> None:
    del frame
    if number == signal.SIGHUP and signal.getsignal(signal.SIGTERM) not in (_end, signal.SIG_DFL, signal.SIG_IGN):
        signal.raise_signal(signal.SIGTERM)  # a server that has its own way to end hears of it in that way
        return
    for again in _SIGNALS:  # it often comes twice, and must not break off what the first one has begun
        signal.signal(again, _heed_no_more)
    asyncio = sys.modules.get("asyncio")  # where nobody has imported it, no loop runs
    loop = asyncio.events._get_running_loop() if asyncio is not None else None  # noqa: SLF001 - a signal must not import
    if loop is None:
        _leave(_SIGNALLED + number)
    # Raised in the midst of a loop it loses the callback that was about to run; the task that waits for it never ends.
    loop.call_soon_threadsafe(_leave, _SIGNALLED + number)


def _leave(code: int) -> NoReturn:
    raise SystemExit(code)


def _heed_no_more(number: int, frame: object) -> None:
    """It is ending already."""
