"""`nexdiag convert`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress

NAME = "convert"
EXAMPLE = "Example: nexdiag convert chat.har chat.cassette.jsonl; or: nexdiag convert a.cassette.jsonl a.yaml"


def command(
    source: Annotated[Path, typer.Argument(metavar="A", help="A cassette of ours or of vcrpy, a HAR, a request, ...")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="B", help="*.cassette.jsonl, *.yaml or *.json (vcrpy), *.har, *.request.json, *.exchanges.jsonl"
        ),
    ],
    request: Annotated[
        int | None, typer.Option("--request", min=0, help="Write the request of this exchange alone, as JSON.")
    ] = None,
    redact: Annotated[
        list[str] | None, typer.Option("--redact", metavar="PATTERN", help="Replace also what this pattern finds.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over B.")] = False,
) -> int:
    """Convert a recording: ours, vcrpy's YAML and JSON, HAR, bare requests. Secrets are replaced on the way."""
    from nexdiag.capture.redaction.keys import secrets_of
    from nexdiag.report.visible import one_line
    from nexdiag.runner.foreign.convert import convert

    secrets = secrets_of(os.environ)
    made = convert(source, target, request=request, force=force, secrets=secrets, patterns=redact or ())
    for line in made.lost:
        typer.echo(f"lost: {one_line(line, 1000)}", err=True)
    exchanges = f"{made.exchanges} exchange{'s' if made.exchanges != 1 else ''}"
    replaced = f" · {made.secrets} secret{'s' if made.secrets != 1 else ''} redacted" if made.secrets else ""
    progress().print(f"wrote {one_line(str(target), 1000)} · {exchanges}{replaced}")
    return 0
