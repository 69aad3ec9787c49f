"""`executor.json` of a chat's directory: which session of which CLI goes on with it, after a restart of ours too."""

import re
from pathlib import Path

import msgspec

from nexdiag.agent.session import durable
from nexdiag.core.message import Usage

NAME = "executor.json"
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
"""What may stand on a command line as a session: never an option."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What outlives this process."""

    executor: str
    session: str | None = None
    total: Usage = Usage()
    """What the session had used, where that is what the CLI counts."""


def fit(session: str | None) -> str | None:
    """The session, if it can be one."""
    return session if session is not None and _SESSION.fullmatch(session) else None


def read(directory: Path | None, executor: str) -> Kept:
    """What is kept for this executor; nothing where the file is another's, spoiled, or missing."""
    if directory is not None:
        try:
            kept = msgspec.json.decode(durable.read(directory / NAME), type=Kept)
        except (ValueError, RecursionError):  # a CLI session that is forgotten costs less than a chat that is stuck
            kept = Kept(executor="")
        if kept.executor == executor and fit(kept.session) is not None:
            return kept
    return Kept(executor=executor)


def write(directory: Path | None, kept: Kept) -> None:
    """Keep it, mode 0600."""
    if directory is not None:
        durable.replace(directory / NAME, msgspec.json.encode(kept))
