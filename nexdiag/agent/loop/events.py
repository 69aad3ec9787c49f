"""What the turn machine hears, what it commands, and what it tells of itself. Frozen data; nothing is decided here."""

import msgspec

from nexdiag.core.message import Message, Reply, ToolCall
from nexdiag.core.turn import ToolRun

REFUSED = "refused"
"""The kind of a failure where nobody took the connection: the server is not up."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The user said something."""

    text: str


class GoOn(msgspec.Struct, frozen=True, kw_only=True):
    """Take up the turn that the conversation ends with: its question was said in an earlier life."""


class Compact(msgspec.Struct, frozen=True, kw_only=True):
    """Make the conversation shorter now: the user wants it."""


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """The model answered, or its stream ended before it had."""

    reply: Reply
    broken: str | None = None
    """Why the reply is not whole."""
    repairs: tuple[str, ...] = ()
    """What had to be mended to read it, in sentences for the user."""


class Summarised(msgspec.Struct, frozen=True, kw_only=True):
    """The model answered a request for a summary, or its stream ended before it had."""

    reply: Reply
    broken: str | None = None
    """Why the reply is not whole."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The request failed before any answer."""

    reason: str
    """One line, with the server's own words."""
    may_pass: bool
    """Worth sending again: a busy server, a dropped connection. Never a refusal."""
    wait: float = 0.0
    """Seconds that the server asked for."""
    status: int | None = None
    """Of the answer, or the code that the server told inside a stream; None if it said neither."""
    overflow: bool = False
    """The conversation is longer than the context window."""
    needed: int | None = None
    """Tokens that the request would have taken, where the server told."""
    window: int | None = None
    """Tokens that the server has room for, where it told."""
    kind: str = ""
    """What sort of failure it is; `refused` for a connection that nobody took: the server is not up."""
    request_id: str | None = None
    """Under which the request stands in our log and, where it was taken over, in the server's."""


class ToolsRan(msgspec.Struct, frozen=True, kw_only=True):
    """Every tool of the last command has run."""

    runs: tuple[ToolRun, ...]


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The user, or a shutdown, stopped the turn."""

    runs: tuple[ToolRun, ...] = ()
    """The tools that had run by then."""


Event = Said | GoOn | Compact | Replied | Summarised | Failed | ToolsRan | Cancelled


class CallModel(msgspec.Struct, frozen=True, kw_only=True):
    """Send the conversation."""

    messages: tuple[Message, ...]
    attempt: int = 1
    delay: float = 0.0
    """Seconds to wait first."""
    reason: str = ""
    """For attempt 2 and later: why the last one failed."""
    max_tokens: int | None = None
    """Tokens that the answer may take, where the window leaves fewer than the endpoint's own number."""
    before: str = ""
    """The answer so far, where this request continues one that was cut off at its token limit."""


class Summarise(CallModel, frozen=True, kw_only=True):
    """Send these messages; the answer is a summary. No tool runs, and no text is told."""


class RunTools(msgspec.Struct, frozen=True, kw_only=True):
    """Run these calls, and answer each. There may be none, if all of them are not to be run."""

    calls: tuple[ToolCall, ...]


class EndTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The turn is over; or the compaction that was wished for is."""

    outcome: str
    """`answered`, `failed` or `cancelled`; `compacted`."""
    reply: str | None = None
    error: str | None = None
    """Why it failed; with an answer: what is wrong with it (it was cut off)."""


Command = CallModel | Summarise | RunTools | EndTurn


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A message has become part of the conversation; one of the user's may have gone into the one before it."""

    message: Message
    implied: bool = False
    """`resume` puts it back where it is missing; kept in a journal, it would be taken for an answer."""


class Shortened(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation was made shorter."""

    before: int
    """Tokens, estimated."""
    after: int
    count: int
    """Messages that it had."""
    summary: str = ""
    """What now stands for all that was said so far; empty where only tool results were cleared."""
    cleared: tuple[str, ...] = ()
    """Ids of the calls whose results were cleared."""


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation held what a server might refuse, and was mended."""

    what: str


Record = Joined | Shortened | Mended


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a turn may go."""

    window: int | None = None
    reserve: int = 0
    """Tokens kept free for the answer."""
    overhead: int = 0
    """Tokens of what is sent beside the messages: system prompt and tool definitions."""
    calls: int = 200
    """Model calls in one turn."""
    retries: int = 4
    """Requests sent again, for one answer, because the server or the network failed."""
    refused_retries: int = 2
    """The same, because nobody listens there."""
    stream_retries: int = 2
    """The same, because the stream was not whole."""
    empty_retries: int = 2
    """The same, because the answer held nothing."""
    continuations: int = 3
    """How often an answer that was cut off at its token limit is continued."""
    first_delay: float = 0.5
    longest_delay: float = 30.0
    longest_wait: float = 300.0
    """Seconds, however long the server asks to wait."""
    start_up: float = 0.0
    """Seconds that a server which has answered before may be away: so long a refused connection is tried again."""
