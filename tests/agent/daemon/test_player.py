"""Promises of nexdiag.agent.daemon.player: one executor while it lasts, and whoever listens hears all of a turn."""

import asyncio
from pathlib import Path

from daemons import until

from nexdiag.agent.daemon.player import Player
from nexdiag.agent.progress import Progress, Repaired, Tell, TextDelta, TurnEnded, TurnStarted, UsageTold
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.mailbox import Row
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

ROW = Row(id=1, timestamp="", role="user", content="hi", request_id="r1")


class Scripted:
    """An executor that answers at once."""

    model = "scripted-model"

    def __init__(self, tell: Tell, fault: Exception | None = None) -> None:
        self.turns = 0
        self.trouble: str | None = None
        self.closed = 0
        self._tell = tell
        self._fault = fault

    async def say(self, text: str, **_: object) -> Turn:
        self.turns += 1
        turn = Turn(number=self.turns, said=text, reply="yo", usage=Usage(input_tokens=3, output_tokens=2))
        told: tuple[Progress, ...] = (
            TurnStarted(turn=turn),
            Repaired(what="a call was mended"),
            TextDelta(text="yo"),
            UsageTold(usage=turn.usage, used=40, window=100),
            TurnEnded(turn=turn),
        )
        for one in told:
            try:
                self._tell(one)
            except ValueError as error:
                self.trouble = self.trouble or str(error)
        return turn

    async def close(self) -> None:
        self.closed += 1
        if self._fault is not None:
            raise self._fault


class Stage:
    """A player, what it logs, and the executors that it made."""

    def __init__(self, conversation: Conversation, *listeners: Tell, fault: Exception | None = None) -> None:
        self.made: list[Scripted] = []
        self.lines: list[tuple[str, str]] = []
        self._fault = fault
        self.player = Player(
            0, conversation, self._make, lambda level, text, turn: self.lines.append((level, text)), listeners
        )

    async def _make(self, _: Conversation, tell: Tell) -> Scripted:
        self.made.append(Scripted(tell, self._fault))
        return self.made[-1]


def test_one_executor_plays_many_turns_until_something_changes(tmp_path: Path) -> None:
    """It is made for the first, and again only when what is in force has changed; the old one is closed."""
    with open_chat(tmp_path, 0, clock=lambda: 0.0) as chat:
        stage = Stage(chat)

        async def run() -> None:
            assert stage.player.model == ""
            for _ in range(2):
                assert (await stage.player.play(ROW)).reply == "yo"
            stage.player.renew()
            await stage.player.play(ROW)
            assert (stage.player.running, stage.player.interrupt()) == (False, False)
            assert stage.player.model == "scripted-model"

        asyncio.run(run())
        assert [one.closed for one in stage.made] == [1, 0]
        spent = stage.player.spent()
        assert (spent["usage"].input_tokens, spent["used"], spent["window"]) == (9, 40, 100)


def test_a_listener_that_fails_keeps_no_other_from_hearing(tmp_path: Path) -> None:
    """The executor notes it, and the log says so, once a turn (reference fault 60)."""
    heard: list[str] = []

    def deaf(progress: Progress) -> None:
        raise ValueError("no ear")

    with open_chat(tmp_path, 0, clock=lambda: 0.0) as chat:
        stage = Stage(chat, deaf, lambda progress: heard.append(type(progress).__name__))
        asyncio.run(stage.player.play(ROW))
    assert heard == ["TurnStarted", "Repaired", "TextDelta", "UsageTold", "TurnEnded"]
    assert ("WARN", "chat 0: no ear") in stage.lines
    assert ("WARN", "chat 0: repaired: a call was mended") in stage.lines


def test_an_executor_that_does_not_close_well_is_let_go(tmp_path: Path) -> None:
    """It is told, and stops nobody."""
    with open_chat(tmp_path, 0, clock=lambda: 0.0) as chat:
        stage = Stage(chat, fault=RuntimeError("stuck"))

        async def run() -> None:
            await stage.player.play(ROW)
            await stage.player.drop()
            await stage.player.drop()

        asyncio.run(run())
    assert stage.made[0].closed == 1
    assert stage.lines[-1] == ("WARN", "chat 0: its executor did not close well: RuntimeError('stuck')")


def test_one_that_cannot_compact_says_so(tmp_path: Path) -> None:
    """An executor of somebody else's may not know how."""
    with open_chat(tmp_path, 0, clock=lambda: 0.0) as chat:
        assert "cannot make its conversation shorter" in asyncio.run(Stage(chat).player.compact())


def test_the_making_of_an_executor_can_be_broken_off(tmp_path: Path) -> None:
    """It may start programs that hang; the next question tries again."""
    with open_chat(tmp_path, 0, clock=lambda: 0.0) as chat:
        stage = Stage(chat)
        make, hangs = stage._make, [True]

        async def slow(conversation: Conversation, tell: Tell) -> Scripted:
            if hangs.pop() if hangs else False:
                await asyncio.Event().wait()
            return await make(conversation, tell)

        stage.player._make_executor = slow

        async def run() -> None:
            playing = asyncio.create_task(stage.player.play(ROW))
            await until(lambda: stage.player.running and not hangs)
            assert stage.player.interrupt()
            assert (await playing).outcome == "cancelled"
            assert (await stage.player.play(ROW)).reply == "yo"

        asyncio.run(run())
    assert stage.made[0].turns == 1
