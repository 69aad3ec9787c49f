"""`nexdiag init`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress
from nexdiag.core.errors import UsageError

NAME = "init"
EXAMPLE = "Example: nexdiag init -m qwen3-coder -e http://127.0.0.1:30000 -x nex"


def command(
    model: Annotated[str, typer.Option("-m", "--model", help="The model; a provider prefix is taken off.")],
    endpoint: Annotated[str, typer.Option("-e", "--endpoint", help="Where it answers; /v1 is added if it lacks.")],
    executor: Annotated[str, typer.Option("-x", "--executor", help="Who handles chats: nex.")] = "nex",
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory (default: .nexdiag).")] = None,
    key_variable: Annotated[
        str | None, typer.Option("--key-env", help="Take the key from this environment variable.")
    ] = None,
    server: Annotated[str | None, typer.Option("--profile", help="What kind of server it is, if you know.")] = None,
) -> None:
    """Write a state directory with its config. Nothing that exists is overwritten."""
    from nexdiag.agent import config
    from nexdiag.agent.setup import EXECUTORS, Wanted, set_up
    from nexdiag.lint import profiles

    if executor not in EXECUTORS:
        raise UsageError(f"executor {executor!r} is not one of: {', '.join(EXECUTORS)}", hint="use: -x nex")
    profile = profiles.named(server).name if server else None
    state = directory or Path(os.environ.get("NEXDIAG_DIR") or config.STATE_NAME)
    wanted = Wanted(url=endpoint, model=model, key_variable=key_variable, profile=profile, executor=executor)
    (entry,) = set_up(state, wanted).llm_endpoints.endpoints
    console = progress()
    console.print(f"Wrote {state / config.CONFIG_NAME}   model {entry.model}, endpoint {entry.url}")
    place = f" --dir {directory}" if directory is not None else ""
    console.print(f"Next: nexdiag service start{place}, then: nexdiag chat{place} 'hello'")
