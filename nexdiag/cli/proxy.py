"""`nexdiag proxy`."""

import os
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
    from nexdiag.runner.proxied import Wanted, proxied

    wanted = Wanted(upstream=upstream, port=port, cassette=cassette, log=tuple(log or ()), redact=tuple(redact or ()))
    proxied(
        wanted,
        environment=os.environ,
        told=progress().print,
        listening=lambda url: typer.echo(f"listening {url}"),
    )
