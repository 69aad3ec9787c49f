"""What a driver tells while it works: to a terminal, a log, a recorder. Telling never changes the work."""

from collections.abc import Callable

import msgspec

from nexdiag.core.turn import ToolRun, Turn


class TurnStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A turn begins."""

    turn: Turn


class TextDelta(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the answer came."""

    text: str


class TextTakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """The answer so far will be said again from its beginning, because its request is sent again."""


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """A request failed in a way that may pass."""

    attempt: int
    delay: float
    reason: str


class ToolStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A tool is about to run."""

    name: str
    arguments: str


class ToolRan(msgspec.Struct, frozen=True, kw_only=True):
    """A tool has run."""

    run: ToolRun


class TurnEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A turn has ended, well or not."""

    turn: Turn


Progress = TurnStarted | TextDelta | TextTakenBack | Retrying | ToolStarted | ToolRan | TurnEnded
Tell = Callable[[Progress], None]
