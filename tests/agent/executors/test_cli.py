"""A CLI plays the turns: whatever it does, each question is settled with an answer or one line, and nothing is left."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standin import Standin

from nexdiag.agent import executors
from nexdiag.agent.daemon.chats import Chat
from nexdiag.agent.daemon.feed import Feed
from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.executors.cli import CliExecutor, Patience
from nexdiag.agent.progress import (
    Progress,
    Repaired,
    Tell,
    TextDelta,
    ToolRan,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageTold,
    Waiting,
)
from nexdiag.agent.session.conversation import Conversation, open_chat
from nexdiag.agent.session.journal import read_entries
from nexdiag.agent.session.resume import restore
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

FAST = Patience(hint=0.05, quiet=600.0, last=2.0, grace=0.2)
THREAD = {"type": "thread.started", "thread_id": "01a2"}


def answers(text: str, *, tokens: int = 10, thread: str = "01a2") -> dict[str, Any]:
    """A run of codex that answers well, with a tool."""
    command = {"id": "c1", "type": "command_execution", "command": "ls"}
    return {
        "lines": [
            {"type": "thread.started", "thread_id": thread},
            {"type": "item.started", "item": command},
            {"type": "item.completed", "item": command | {"aggregated_output": "a.txt\n", "exit_code": 0}},
            {"type": "item.completed", "item": {"type": "agent_message", "text": text}},
            {"type": "turn.completed", "usage": {"input_tokens": tokens, "output_tokens": 1}},
        ]
    }


class Scene:
    """A state directory, a stand-in for codex, and what was told."""

    def __init__(self, path: Path) -> None:
        self.state = path / "state"
        self.path = path
        self.told: list[Progress] = []
        self.environment = {"PATH": str(path / "bin"), "LANG": "C.UTF-8"}

    def standin(self, *runs: dict[str, Any]) -> Standin:
        return Standin(self.path / "bin", "codex", *runs)

    def make(self, conversation: Conversation | None, patience: Patience = FAST) -> CliExecutor:
        return executors.make(
            "codex",
            conversation,
            self.told.append,
            model="nex:tiny",
            environment=self.environment,
            workspace=self.path,
            patience=patience,
        )

    def play(self, *questions: str, patience: Patience = FAST) -> list[Turn]:
        """Say these things, one after another, in one life of the daemon."""

        async def say() -> list[Turn]:
            with open_chat(self.state, 0, clock=lambda: 1.0) as conversation:
                executor = self.make(conversation, patience)
                turns = [await executor.say(text, request_id=f"r-{text}") for text in questions]
                await executor.close()
                return turns

        return asyncio.run(say())

    @property
    def directory(self) -> Path:
        return next(self.state.glob("chat/*/conversation.jsonl")).parent

    def kinds(self, *, but: type[Progress] = Waiting) -> list[str]:
        return [type(one).__name__ for one in self.told if not isinstance(one, but)]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_one_turn(scene: Scene) -> None:
    """The answer, the tool, the usage and the turn are told in order; question and model went in.

    (reference fault 56)
    """
    standin = scene.standin(answers("Hello."))
    [turn] = scene.play("Say hello – please")
    assert (turn.outcome, turn.reply, turn.error, turn.number) == ("answered", "Hello.", None, 1)
    assert [run.output for run in turn.tool_runs] == ["a.txt\n"]
    assert turn.usage == Usage(input_tokens=10, output_tokens=1)
    wanted = [TurnStarted, ToolStarted, ToolRan, TextDelta, UsageTold, TurnEnded]
    assert scene.kinds() == [kind.__name__ for kind in wanted]
    [call] = standin.calls
    assert call["said"] == "Say hello – please"
    assert call["argv"][:2] == ["exec", "--json"]
    assert call["argv"][call["argv"].index("-m") + 1] == "tiny"
    assert call["cwd"] == str(scene.path)


def test_history_is_journaled(scene: Scene) -> None:
    """The journal holds question and answer as any other executor's would: history and exactly-once hold."""
    scene.standin(answers("Hello."), answers("Bye."))
    scene.play("one", "two")
    restored = restore(read_entries(scene.directory / "conversation.jsonl"))
    assert [(message.role, message.text) for message in restored.messages] == [
        ("user", "one"),
        ("assistant", "Hello."),
        ("user", "two"),
        ("assistant", "Bye."),
    ]
    assert restored.answered == {"r-one": "Hello.", "r-two": "Bye."}
    assert restored.turns == 2
    assert restored.repairs == ()


def test_session_goes_on_after_a_restart(scene: Scene) -> None:
    """The CLI's session is resumed in a new life of ours; its usage is not counted twice (reference fault 70)."""
    standin = scene.standin(answers("Hello.", tokens=10), answers("Bye.", tokens=25))
    scene.play("one")
    [turn] = scene.play("two")
    assert "resume" not in standin.calls[0]["argv"]
    assert standin.calls[1]["argv"][-3:] == ["resume", "01a2", "-"]
    assert standin.calls[1]["said"] == "two"
    assert (turn.number, turn.usage.input_tokens) == (2, 15)
    assert (scene.directory / "executor.json").stat().st_mode & 0o777 == 0o600


