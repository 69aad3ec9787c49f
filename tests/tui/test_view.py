"""The conversation on the screen: a window that does not grow."""

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Markdown
from tui_daemon import ScriptedDaemon, app_on, opened, screen_text, turn, until

from nexdiag.agent import progress as told
from nexdiag.core.message import Message
from nexdiag.tui.app import ChatApp
from nexdiag.tui.view import FRAME, KEEP, SLACK, Conversation

pytestmark = pytest.mark.anyio


def talk(count: int) -> list[Message]:
    return [
        Message(role="user" if at % 2 == 0 else "assistant", content=f"message number {at}.") for at in range(count)
    ]


def _words(app: ChatApp) -> list[str]:
    """The conversation's lines, without its scroll bar."""
    return [line[:74].rstrip() for line in screen_text(app).splitlines()[:18]]


async def test_a_long_history_costs_a_page(tmp_path: Path) -> None:
    """Of 5,000 messages 20 are fetched and mounted; PageUp at the top brings 20 more, and they stay in order."""
    daemon = ScriptedDaemon(talk(5000))
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        assert len(app.view.children) == 20
        assert all(values["limit"] <= 20 for values in daemon.of("chat_history"))
        widgets = len(list(app.screen.walk_children()))
        assert widgets < 150
        await until(pilot, lambda: "number 4999." in screen_text(app))
        for _ in range(10):
            await pilot.press("pageup")
            await pilot.pause()
            if app.view.first < 4980:
                break
        await until(pilot, lambda: len(app.view.children) == 40)
        assert app.view.first == 4960
        assert [entry.index for entry in app.talk.transcript.entries.values()] == list(range(4960, 5000))
        assert not app.view.at_end
        assert "newer below" in str(app.prompt.border_subtitle)
        before = _words(app)
        daemon.tell(told.TurnStarted(turn=turn(9, "new")), told.TextDelta(text="below"))
        await until(pilot, lambda: len(app.view.children) == 42)
        assert _words(app) == before  # who reads is not pulled away
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "below" in screen_text(app))
        assert app.prompt.border_subtitle == ""


async def test_what_is_far_above_goes_and_can_be_loaded_again(tmp_path: Path) -> None:
    """Many turns later the window is as high as before, and knows where it begins."""
    daemon = ScriptedDaemon(talk(4))
    app = app_on(daemon, tmp_path)
    tall = "\n".join(f"line {at}" for at in range(KEEP // 2))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        for number in range(1, 6):
            daemon.tell(told.TurnStarted(turn=turn(number, tall)), told.TextDelta(text=f"answer {number}"))
            daemon.histories[0] += [
                Message(role="user", content=tall),
                Message(role="assistant", content=f"answer {number}"),
            ]
            daemon.tell(told.TurnEnded(turn=turn(number, tall, outcome="answered", reply="x")))
            await until(pilot, lambda: app.talk.transcript.total == len(daemon.histories[0]))
        await until(pilot, lambda: app.view.first > 0)
        await pilot.pause()
        assert app.view.virtual_size.height <= KEEP + SLACK
        assert len(app.talk.transcript.entries) == len(app.view.children) < 14
        assert "answer 5" in screen_text(app)
        first = app.view.first
        assert await app.load_earlier()
        assert app.view.first == max(0, first - 20)
        said = [entry.index for entry in app.talk.transcript.entries.values() if entry.index is not None]
        assert said == sorted(set(said))


async def test_ten_thousand_deltas_are_a_few_drawings(tmp_path: Path) -> None:
    """The screen is drawn at most so many times a second, however fast the model is; idle, it is not drawn at all."""
    daemon = ScriptedDaemon(talk(2))
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        appended: list[str] = []
        original = Markdown.append
        Markdown.append = lambda self, text: appended.append(text) or original(self, text)  # type: ignore[method-assign,func-returns-value]
        try:
            daemon.tell(told.TurnStarted(turn=turn()))
            daemon.tell(*[told.TextDelta(text="ab ")] * 10_000)
            daemon.tell(told.TurnEnded(turn=turn(outcome="answered", reply="x")))
            await until(pilot, lambda: not app.talk.running and not app.view._dirty.is_set())
            await pilot.pause()
        finally:
            Markdown.append = original  # type: ignore[method-assign]
        assert app.view.drawings < 40
        assert len(appended) < 40
        still = app.view.drawings
        refreshed: list[object] = []
        app.view.refresh = lambda *_, **__: refreshed.append(1) or app.view  # type: ignore[assignment,method-assign,func-returns-value]
        for block in app.view.children:
            block.refresh = lambda *_, block=block, **__: refreshed.append(block) or block  # type: ignore[assignment,method-assign,misc,func-returns-value]
        for _ in range(5):
            app.show_status()
            await pilot.press("x")
        assert app.view.drawings == still
        assert refreshed == []  # typing and the status line draw no block again


async def test_between_two_drawings_there_is_a_pause(tmp_path: Path) -> None:
    """What comes in the pause is drawn after it, all at once."""
    daemon = ScriptedDaemon([])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        pauses: list[float] = []
        over = asyncio.Event()

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            await over.wait()

        app.view._sleep = pause
        before = app.view.drawings
        for number in range(5):
            daemon.tell(told.TurnStarted(turn=turn(number, f"said {number}")))
            await pilot.pause(0.01)
        await until(pilot, lambda: len(pauses) == 1)
        assert app.view.drawings == before + 1
        over.set()
        await until(pilot, lambda: "said 4" in screen_text(app))
        assert app.view.drawings == before + 2
        assert all(seconds >= FRAME for seconds in pauses)


async def test_text_that_is_taken_back_leaves_the_screen(tmp_path: Path) -> None:
    """What a retry says again is not seen twice (reference faults 69, L7)."""
    daemon = ScriptedDaemon([])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        assert "Say something below." in screen_text(app)
        daemon.tell(told.TurnStarted(turn=turn()), told.TextDelta(text="Half an ans"))
        await until(pilot, lambda: "Half an ans" in screen_text(app))
        assert "Say something below." not in screen_text(app)
        daemon.tell(told.TextTakenBack(), told.Retrying(attempt=1, delay=0.5, reason="broken off"))
        daemon.tell(told.TextDelta(text="Whole"))
        await until(pilot, lambda: "Whole" in screen_text(app))
        assert "Half" not in screen_text(app)
        assert "attempt 1 failed, again in 0.5 s: broken off" in screen_text(app)


def test_the_conversation_takes_no_focus() -> None:
    """Keys go to the input or to a block; a focus on the whole would style all of it."""
    assert not Conversation.can_focus
