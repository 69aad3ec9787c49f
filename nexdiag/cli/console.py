"""What every door shares: the common options, what comes in, and where output goes.

Results go to stdout; progress, errors and what was not checked go to stderr.
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from nexdiag.core.errors import NexdiagError, UsageError

_TRACEBACK_AT = 2
_LONGEST = 10_000


class Settings:
    """The options before the command."""

    verbose: int = 0
    quiet: bool = False
    color: bool | None = None
    found: int = 0
    """The exit code that a command has come to before it tells why: it holds where nobody reads that."""


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
    width = None if stream is not None and stream.isatty() else 100  # it is None where the shell closed it (`2>&-`)
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
    """The result: into the file that was named, else on stdout. No text is no line."""
    if output is None:
        if text:
            typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise NexdiagError(f"cannot write {output}: {error.strerror}", hint="name another file: -o FILE") from error
    from nexdiag.report.visible import one_line

    progress().print(f"wrote {one_line(str(output), _LONGEST)}", markup=False)


def deliver_page(page: str, output: Path | None) -> None:
    """A result that a browser has to open: a large one is told of; one too large is an error, before it is written."""
    from nexdiag.report.limits import too_large

    if warning := too_large(len(page)):
        progress().print(warning, markup=False)
    deliver(page, output)


def to_step_summary(write: Callable[[int], str]) -> None:
    """Append to the page that GitHub shows for this step, where there is one; `write` is told how many bytes it holds.

    Where it cannot be written, the annotations say it all.
    """
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return
    page = Path(named)
    try:
        already = page.stat().st_size if page.exists() else 0
        with page.open("a", encoding="utf-8", errors="replace") as file:
            file.write(write(already))
    except OSError as error:
        progress().print(f"no summary: cannot write {page}: {error.strerror}")


def complain(what: str, hint: str, cause: BaseException) -> None:
    """An error on stderr: what, and a hint, each on one line that no terminal obeys; with -vv where it came from."""
    from nexdiag.report.visible import one_line

    if settings.verbose >= _TRACEBACK_AT:
        traceback.print_exception(cause)
    typer.echo(f"error: {one_line(what, _LONGEST)}", err=True)
    if hint:
        typer.echo(f"hint: {one_line(hint, _LONGEST)}", err=True)


def not_checked(lines: list[str]) -> None:
    """What a report that has no place for it did not check; --quiet does not silence it."""
    from nexdiag.report.visible import one_line

    for line in lines:
        typer.echo(f"not checked: {one_line(line, _LONGEST)}", err=True)


def read_input(*, whole: bool) -> str:
    """A line of stdin (empty at its end), or the whole of it. Raises `UsageError` for what is no text."""
    try:
        return sys.stdin.read() if whole else sys.stdin.readline()
    except UnicodeDecodeError as error:
        what = f"what came from stdin is not {error.encoding} text (byte {error.start})"
        raise UsageError(what, hint="convert it first, for example with: iconv -t utf-8") from error
