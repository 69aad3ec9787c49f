"""The executor in a terminal: what is typed is said, what is answered is told. One line in, one turn.

    line ─► slash command? ─► slash.COMMANDS ─► Talker
         └► otherwise      ─► Talker.play    ─► a turn

Law: a slash command is never sent to the model; whatever fails is told in one line, and the session goes on.
"""

from collections.abc import Callable, Iterable

import msgspec

from nexdiag.agent.daemon.ask import utf8
from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn
from nexdiag.runner import slash
from nexdiag.runner.outcome import BROKEN_OFF, CANCELLED, EMPTY, EOF, MAX_TURNS, QUIT, RELEASED, Talk, ending
from nexdiag.runner.talker import Talker


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to talk."""

    autonomous: bool = False
    """End after the first answer."""
    max_turns: int = 200
    interactive: bool = False
    """Somebody types: a turn that was broken off is no bad end of the session."""


def talk(talker: Talker, lines: Iterable[str], wishes: Wishes, *, say: Callable[[str], None]) -> Talk:
    """Say each line, until they end. `say` prints what is no answer: hints, errors."""
    turns: list[Turn] = []
    reason = BROKEN_OFF
    try:
        reason = _say_all(talker, lines, wishes, turns, say)
    finally:
        usage = sum((turn.usage for turn in turns), Usage())
        talker.end(reason, usage=usage, turns=len(turns))
    return Talk(turns=tuple(turns), usage=usage, exit_reason=reason)


def _say_all(
    talker: Talker, lines: Iterable[str], wishes: Wishes, turns: list[Turn], say: Callable[[str], None]
) -> str:
    """Say the lines; why they ended. Raises `UsageError` for one that is not UTF-8 text."""
    ended = EOF
    for line in lines:
        text = line.strip()
        if wishes.autonomous and not text:
            return EMPTY
        if slash.is_command(text):
            if not _obeyed(talker, text, say):
                return QUIT
        elif text:
            utf8(text)
            turn = talker.play(text)
            cancelled = turn is None or turn.outcome == CANCELLED
            ended = CANCELLED if cancelled and not wishes.interactive else EOF
            _keep(turn, turns, wishes, say)
            if wishes.autonomous:
                return ending(turn)
            if talker.release_requested:
                say("released, as another program asked for this session")
                return RELEASED
            if len(turns) >= wishes.max_turns:
                say(f"stopped after {wishes.max_turns} turns (--max-turns)")
                return MAX_TURNS
    return EMPTY if wishes.autonomous else ended


def _keep(turn: Turn | None, turns: list[Turn], wishes: Wishes, say: Callable[[str], None]) -> None:
    if turn is None:
        say("cancelled")
        return
    turns.append(turn)
    if turn.error is not None and not wishes.autonomous:
        say(f"error: {turn.error}")


def _obeyed(talker: Talker, text: str, say: Callable[[str], None]) -> bool:
    """Run a slash command; False if it ends the session."""
    try:
        told = slash.run(talker, text)
    except NexdiagError as error:
        say(f"error: {error.what}" + (f"\nhint: {error.hint}" if error.hint else ""))
    except KeyboardInterrupt:
        say("cancelled")
    else:
        if told is None:
            return False
        say(told)
    return True


__all__ = ["Talk", "Talker", "UsageError", "Wishes", "talk"]
