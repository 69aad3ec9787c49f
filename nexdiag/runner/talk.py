"""The executor in a terminal: what is typed is said, what is answered is printed. One line in, one turn."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import open_session
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn
from nexdiag.runner.host import Crew, make_driver

COMMANDS = {"/help": "what can be typed", "/quit": "end the session", "/exit": "end the session"}
_WELL = ("end_turn", "eof", "user_quit")


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """How a session went."""

    turns: tuple[Turn, ...]
    usage: Usage
    exit_reason: str
    """`end_turn`, `eof`, `user_quit`, `max_turns`, `cancelled`, or what went wrong."""

    @property
    def well(self) -> bool:
        """Whether it ended as it should."""
        return self.exit_reason in _WELL


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to talk."""

    state: Path | None = None
    """Where the session is kept; None keeps none."""
    resume: str | None = None
    """The key, alias or prefix of the session to go on with."""
    autonomous: bool = False
    """End after the first answer."""
    max_turns: int = 200


def talk(crew: Crew, lines: Iterable[str], wishes: Wishes, *, tell: Tell, say: Callable[[str], None]) -> Talk:
    """Say each line, until they end. `say` prints what is no answer: hints, errors."""
    with contextlib.ExitStack() as held:
        conversation = None
        if wishes.state is not None:
            conversation = held.enter_context(open_session(wishes.state, wishes.resume, clock=time.time))
            for told in conversation.told:
                say(told)
        runner = held.enter_context(asyncio.Runner())
        driver = make_driver(crew, conversation, tell)
        held.callback(lambda: runner.run(driver.close()))
        turns: list[Turn] = []
        reason = _say_all(lines, wishes, turns, say, lambda text: _one(runner, driver, text))
        usage = sum((turn.usage for turn in turns), Usage())
        if conversation is not None:
            conversation.journal.end("complete" if reason in _WELL else reason, usage=usage, turns=len(turns))
        return Talk(turns=tuple(turns), usage=usage, exit_reason=reason)


def _say_all(
    lines: Iterable[str],
    wishes: Wishes,
    turns: list[Turn],
    say: Callable[[str], None],
    play: Callable[[str], Turn | None],
) -> str:
    """Say the lines; why they ended."""
    for line in lines:
        text = line.strip()
        if text in ("/quit", "/exit"):
            return "user_quit"
        if text.startswith("/") and " " not in text:
            say(_slash(text))
        elif text:
            turn = play(text)
            if turn is None:
                say("cancelled")
            else:
                turns.append(turn)
                if turn.error is not None and not wishes.autonomous:
                    say(f"error: {turn.error}")
            if wishes.autonomous:
                return _ending(turn)
            if len(turns) >= wishes.max_turns:
                return "max_turns"
    return "eof"


def _one(runner: asyncio.Runner, driver: Driver, text: str) -> Turn | None:
    """One turn; None if the user broke it off."""
    try:
        return runner.run(driver.say(text))
    except KeyboardInterrupt:
        return None


def _ending(turn: Turn | None) -> str:
    if turn is None:
        return "cancelled"
    return "end_turn" if turn.outcome == "answered" else turn.error or turn.outcome


def _slash(text: str) -> str:
    if text == "/help":
        return "\n".join(f"{name:<8}{about}" for name, about in COMMANDS.items())
    return f"no such command: {text} (see /help); it was not sent to the model"
