"""The executor in a terminal: what is typed is said, what is answered is printed. One line in, one turn."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon.ask import utf8
from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Tell
from nexdiag.agent.session.conversation import open_session
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn
from nexdiag.runner.host import Crew, endpoint_of, make_executor

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

    @property
    def failure(self) -> str | None:
        """Why its last turn has no answer; None if it has one, or there was none."""
        last = self.turns[-1] if self.turns else None
        return None if last is None or last.outcome == "answered" else last.error or last.outcome

    @property
    def line(self) -> str:
        """How it went, as one line of JSON: what --eval-mode prints."""
        told = {"status": "ok" if self.well else "abnormal", "turns": len(self.turns)}
        told |= {"input_tokens": self.usage.input_tokens, "output_tokens": self.usage.output_tokens}
        return json.dumps(told | {"exit_reason": self.exit_reason})


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to talk."""

    state: Path | None = None
    """Where the session is kept; None keeps none."""
    resume: str | None = None
    """The key, alias or prefix of the session to go on with."""
    autonomous: bool = False
    """End after the first answer."""
    max_turns: int = 200


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for; None where it says nothing."""

    model: str | None = None
    endpoint: str | None = None
    """A URL, or the name of a configured endpoint."""
    directory: Path | None = None
    system: str | None = None
    max_turns: int = 200
    read_only: bool = False
    chat: str | None = None
    """The session to go on with."""
    autonomous: bool = False
    evaluated: bool = False
    """Autonomous, and no session is kept."""


def prepare(asked: Asked, environ: Mapping[str, str], here: Path) -> tuple[Crew, Wishes]:
    """The executor and the session that are asked for, from the state directory's config where there is one.

    A bare URL needs no state directory, and without --dir none is looked for. Raises `UsageError` for what cannot be
    had together.
    """
    state: Path | None = configuration.find_state(asked.directory, environ, here)
    if asked.endpoint and "://" in asked.endpoint and asked.directory is None:
        state = None
    if asked.chat is not None and (state is None or asked.evaluated):
        why = "--eval-mode" if asked.evaluated else "a bare URL without --dir"
        hint = "leave --chat away, or name the state directory that holds the session: --dir D"
        raise UsageError(f"--chat {asked.chat} cannot be had with {why}: no session is kept", hint=hint)
    config = configuration.read(state) if state is not None else configuration.Config()
    system = asked.system or config.agent.system
    agent = msgspec.structs.replace(config.agent, system=system, max_turns=asked.max_turns)
    config = msgspec.structs.replace(config, agent=agent)
    endpoint = endpoint_of(config, model=asked.model, url=asked.endpoint)
    crew = Crew(config=config, endpoint=endpoint, workspace=here, read_only=asked.read_only)
    return crew, Wishes(
        state=None if asked.evaluated else state,
        resume=asked.chat,
        autonomous=asked.autonomous or asked.evaluated,
        max_turns=asked.max_turns,
    )


def talk(crew: Crew, lines: Iterable[str], wishes: Wishes, *, tell: Tell, say: Callable[[str], None]) -> Talk:
    """Say each line, until they end. `say` prints what is no answer: hints, errors."""
    with contextlib.ExitStack() as held:
        conversation = None
        if wishes.state is not None:
            conversation = held.enter_context(open_session(wishes.state, wishes.resume, clock=time.time))
            for told in conversation.told:
                say(told)
        runner = held.enter_context(asyncio.Runner())
        driver = make_executor(crew, conversation, tell)
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
    """Say the lines; why they ended. Raises `UsageError` for one that is not UTF-8 text."""
    ended = "eof"
    for line in lines:
        text = line.strip()
        if text in ("/quit", "/exit"):
            return "user_quit"
        if text.startswith("/") and " " not in text:
            say(_slash(text))
        elif text:
            utf8(text)
            turn = play(text)
            ended = "cancelled" if turn is None else "eof"
            if turn is None:
                say("cancelled")
            else:
                turns.append(turn)
                if turn.error is not None and not wishes.autonomous:
                    say(f"error: {turn.error}")
            if wishes.autonomous:
                return _ending(turn)
            if len(turns) >= wishes.max_turns:
                say(f"stopped after {wishes.max_turns} turns (--max-turns)")
                return "max_turns"
    return ended


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
