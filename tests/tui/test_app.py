"""The application, as a user works with it: keys in, screen out."""

from pathlib import Path

import pytest
from textual.widgets import Input
from tui_daemon import Clock, ScriptedDaemon, app_on, opened, screen_text, turn, until

from nexdiag.agent import progress as told
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message, Usage
from nexdiag.tui.entries import Failure, Said
from nexdiag.tui.guide import Guide
from nexdiag.tui.memory import Memory, load, save

pytestmark = pytest.mark.anyio


async def test_a_message_is_sent_streamed_and_ended(tmp_path: Path) -> None:
    """Enter sends; the answer grows as it comes; the status line tells of it (reference faults 27, 67, 69)."""
    daemon, clock = ScriptedDaemon(), Clock()
    app = app_on(daemon, tmp_path, clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.press(*"hello", "ctrl+j", *"you", "enter")
        await until(pilot, lambda: daemon.of("user_chat"))
        assert daemon.of("user_chat") == [{"message": "hello\nyou", "request_id": "r1", "chat_id": 0}]
        assert "queued" in screen_text(app)
        daemon.tell(told.TurnStarted(turn=turn(1, "hello\nyou")), told.TextDelta(text="I am "))
        await until(pilot, lambda: "I am" in screen_text(app))
        clock.now += 61
        app.show_status()
        await pilot.pause()
        assert "answering 1m01s" in screen_text(app)
        assert "queued" not in screen_text(app)
        usage = Usage(input_tokens=1500, output_tokens=20)
        daemon.tell(told.TextDelta(text="fine."), told.UsageTold(usage=usage, used=700, window=1000))
        daemon.tell(told.TurnEnded(turn=turn(1, "hello\nyou", outcome="answered", reply="I am fine.")))
        await until(pilot, lambda: not app.talk.running)
        await until(pilot, lambda: "I am fine." in screen_text(app))
        assert "↑1.5k ↓20 · ctx ━━━━━━── 70%" in screen_text(app)
        assert screen_text(app).count("hello") == 1


async def test_what_is_said_while_a_turn_runs_waits_its_turn_and_esc_cancels(tmp_path: Path) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.press(*"one", "enter", *"two", "enter")
        daemon.tell(told.TurnStarted(turn=turn(1, "one")))
        await until(pilot, lambda: app.talk.running and len(daemon.of("user_chat")) == 2)
        await until(pilot, lambda: "+1 queued" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: daemon.of("interrupt_chat"))
        daemon.tell(told.TurnEnded(turn=turn(1, "one", outcome="cancelled", duration=1.0)))
        daemon.tell(told.TurnStarted(turn=turn(2, "two")))
        await until(pilot, lambda: "cancelled after" in screen_text(app) and "queued" not in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(daemon.of("interrupt_chat")) == 2)
        daemon.tell(told.TurnEnded(turn=turn(2, "two", outcome="failed", error="500: [/b]out of memory")))
        await until(pilot, lambda: "✗ 500: [/b]out of memory" in screen_text(app))
        await pilot.press("escape")
        assert len(daemon.of("interrupt_chat")) == 2  # nothing runs: nothing is cancelled


async def test_a_daemon_that_dies_is_told_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    """A banner, tries again and again, the chat anew when it is back; the text stays (reference faults 60, 71)."""
    daemon = ScriptedDaemon([Message(role="user", content="before")])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        daemon.tell(told.TurnStarted(turn=turn()), told.TextDelta(text="Half"))
        await pilot.press(*"typed")
        daemon.break_off()
        await until(pilot, lambda: app.banner.display)
        assert "the daemon went away: what came of this" in screen_text(app)
        await pilot.press("enter")
        assert app.prompt.text == "typed"
        assert daemon.of("user_chat") == []
        daemon.histories[0].append(Message(role="assistant", content="The whole answer"))
        daemon.down = False
        await until(pilot, lambda: "The whole answer" in screen_text(app))
        assert not app.banner.display
        assert app.prompt.text == "typed"
        daemon.refuses["user_chat"] = "an empty message cannot be sent"
        await pilot.press("enter")
        await until(pilot, lambda: app.prompt.text == "typed")
        assert not app.talk.transcript.waiting()


async def test_without_a_daemon_one_is_started_and_said(tmp_path: Path) -> None:
    """The first message does not wait for somebody to start something (reference faults 48, 54, 58)."""
    daemon = ScriptedDaemon()
    daemon.down = True
    daemon.refuses["start"] = "the daemon died at its start"
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "died at its start" in screen_text(app))
        await pilot.press(*"early", "enter")
        assert app.prompt.text == "early"
        del daemon.refuses["start"]
        await pilot.press("ctrl+r")
        await opened(pilot, daemon)
        assert app.prompt.text == "early"
        assert not app.banner.display
        await until(pilot, lambda: "started the daemon (PID 7)" in screen_text(app))


