"""`nexdiag endpoint`."""

from pathlib import Path
from typing import Annotated

import typer

from nexdiag.core.errors import UsageError

NAME = "endpoint"
EXAMPLE = "Example: nexdiag endpoint --like sglang --port 30000; or: nexdiag endpoint --engine llama"


def command(
    like: Annotated[str | None, typer.Option(help="A stub with the manners of this server (a profile's name).")] = None,
    engine: Annotated[str | None, typer.Option(help="llama: a real llama.cpp server with a tiny model.")] = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 0,
    model: Annotated[str, typer.Option(help="The model's name, for the stub.")] = "stub",
    script: Annotated[
        Path | None, typer.Option(help="Answers of the stub, one a paragraph divided by lines of ---.")
    ] = None,
) -> None:
    """Serve an endpoint to test against: first line on stdout is where it listens; Ctrl-C ends it."""
    if (like is None) == (engine is None):
        raise UsageError("either --like PROFILE or --engine llama is wanted", hint=EXAMPLE.removeprefix("Example: "))
    if engine is not None:
        if engine != "llama":
            raise UsageError(f"unknown engine {engine!r}", hint="known: llama")
        from nexdiag.endpoint import llama

        llama.serve(port=port)
        return
    from nexdiag.endpoint import serving, stub
    from nexdiag.lint import profiles

    answers: list[str] = []
    if script is not None:
        try:
            answers = [part.strip() for part in script.read_text().split("\n---\n")]
        except OSError as error:
            raise UsageError(
                f"{script} cannot be read: {error.strerror}", hint="see: nexdiag endpoint --help"
            ) from error
    serving.serve(stub.StubEndpoint(profiles.named(like or ""), script=answers, model=model), port=port)