def test_lost_session_begins_anew(scene: Scene) -> None:
    """A session that the CLI has lost is replaced, the user is told, and the new one knows what was said."""
    lost = {"stderr": "Error: thread/resume failed: no rollout found for thread id 01a2\n", "exit": 1}
    standin = scene.standin(answers("Hello."), lost, answers("Bye.", thread="01b3"))
    turns = scene.play("one", "two")
    assert [turn.reply for turn in turns] == ["Hello.", "Bye."]
    assert any(isinstance(told, Repaired) and "begins anew" in told.what for told in scene.told)
    last = standin.calls[2]
    assert "resume" not in last["argv"]
    assert last["said"].endswith("two")
    assert "User: one" in last["said"]
    assert "Assistant: Hello." in last["said"]
    assert msgspec.json.decode((scene.directory / "executor.json").read_bytes())["session"] == "01b3"


FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "exit": ({"stderr": "Error: no such model\n", "exit": 7}, "codex ended with exit code 7: Error: no such model"),
    "silent exit": ({"exit": 1}, "codex ended with exit code 1, without a word"),
    "garbage": ({"lines": ["<html>504</html>", "null", "[1]"]}, "codex ended without an answer: <html>504</html>"),
    "no final message": (
        {"lines": [THREAD, {"type": "turn.completed", "usage": {}}]},
        "codex ended without an answer, without a word",
    ),
    "half an answer": (
        {"lines": [THREAD, {"type": "item.completed", "item": {"type": "agent_message", "text": "I wi"}}], "exit": 9},
        "codex ended with exit code 9, without a word",
    ),
    "login": (
        {"lines": [THREAD, {"type": "turn.failed", "error": {"message": "unexpected status 401 Unauthorized"}}]},
        "codex: unexpected status 401 Unauthorized (log in with: codex login)",
    ),
    "no newline": ({"tail": '{"type":"turn.failed","error":{"message":"bad"}}'}, "codex: bad"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_one_line_and_the_session_goes_on(scene: Scene, name: str) -> None:
    """Whatever the CLI does wrong is one clear line, and the next question is answered (reference faults 60, L6)."""
    run, line = FAILURES[name]
    scene.standin(run, answers("Well."))
    first, second = scene.play("one", "two")
    assert (first.outcome, first.reply, first.error) == ("failed", None, line)
    assert (second.outcome, second.reply) == ("answered", "Well.")
    restored = restore(read_entries(scene.directory / "conversation.jsonl"))
    assert [message.role for message in restored.messages] == ["user", "assistant"]


def test_an_answer_stands_whatever_the_exit_code(scene: Scene) -> None:
    """A CLI that says its turn is over and then fails has answered."""
    scene.standin(answers("Hello.") | {"exit": 3})
    assert scene.play("one")[0].reply == "Hello."


def test_program_that_vanished(scene: Scene) -> None:
    """A CLI that is taken away between two turns is one line."""
    standin = scene.standin(answers("Hello."))

    async def say() -> Turn:
        executor = scene.make(None)
        standin.path.unlink()
        return await executor.say("one")

    turn = asyncio.run(say())
    assert turn.outcome == "failed"
    assert (turn.error or "").startswith("codex cannot be started")
    assert "npm install" in (turn.error or "")


def test_silence_is_told_and_ends(scene: Scene) -> None:
    """A CLI that hangs is told as waiting, and ended with all its children when it has been silent for long."""
    standin = scene.standin({"lines": [THREAD], "hang": True, "deaf": True, "children": 1}, answers("Well."))
    first, second = scene.play("one", "two", patience=msgspec.structs.replace(FAST, quiet=0.2))
    assert first.error == "codex said nothing for 0.2 s and was ended"
    assert any(isinstance(told, Waiting) for told in scene.told)
    assert second.reply == "Well."
    assert standin.living() == []


@pytest.mark.parametrize("deaf", [False, True])
def test_cancel_ends_the_whole_tree(scene: Scene, deaf: bool) -> None:
    """A cancelled turn leaves no process, tells its end, keeps the session, and the next question goes on in it."""
    standin = scene.standin({"lines": [THREAD], "hang": True, "deaf": deaf, "children": 2}, answers("Well."))

    async def say() -> Turn:
        with open_chat(scene.state, 0, clock=lambda: 1.0) as conversation:
            executor = scene.make(conversation)
            turn = asyncio.create_task(executor.say("one", request_id="r1"))
            while not standin.hanging or not (conversation.directory / "executor.json").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            turn.cancel()
            with pytest.raises(asyncio.CancelledError):
                await turn
            assert standin.living() == []
            ended = scene.told[-1]
            assert isinstance(ended, TurnEnded)
            assert (ended.turn.outcome, ended.turn.error) == ("cancelled", "cancelled")
            return await executor.say("two", request_id="r2")

    assert asyncio.run(say()).reply == "Well."
    assert standin.calls[1]["argv"][-3:] == ["resume", "01a2", "-"]


def test_question_from_before_a_crash(scene: Scene) -> None:
    """A question that the journal ends with is asked again, and not written down again (reference fault L1)."""
    scene.standin({"exit": 1}, answers("Hello."))
    scene.play("one")

    async def again() -> Turn:
        with open_chat(scene.state, 0, clock=lambda: 2.0) as conversation:
            assert conversation.open_question("r-one")
            return await scene.make(conversation).say("one", request_id="r-one", said=True)

    assert asyncio.run(again()).reply == "Hello."
    lines = (scene.directory / "conversation.jsonl").read_text().splitlines()
    assert sum('"role":"user"' in line for line in lines) == 1
    restored = restore(read_entries(scene.directory / "conversation.jsonl"))
    assert [(message.role, message.text) for message in restored.messages] == [("user", "one"), ("assistant", "Hello.")]


def test_change_of_executor_keeps_the_past(scene: Scene) -> None:
    """A chat that another executor began is told to the CLI with its first question."""
    standin = scene.standin(answers("Hello."))

    async def say() -> None:
        with open_chat(scene.state, 0, clock=lambda: 1.0) as conversation:
            (conversation.directory / "executor.json").write_text('{"executor":"claude","session":"x"}')
            executor = scene.make(conversation)
            await executor.say("one")
        (scene.directory / "executor.json").unlink()
        with open_chat(scene.state, 0, clock=lambda: 2.0) as conversation:
            await scene.make(conversation).say("two")

    asyncio.run(say())
    assert standin.calls[0]["said"] == "one"
    assert "Assistant: Hello." in standin.calls[1]["said"]


def test_environment_is_what_was_given(scene: Scene) -> None:
    """The CLI sees the base URL and keys that it is given, and nothing of ours (reference faults 9, 59)."""
    standin = scene.standin(answers("Hello."))
    scene.environment |= {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "k", "CLAUDECODE": "1"}
    scene.play("one")
    [call] = standin.calls
    assert {"PATH", "LANG", "OPENAI_BASE_URL", "OPENAI_API_KEY"} <= call["env"].keys()
    assert not {"CLAUDECODE", "HOME", "PWD"} & call["env"].keys() - {"PWD"}
    assert 'model_providers.nexdiag.base_url="http://127.0.0.1:9/v1"' in call["argv"]


def test_huge_output_is_bounded(scene: Scene) -> None:
    """A tool's output and an answer of any length are cut to what a journal may hold."""
    command = {"id": "c1", "type": "command_execution", "aggregated_output": "x" * 3_000_000, "exit_code": 0}
    run = answers("y" * 3_000_000)
    run["lines"].insert(1, {"type": "item.completed", "item": command})
    scene.standin(run)
    [turn] = scene.play("one")
    assert len(turn.tool_runs[0].output) <= 102_400
    assert len(turn.reply or "") <= 1_000_000


def test_remarks_are_told_once(scene: Scene) -> None:
    """The same remark, which codex makes with each turn, is told once."""
    remark = {"type": "item.completed", "item": {"type": "error", "message": "Model metadata not found"}}
    run = answers("Hello.")
    run["lines"].insert(1, remark)
    scene.standin(run)
    scene.play("one", "two")
    assert [told.what for told in scene.told if isinstance(told, Repaired)] == ["codex: Model metadata not found"]


def test_listener_that_fails(scene: Scene) -> None:
    """Telling never changes the work: the fault of a listener is noted, and the answer comes."""
    scene.standin(answers("Hello."))

    scene.told = _Broken()
    turn, trouble = asyncio.run(_said(scene))
    assert turn.reply == "Hello."
    assert trouble == "a listener failed: RuntimeError('odd')"


class _Broken(list[Progress]):
    def append(self, told: Progress) -> None:  # noqa: ARG002 - as lists have it
        raise RuntimeError("odd")


async def _said(scene: Scene) -> tuple[Turn, str | None]:
    executor = scene.make(None)
    return await executor.say("one"), executor.trouble


def test_in_a_chat_of_the_daemon(scene: Scene) -> None:
    """The daemon's worker settles a failed and an answered question of a CLI like those of any executor."""
    scene.standin({"exit": 1, "stderr": "Error: odd"}, answers("Hello."))

    async def work() -> list[str]:
        with open_chat(scene.state, 0, clock=lambda: 1.0) as conversation:
            log = DaemonLog(scene.path / "daemon.log", clock=lambda: 1.0, listener=lambda line: None)

            async def maker(one: Conversation, tell: Tell) -> CliExecutor:
                return executors.make(
                    "codex", one, tell, model=None, environment=scene.environment, workspace=scene.path
                )

            chat = Chat(0, conversation, maker, log, Feed(), lambda: 1.0)
            worker = asyncio.create_task(chat.run())
            replies = []
            for name in ("one", "two"):
                conversation.mailbox.post(name, request_id=name)
                chat.call()
                row = await chat.wait_reply(name, 30)
                replies.append(row.content if row is not None else "nothing")
            worker.cancel()
            await asyncio.wait({worker})
            log.close()
            return replies

    assert asyncio.run(work()) == ["codex ended with exit code 1: Error: odd", "Hello."]
