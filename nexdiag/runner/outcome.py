"""How a session in a terminal went, and the exit code that says so. Pure."""

import json

import msgspec

from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

END_TURN = "end_turn"
EOF = "eof"
QUIT = "user_quit"
CANCELLED = "cancelled"
MAX_TURNS = "max_turns"
EMPTY = "empty_first_input"
BROKEN_OFF = "interrupted"
"""By a signal, or by a fault of ours: nothing else was noted."""
RELEASED = "release_requested"
WELL = (END_TURN, EOF, QUIT)
"""Reasons of an end as it should be."""


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """How a session went."""

    turns: tuple[Turn, ...]
    usage: Usage
    exit_reason: str
    """`end_turn`, `eof`, `user_quit`, `max_turns`, `empty_first_input`, `cancelled`, or what went wrong."""

    @property
    def well(self) -> bool:
        """Whether it ended as it should."""
        return self.exit_reason in WELL

    @property
    def failure(self) -> str | None:
        """Why its last turn has no answer, or none that is whole; None if it has one, or there was none."""
        last = self.turns[-1] if self.turns else None
        return None if last is None else last.error or (None if last.outcome == "answered" else last.outcome)

    @property
    def line(self) -> str:
        """How it went, as one line of JSON: what --eval-mode prints."""
        told = {"status": "ok" if self.well else "abnormal", "turns": len(self.turns)}
        told |= {"input_tokens": self.usage.input_tokens, "output_tokens": self.usage.output_tokens}
        return json.dumps(told | {"exit_reason": self.exit_reason})


def ending(turn: Turn | None) -> str:
    """Why an autonomous session ended, by its turn; None for a turn that the user broke off."""
    if turn is None or turn.outcome == CANCELLED:
        return CANCELLED
    if turn.outcome != "answered":
        return turn.error or turn.outcome
    return turn.error or END_TURN  # an answer that was cut at its token limit says so, and is no good end