async def test_several_chats(tmp_path: Path) -> None:
    """Switch by key, a draft for each, marks for what is new, a new chat; hidden on a narrow screen until asked for."""
    daemon = ScriptedDaemon([Message(role="user", content="in zero")], [Message(role="user", content="in one")], [])
    daemon.rows = {0: {"name": "zero"}, 1: {"name": "[b]one", "turns": 3}}
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        assert "[b]one" not in screen_text(app)
        await pilot.press(*"draft", "f2")
        await until(pilot, lambda: "2 ● [b]one" in screen_text(app))
        await pilot.press("alt+2")
        await opened(pilot, daemon, 1)
        assert "in one" in screen_text(app)
        assert "in zero" not in screen_text(app)
        assert "● [b]one" not in screen_text(app)
        assert app.prompt.text == ""
        await pilot.press("f6")
        await opened(pilot, daemon, 0)
        assert app.prompt.text == "draft"
        assert daemon.following == [0]
        daemon.rows[1]["turns"] = 4
        app.look_again()
        await until(pilot, lambda: "2 ● [b]one" in screen_text(app))
        app.prompt.put("/new plans")
        app.prompt.focus()
        await pilot.press("enter")
        await opened(pilot, daemon, 3)
        assert "4   plans" in screen_text(app)
        daemon.tell(told.TurnStarted(turn=turn()), chat=0)
        await pilot.press("ctrl+n")
        await opened(pilot, daemon, 4)
        assert not app.talk.running
    async with app_on(daemon, tmp_path).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "[b]one" in screen_text(pilot.app))


async def test_one_comes_back_to_where_one_was(tmp_path: Path) -> None:
    """Chat, drafts and input history survive; a running turn is joined from its beginning (reference fault 70)."""
    talk = [
        Message(role="user", content="hello"),
        Message(role="assistant", content="The beginning, as the journal has it"),
    ]
    daemon = ScriptedDaemon([], talk)
    save(tmp_path, Memory(chat=1, drafts={1: "half a"}, said=["earlier words"]))
    daemon.running = {1}
    daemon.replay[1] = [told.TurnStarted(turn=turn()), told.TextDelta(text="The beginning, told again")]
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon, 1)
        await until(pilot, lambda: "told again" in screen_text(app))
        assert screen_text(app).count("The beginning") == 1
        assert screen_text(app).count("hello") == 1
        assert app.prompt.text == "half a"
        await pilot.press("up")
        assert app.prompt.text == "earlier words"
        await pilot.press("down")
        assert app.prompt.text == "half a"
        await pilot.press("ctrl+q")
    assert load(tmp_path).drafts == {1: "half a"}
    assert load(tmp_path).chat == 1


async def test_slash_commands_are_the_users_and_never_the_models(tmp_path: Path) -> None:
    daemon = ScriptedDaemon([Message(role="assistant", content="an answer")])
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)

        async def typed(text: str) -> None:
            app.prompt.focus()
            app.prompt.put(text)
            await pilot.press("enter")
            await pilot.pause()

        await typed("/compact")
        await until(pilot, lambda: daemon.of("compact_chat"))
        await typed("/copy")
        assert app.clipboard == "an answer"
        await typed("/search answer")
        assert app.query_one(Input).value == "answer"
        await pilot.press("escape")
        await typed("/help")
        assert isinstance(app.screen, Guide)
        await pilot.press("escape")
        await typed("/qiut")
        assert app.prompt.text == "/qiut"
        await typed("/status")
        await until(pilot, lambda: daemon.of("user_chat"))
        daemon.settled["r1"] = ("coordinator", "all is well")
        await until(pilot, lambda: "all is well" in screen_text(app))
        assert "queued" not in screen_text(app)
        await typed("no turn")
        daemon.settled["r2"] = ("system-error", "no such endpoint")
        await until(pilot, lambda: "✗ no such endpoint" in screen_text(app))
        kinds = [type(entry) for entry in app.talk.transcript.entries.values()]
        assert kinds[-2:] == [Said, Failure]
        await typed("/quit")
    assert app.return_code == 0


async def test_a_chat_that_is_not_there_ends_it_with_the_reason(tmp_path: Path) -> None:
    app = app_on(ScriptedDaemon(), tmp_path, chat=9)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is not None)
    assert isinstance(app.return_value, UsageError)
    assert "no chat 9" in app.return_value.what


async def test_the_palette_holds_every_action(tmp_path: Path) -> None:
    daemon = ScriptedDaemon()
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, daemon)
        await pilot.press("ctrl+p", *"light", "enter")
        await until(pilot, lambda: app.theme == "nexdiag-light")
        names = {command.title for command in app.get_system_commands(app.screen)}
        assert {"New chat", "Find", "Compact", "Quit", "Help"} <= names
