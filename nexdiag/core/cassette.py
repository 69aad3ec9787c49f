"""Cassette: the turns and exchanges of one recording, in order, with a header."""

import msgspec

from nexdiag.core.exchange import Exchange
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn

FORMAT = 2
"""The version of the cassette format that this code writes, and the newest that it reads."""
SUFFIX = ".cassette.jsonl"
"""What the name of a recording ends with."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know before the first exchange."""

    cassette: int = msgspec.field(default=FORMAT)
    tool: str = ""
    """Name and version of the program that recorded."""
    created: float = 0.0
    """Unix time in seconds at which the recording began."""
    origin: str = ""
    """Scheme, host and port of the endpoint, and its base path; never credentials."""
    model: str = ""
    profile: str = ""
    window: int | None = None
    max_tokens: int | None = None
    calls: int | None = None
    """Model calls that a turn may make; None for the executor's default."""
    scenario: Scenario | None = None
    """What was played, where a scenario was."""
    command: str = ""
    """The command line that was recorded, where one was."""
    libraries: dict[str, str] = {}
    """Versions of what had a part in the recording: Python, httpx, ..."""
    commit: str = ""
    """The git commit that was checked out, with `+` after it if files were changed."""
    redactions: tuple[str, ...] = ()
    """The user's own patterns of what is secret; what is always replaced is not listed."""


class Cassette(msgspec.Struct, frozen=True, kw_only=True):
    """One recording."""

    header: Header
    turns: tuple[Turn, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    """All of them, also those that belong to no turn."""
    tool_runs: tuple[ToolRun, ...] = ()
    log: tuple[LogLine, ...] = ()
    tear: str | None = None
    """Where and why reading stopped before the end of the file; None if it was read whole."""
    name: str = ""
    """The file it was read from, for reports."""
