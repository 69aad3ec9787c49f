"""What a transcript is made of: one entry is one block on the screen. Pure.

Law: an entry is changed by the transcript alone; a streamed one keeps its text in pieces, so that a delta costs what
it brings.
"""

from typing import Literal

import msgspec

State = Literal["building", "running", "ran", "failed", "cut off"]


class Entry(msgspec.Struct, kw_only=True, eq=False):
    """One block."""

    key: int
    """Unique in one transcript."""
    index: int | None = None
    """The place in the chat's history of the message that it comes from, where that is known."""


class Said(Entry, kw_only=True, eq=False):
    """What the user said."""

    text: str
    turn: int = 0
    """0 where it is not known."""
    request_id: str = ""
    waiting: bool = False
    """Its turn has not begun."""


class Streamed(Entry, kw_only=True, eq=False):
    """Text that comes in pieces."""

    pieces: list[str] = msgspec.field(default_factory=list)
    size: int = 0
    """Characters so far."""
    done: bool = False

    @property
    def text(self) -> str:
        """All of it. Costs its length: not for every delta."""
        return "".join(self.pieces)


class Thought(Streamed, kw_only=True, eq=False):
    """What the model thought aloud."""


class Answer(Streamed, kw_only=True, eq=False):
    """What the model answered."""


class Tool(Entry, kw_only=True, eq=False):
    """A tool call and what came of it."""

    name: str
    call_id: str = ""
    arguments: str = ""
    characters: int = 0
    """Of the arguments, while the model is writing them."""
    state: State = "building"
    seconds: float = 0.0
    output: str = ""


class Note(Entry, kw_only=True, eq=False):
    """A line beside the conversation."""

    text: str
    alarm: bool = False


class Failure(Entry, kw_only=True, eq=False):
    """Why there is no answer, in one line."""

    text: str


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be drawn."""

    changed: tuple[Entry, ...] = ()
    """New and changed entries, oldest change first."""
    removed: tuple[Entry, ...] = ()
