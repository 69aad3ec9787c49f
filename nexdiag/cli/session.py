"""`nexdiag session`: the conversations of a state directory."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress
from nexdiag.cli.service import state_of
from nexdiag.core.errors import NothingToDo, UsageError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Directory = Annotated[Path | None, typer.Option("--dir", help="The state directory (default: the nearest .nexdiag).")]
Reference = Annotated[str, typer.Argument(metavar="REF", help="A key, a name, or a prefix of a key.")]


@app.command("list", epilog="Example: nexdiag session list --json")
def list_(
    pattern: Annotated[str, typer.Argument(help="Only those whose key or name has this in it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON array.")] = False,
    directory: Directory = None,
) -> None:
    """List the sessions, newest first."""
    import msgspec

    from nexdiag.agent.session.registry import Registry
    from nexdiag.report.visible import one_line

    sessions = Registry(state_of(directory)).find(pattern)
    if as_json:
        typer.echo(json.dumps([msgspec.to_builtins(session) for session in sessions], indent=2))
        return
    if not sessions:
        raise NothingToDo("there are no such sessions", hint="begin one with: nexdiag chat 'hello'")
    for session in sessions:
        names = ", ".join(session.aliases) or "-"
        archived = "  archived" if session.archived_at else ""
        line = f"{session.id}  {session.created[:19]}  {session.kind}  {names}  {session.label or ''}{archived}"
        typer.echo(one_line(line, 400).rstrip())


@app.command(epilog="Example: nexdiag session fork chat-0 --name try-two")
def fork(
    ref: Reference,
    name: Annotated[str | None, typer.Option(help="What to call it (default: fork-XXXXXXXX).")] = None,
    chat: Annotated[bool, typer.Option(help="Make it a chat of the daemon, with a number of its own.")] = False,
    directory: Directory = None,
) -> None:
    """Begin a session with what another one holds by now. That one is not changed."""
    from nexdiag.agent.session.registry import Registry

    session, number = Registry(state_of(directory)).fork(ref, name, chat=chat)
    typer.echo(session.aliases[0])
    how = f"nexdiag chat --chat {number} 'hello'" if number is not None else f"nexdiag nex --chat {session.aliases[0]}"
    progress().print(f"go on in it with: {how}")


@app.command(epilog="Example: nexdiag session release chat-0")
def release(
    ref: Reference,
    timeout: Annotated[float, typer.Option(help="Seconds to wait until it is left.", min=0.0)] = 30.0,
    now: Annotated[
        bool, typer.Option("--now", help="The daemon leaves it in mid-turn too; its question stays.")
    ] = False,
    directory: Directory = None,
) -> None:
    """Ask whoever works on a session to leave it, and wait until it is free."""
    from nexdiag.agent.daemon import care

    state = state_of(directory)
    if now:
        care.stop(state, ref)
    released = care.release(state, ref, timeout=timeout)
    typer.echo(f"{ref} is free" if released or now else f"{ref} was free")


@app.command(epilog="Example: nexdiag session archive chat-3")
def archive(ref: Reference, directory: Directory = None) -> None:
    """Set a session aside: its files are kept, and no program opens it."""
    from nexdiag.agent.daemon import care

    session = care.archive(state_of(directory), ref)
    typer.echo(f"archived {session.id}")


@app.command(epilog="Example: nexdiag session restore chat-3")
def restore(ref: Reference, directory: Directory = None) -> None:
    """Take an archived session back."""
    from nexdiag.agent.session.registry import Registry

    session = Registry(state_of(directory)).restore(ref)
    typer.echo(f"restored {session.id} ({', '.join(session.aliases) or 'its names belong to others by now'})")


@app.command(epilog="Example: nexdiag session delete chat-3 --yes")
def delete(
    ref: Reference,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do it: there is no way back.")] = False,
    directory: Directory = None,
) -> None:
    """Delete a session and everything that was said in it."""
    from nexdiag.agent.daemon import care

    if not yes:
        raise UsageError(f"deleting {ref} cannot be undone", hint=f"add --yes; or: nexdiag session archive {ref}")
    typer.echo(f"deleted {care.delete(state_of(directory), ref).id}")


@app.command(epilog="Example: nexdiag session alias chat-0 work")
def alias(
    ref: Reference,
    name: Annotated[str, typer.Argument(help="One more name for it.")],
    directory: Directory = None,
) -> None:
    """Give a session one more name."""
    from nexdiag.agent.session.registry import Registry

    session = Registry(state_of(directory)).add_aliases(ref, name)
    typer.echo(f"{session.id}: {', '.join(session.aliases)}")
