"""`nexdiag proxy`."""

import contextlib
import os
import queue
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress

NAME = "proxy"
EXAMPLE = (
    "Example: nexdiag proxy --upstream http://127.0.0.1:8080 --port 9000; then OPENAI_BASE_URL=http://127.0.0.1:9000/v1"
)


def command(
    upstream: Annotated[
        str | None, typer.Option(help="Where requests go (default: the one server that runs on this machine).")
    ] = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 0,
    cassette: Annotated[
        Path | None,
        typer.Option(help="Record into this file (default: cassettes/<upstream>/proxy, with a number if it exists)."),
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(help="Record this log beside it: a file, or a command that prints one. Repeatable."),
    ] = None,
    redact: Annotated[
        list[str] | None, typer.Option(help="Replace what fits this regular expression, too. Repeatable.")
    ] = None,
) -> None:
    """Pass requests of any client on to a server, and record all that passes. First line on stdout: where it listens.

    Give the client that address with /v1 as its base URL; Ctrl-C ends it with everything on disk.
    """
    from nexdiag.capture.redact import Redactor
    from nexdiag.core.errors import CassetteError, NothingToDo
    from nexdiag.report import passing
    from nexdiag.report.visible import one_line
    from nexdiag.runner.proxying import proxying, secrets_of, target_of
    from nexdiag.runner.wrapped.teller import Teller

    console = progress()
    target = target_of(upstream)
    redactor = Redactor(secrets_of(os.environ), patterns=redact or ())
    teller = Teller(console.print)
    starting = proxying(
        target,
        cassette=cassette,
        port=port,
        log=log or (),
        redactor=redactor,
        told=teller.exchange,
        trouble=teller.say,
    )
    with _signals() as wait, contextlib.closing(teller), starting as serving:
        console.print(f"● recording   {serving.url} → {target.url}   {serving.cassette}")
        typer.echo(f"listening {serving.url}")
        wait()
    if serving.trouble is not None:
        raise CassetteError(one_line(serving.trouble), hint="what was written before can be read; all was passed on")
    if not serving.exchanges:
        hint = f"give the client this address as its base URL: {serving.url}/v1, for example in OPENAI_BASE_URL"
        raise NothingToDo("no exchange was recorded: nothing came by", hint=hint)
    size, secrets = serving.cassette.stat().st_size, redactor.count
    path = str(serving.cassette)
    console.print(
        passing.saved(path, size=size, exchanges=serving.exchanges, log_lines=serving.log_lines, secrets=secrets)
    )
    console.print(f"Next: nexdiag report {path}")


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[], object]]:
    """Give what waits for SIGINT or SIGTERM. Until everything is on disk a second one breaks nothing off."""
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()  # the one queue that may be written from within a signal
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, frame: heard.put(number))
    try:
        yield heard.get
    finally:
        for number, was in before.items():
            signal.signal(number, was)
