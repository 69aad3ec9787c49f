"""`nexdiag endpoint`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    from nexdiag.core.endpoint import Profile

NAME = "endpoint"
EXAMPLE = "Example: nexdiag endpoint --like sglang --port 30000; or: nexdiag endpoint --engine llama"
_STUB = "leave it away, or name a server to be like: --like PROFILE"
_ALL = "?"


def command(
    like: Annotated[
        str | None,
        typer.Option(
            help="A stub with the manners of this server (a profile's name); ? lists them.", metavar="PROFILE"
        ),
    ] = None,
    engine: Annotated[str | None, typer.Option(help="llama: a real llama.cpp server with a tiny model.")] = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 0,
    model: Annotated[str | None, typer.Option(help="The model's name, for the stub (default: stub).")] = None,
    script: Annotated[
        Path | None,
        typer.Option(help="Answers of the stub: texts divided by lines of ---; or *.toml, *.jsonl with tool calls."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the servers that a stub can be like.")] = False,
) -> None:
    """Serve an endpoint to test against: first line on stdout is where it listens; Ctrl-C ends it."""
    if list_ or like == _ALL:
        _list()
        return
    if (like is None) == (engine is None):
        raise UsageError("either --like PROFILE or --engine llama is wanted", hint=EXAMPLE.removeprefix("Example: "))
    if engine is not None:
        if engine != "llama":
            raise UsageError(f"unknown engine {engine!r}", hint="known: llama")
        for option, value in (("--model", model), ("--script", script)):
            if value is not None:
                raise UsageError(f"{option} is for a stub: --engine {engine} has a model of its own", hint=_STUB)
        from nexdiag.endpoint import llama

        llama.serve(port=port)
        return
    from nexdiag.endpoint import serving, stub
    from nexdiag.endpoint.script import read_script
    from nexdiag.lint import profiles

    profile = profiles.named(like or "")
    answers = read_script(script) if script is not None else ()
    serving.serve(
        stub.StubEndpoint(profile, script=answers, model=model or "stub"),
        port=port,
        told=lambda address: typer.echo(f"base URL {address}{_base(profile)}", err=True),
    )


def _list() -> None:
    from nexdiag.lint import profiles

    width = max(len(profile.name) for profile in profiles.NAMED)
    base = max(len(_base(profile)) for profile in profiles.NAMED)
    for profile in sorted(profiles.NAMED, key=lambda one: (not one.known, one.name)):
        typer.echo(f"{profile.name:<{width}}  {_base(profile):<{base}}  {profile.title}")


def _base(profile: "Profile") -> str:
    """Where the API of this server begins, for a client that appends the route of its dialect."""
    from nexdiag.codec.wire import origin_of, wire_of

    host = "http://h"
    asking = (route for route in profile.routes if wire_of(route))
    return next((origin_of(f"{host}{route}").removeprefix(host) for route in asking), "")
