"""What a command line asks of the executor → the crew and the session that it means."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from nexdiag.agent import bundle as bundles
from nexdiag.agent import config as configuration
from nexdiag.agent.session.registry import Registry, SessionRef
from nexdiag.core.errors import UsageError
from nexdiag.runner.crew import Crew, endpoint_of

ROLES = "roles"
"""Where roles are kept in the state directory: `roles/NAME.md`."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for; None where it says nothing."""

    model: str | None = None
    endpoint: str | None = None
    """A URL, or the name of a configured endpoint."""
    directory: Path | None = None
    system: str | None = None
    role: str | None = None
    bundle: str | None = None
    max_turns: int = 200
    read_only: bool = False
    mcp: bool = True
    chat: str | None = None
    """The session to go on with: key, alias or prefix."""
    resume: str | None = None
    """The newest session that fits this pattern; empty for the newest of all."""
    evaluated: bool = False
    """No session is kept."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to talk: the crew, and the session on disk."""

    crew: Crew
    state: Path | None = None
    """None keeps no session."""
    session: str | None = None
    """The session to go on with; None for a new one."""


def prepare(asked: Asked, environ: Mapping[str, str], here: Path) -> Place:
    """The executor and the session that are asked for, from the state directory's config where there is one.

    A bare URL needs no state directory, and without --dir none is looked for. Raises `UsageError` for what cannot be
    had together, and for a role, bundle or session that there is not.
    """
    state: Path | None = configuration.find_state(asked.directory, environ, here)
    if asked.endpoint and "://" in asked.endpoint and asked.directory is None:
        state = None
    _check_together(asked, state)
    if asked.bundle is not None:  # before a session is made for it
        bundles.find(state, asked.bundle)
    config = configuration.read(state) if state is not None else configuration.Config()
    system = asked.system or config.agent.system
    agent = msgspec.structs.replace(config.agent, system=system, max_turns=asked.max_turns)
    config = msgspec.structs.replace(config, agent=agent)
    endpoint = endpoint_of(config, model=asked.model, url=asked.endpoint)
    crew = Crew(
        config=config,
        endpoint=endpoint,
        workspace=here,
        state=None if asked.evaluated else state,
        read_only=asked.read_only,
        bundle=asked.bundle,
        role=_role(state, asked.role) if asked.role is not None else None,
        mcp=asked.mcp and not asked.evaluated,
    )
    kept = None if asked.evaluated else state
    return Place(crew=crew, state=kept, session=_session(asked, kept))


def _check_together(asked: Asked, state: Path | None) -> None:
    """What would be ignored is refused."""
    for flag, value in (("--chat", asked.chat), ("--resume", asked.resume)):
        if value is not None and (state is None or asked.evaluated):
            why = "--eval-mode" if asked.evaluated else "a bare URL without --dir"
            hint = f"leave {flag} away, or name the state directory that holds the session: --dir D"
            raise UsageError(f"{flag} {value}".strip() + f" cannot be had with {why}: no session is kept", hint=hint)
    if asked.chat is not None and asked.resume is not None:
        raise UsageError("--chat and --resume both name a session", hint="give one of them")


def _session(asked: Asked, state: Path | None) -> str | None:
    if asked.resume is None or state is None:
        return asked.chat
    found = sessions(state, asked.resume)
    if not found:
        named = f" fits {asked.resume!r}" if asked.resume else " is there to resume"
        raise UsageError(f"no session{named}", hint="begin one without --resume; list them with /sessions")
    return found[0].id


def sessions(state: Path, pattern: str = "") -> tuple[SessionRef, ...]:
    """The sessions that a terminal may go on with, newest first; not those that were set aside."""
    return tuple(session for session in Registry(state).find(pattern) if session.archived_at is None)


def _role(state: Path | None, role: str) -> str:
    """What the role adds to the system prompt."""
    if state is None:
        hint = "roles are files of a state directory: name one with --dir D"
        raise UsageError(f"--role {role} cannot be had without a state directory", hint=hint)
    folder = state / ROLES
    known = sorted(path.stem for path in folder.glob("*.md"))
    if role not in known:
        hint = f"roles: {', '.join(known)}" if known else f"write its text to {folder}/NAME.md"
        raise UsageError(f"no role is called {role!r}", hint=hint)
    try:
        return (folder / f"{role}.md").read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"the role {role!r} cannot be read: {error}", hint=f"see {folder}") from error
