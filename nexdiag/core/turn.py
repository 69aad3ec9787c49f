"""Turn and Session: one pass of the agent loop, and the turns of one conversation."""

import msgspec

from nexdiag.core.exchange import Exchange
from nexdiag.core.message import Message, Usage


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a daemon's log."""

    at: float
    """Unix time in seconds."""
    text: str
    level: str | None = None
    """`INFO`, `WARN`, `ERROR` or `FATAL`; None for a line that is not in the log's format."""
    source: str = "daemon"
    """Who wrote it: `daemon`, `stderr`, or the name of a file or command that was followed."""
    turn: int | None = None
    session: str = ""


class ToolRun(msgspec.Struct, frozen=True, kw_only=True):
    """One tool run: which call asked for it, and what came of it."""

    call_id: str
    name: str
    arguments: str
    output: str
    is_error: bool = False
    started: float = 0.0
    duration: float = 0.0
    turn: int | None = None
    session: str = ""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, its exchanges with retries, the reply, the tool runs, the log lines."""

    number: int
    """Counted from 1 within the session."""
    session: str = ""
    """Which conversation of the recording; empty where it holds one alone."""
    said: str
    reply: str | None = None
    """The final text of the assistant; None if the turn ended without one."""
    outcome: str = "answered"
    """`answered`, `failed`, `cancelled` or `unfinished`."""
    error: str | None = None
    """For a failed turn: the one line that the user saw."""
    started: float = 0.0
    duration: float = 0.0
    exchanges: tuple[Exchange, ...] = ()
    tool_runs: tuple[ToolRun, ...] = ()
    log: tuple[LogLine, ...] = ()
    usage: Usage = Usage()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """The turns of one conversation, and the messages it has come to."""

    id: str
    messages: tuple[Message, ...] = ()
    turns: tuple[Turn, ...] = ()
