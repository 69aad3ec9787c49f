"""What an executor tells while it works: to a terminal, a log, a recorder, a follower behind the daemon's socket.

Telling never changes the work. Each kind has a tag, so that `msgspec.json` writes and reads it as it is; only what
carries a whole turn is read by whoever defines what of a turn crosses (`daemon.protocol`).
"""

from collections.abc import Callable

import msgspec

from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun, Turn


class _Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One thing that is told."""


class TurnStarted(_Told, frozen=True, tag="turn_started"):
    """A turn begins."""

    turn: Turn


class ReasoningDelta(_Told, frozen=True, tag="reasoning_delta"):
    """A piece of what the model thinks aloud came."""

    text: str


class TextDelta(_Told, frozen=True, tag="text_delta"):
    """A piece of the answer came."""

    text: str


class TextTakenBack(_Told, frozen=True, tag="text_taken_back"):
    """The answer so far, reasoning included, will be said again from its beginning: its request is sent again."""


class ToolBuilding(_Told, frozen=True, tag="tool_building"):
    """The model is writing a tool call."""

    index: int
    """The call's place in the reply, from 0."""
    name: str
    """As far as it is known."""
    characters: int
    """Of its arguments, so far."""


class Waiting(_Told, frozen=True, tag="waiting"):
    """Nothing has come for a while; the turn goes on."""

    seconds: float
    """Without a byte, so far."""
    reason: str
    """What is known of it: `the server is still reading the prompt`."""


class Retrying(_Told, frozen=True, tag="retrying"):
    """A request failed in a way that may pass."""

    attempt: int
    delay: float
    reason: str


class ToolStarted(_Told, frozen=True, tag="tool_started"):
    """A tool is about to run."""

    name: str
    arguments: str
    call_id: str = ""


class ToolRan(_Told, frozen=True, tag="tool_ran"):
    """A tool has run."""

    run: ToolRun


class Compacted(_Told, frozen=True, tag="compacted"):
    """The conversation was made shorter, so that it fits the context window."""

    before: int
    """Tokens, estimated."""
    after: int
    how: str
    """`pruned` (old tool results) or `summarised`."""


class Repaired(_Told, frozen=True, tag="repaired"):
    """What a server or a model sent was mended, or the conversation was: never silently."""

    what: str
    """One sentence for the user."""


class UsageTold(_Told, frozen=True, tag="usage"):
    """A reply is whole: what it took, and how full the context window is."""

    usage: Usage
    """Of this one reply."""
    used: int
    """Tokens of the window that the next request takes, estimated where the server does not count."""
    window: int | None = None


class TurnEnded(_Told, frozen=True, tag="turn_ended"):
    """A turn has ended, well or not."""

    turn: Turn


Progress = (
    TurnStarted
    | ReasoningDelta
    | TextDelta
    | TextTakenBack
    | ToolBuilding
    | Waiting
    | Retrying
    | ToolStarted
    | ToolRan
    | Compacted
    | Repaired
    | UsageTold
    | TurnEnded
)
Tell = Callable[[Progress], None]
