"""`nexdiag init`."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import progress

if TYPE_CHECKING:
    from nexdiag.agent.discover import Choice

NAME = "init"
EXAMPLE = "Example: nexdiag init; nexdiag init -m qwen3-coder -e http://127.0.0.1:30000 -x nex"


def command(
    model: Annotated[
        str | None, typer.Option("-m", "--model", help="The model; without it, the first that the server serves.")
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "-e", "--endpoint", help="Where it answers; without it, the server on this machine is looked for."
        ),
    ] = None,
    executor: Annotated[str, typer.Option("-x", "--executor", help="Who handles chats: nex, claude, codex.")] = "nex",
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory (default: .nexdiag).")] = None,
    key_variable: Annotated[
        str | None, typer.Option("--key-env", help="Take the key from this environment variable.")
    ] = None,
    server: Annotated[str | None, typer.Option("--profile", help="What kind of server it is, if you know.")] = None,
) -> None:
    """Write a state directory with its config. Nothing that exists is overwritten.

    Without -e, the usual ports of 127.0.0.1 are asked for a model server.
    """
    import asyncio

    from nexdiag.agent import config
    from nexdiag.agent.setup import Wanted, check_executor, check_free, own_address, set_up
    from nexdiag.lint import profiles

    started = time.monotonic()
    check_executor(executor)
    profile = profiles.named(server).name if server else None
    state = directory or Path(os.environ.get("NEXDIAG_DIR") or config.STATE_NAME)
    check_free(state)
    console = progress()
    url = endpoint or ""
    if executor == "nex" and (model is None or not (endpoint or own_address(model))):
        choice = asyncio.run(_found(endpoint, model, os.environ.get(key_variable or "", "")))
        url, model, profile = choice.server.base_url, choice.model, profile or choice.server.profile
        _tell(choice)
    wanted = Wanted(url=url, model=model or "", key_variable=key_variable, profile=profile, executor=executor)
    written = set_up(state, wanted)
    told = [f"{entry.model}, endpoint {entry.url}" for entry in written.llm_endpoints.endpoints]
    told = told or [f"{written.agent.model or 'its own choice'}, executor {executor}"]
    took = round((time.monotonic() - started) * 1000)
    console.print(f"Wrote {state / config.CONFIG_NAME}   model {told[0]}   {took} ms")
    place = f" --dir {directory}" if directory is not None else ""
    console.print(f"Next: nexdiag service start{place}, then: nexdiag chat{place} 'hello'")


def _tell(choice: "Choice") -> None:
    from nexdiag.agent.discover import listed, serves

    console = progress()
    console.print(f"Found an OpenAI-compatible server   {choice.server.base_url}   {serves(choice.server)}")
    if choice.others:
        console.print(f"Took the model {choice.model}; it also serves {listed(choice.others)}: choose with -m")


async def _found(endpoint: str | None, model: str | None, key: str) -> "Choice":
    """The server on this machine, or the one that was named, asked what it serves."""
    from nexdiag.agent.client.transport import Direct
    from nexdiag.agent.discover import ask, choose, discover
    from nexdiag.core.errors import EndpointError
    from nexdiag.runner.probed import recognise

    async with Direct() as transport:
        if endpoint is None:
            return choose(await discover(transport, recognise=recognise), model)
        server = await ask(endpoint, transport, recognise=recognise, key=key.strip())
    if server is None:
        hint = "is it running? Name the model too, and it is not asked: nexdiag init -m MODEL -e URL"
        raise EndpointError(f"{endpoint} does not tell its models", hint=hint)
    return choose([server], model)
