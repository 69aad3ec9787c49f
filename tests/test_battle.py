"""The executor against a real llama.cpp server, through the daemon: long chats, tools, cancel, crashes.

The model is made on the spot; its template is as strict as any (`role-alternation` is a 400 there), and it has one
slot: what a request leaves behind on the server, the next one meets.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Hosted, hosted, until

from nexdiag.agent import config as configuration
from nexdiag.agent.daemon.chats import MakeExecutor
from nexdiag.agent.driver import Driver
from nexdiag.agent.progress import Compacted, Progress, Tell, TextDelta
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.session.registry import Registry
from nexdiag.codec import journal
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import EndpointError
from nexdiag.endpoint import llama, tiny_model
from nexdiag.lint import profiles
from nexdiag.runner.crew import Crew, make_executor

pytestmark = pytest.mark.real


def executor(url: str, place: Path, told: list[Progress] | None = None, **agent: object) -> MakeExecutor:
    """Makes the executor of a chat as the daemon's own command does."""
    config = configuration.Config(agent=configuration.Agent(**({"tools": ()} | agent)))  # type: ignore[arg-type]
    endpoint = Endpoint(base_url=f"{url}/v1", model=llama.MODEL, profile=profiles.named("llama.cpp"), max_tokens=200)

    async def make(conversation: Conversation, tell: Tell) -> Driver:
        def also(progress: Progress) -> None:
            if told is not None:
                told.append(progress)
            tell(progress)

        crew = Crew(config=config, endpoint=endpoint, workspace=place)
        return await make_executor(crew, conversation, also)

    return make


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """A server with one slot and a strict template; 4096 tokens, one a character."""
    with llama.running(context=4096) as url:
        yield url


def test_fifty_messages_back_to_back(strict: str, tmp_path: Path) -> None:
    """Each is answered, though the chat outgrows the window: it is compacted, and nothing is refused.

    (reference faults 2, 33-35, 37)
    """
    told: list[Progress] = []

    async def play() -> list[tuple[str, str]]:
        async with hosted(tmp_path / "s", executor(strict, tmp_path, told)) as one:
            asked = [await one.post(f"Message {number}: tell me more about it, please.") for number in range(50)]
            answers = [await one.reply(request) for request in asked]
            assert not one.logged("HTTP 4")
            assert not one.logged("HTTP 5")
            return answers

    answers = asyncio.run(play())
    assert [(role, bool(text)) for role, text in answers] == [("coordinator", True)] * 50
    assert any(isinstance(progress, Compacted) for progress in told)


def test_a_tool_loop_ends_by_itself(tmp_path: Path) -> None:
    """A model that calls tools with random arguments gets an answer to each call, and comes to a clear end."""
    with llama.running(template=tiny_model.TOOL_TEMPLATE, tool_bias=tiny_model.CALLS) as url:

        async def play() -> tuple[tuple[str, str], list[journal.Entry | journal.Bad]]:
            async with hosted(tmp_path / "s", executor(url, tmp_path, tools=("glob",), max_turns=6)) as one:
                said = await one.say("Which files are there?")
                return said, entries(one)

        (role, text), kept = asyncio.run(play())
    assert text
    assert role in ("coordinator", "system-error")
    runs = [entry for entry in kept if isinstance(entry, journal.ToolExecutionEntry)]
    assert runs
    calls = {block.id for entry in kept if isinstance(entry, journal.MessageEntry) for block in entry.content
             if isinstance(block, journal.ToolUse)}  # fmt: skip
    assert {run.tool_use_id for run in runs} <= calls


def test_a_turn_that_is_cancelled_in_mid_stream_frees_the_only_slot(strict: str, tmp_path: Path) -> None:
    """The user hears that it was cancelled, and the next message is answered."""
    told: list[Progress] = []

    async def play() -> tuple[tuple[str, str], tuple[str, str]]:
        async with hosted(tmp_path / "s", executor(strict, tmp_path, told, max_tokens=2000)) as one:
            first = await one.post("Tell me a long story.")
            await until(lambda: any(isinstance(progress, TextDelta) for progress in told))
            await one.ask("interrupt_chat", chat_id=0)
            return await one.reply(first), await one.say("And now?")

    first, second = asyncio.run(play())
    assert first[0] == "system-error" or first[1]  # it may have ended before the cancellation came
    assert second[0] == "coordinator"


def test_a_server_that_is_killed_and_comes_back_is_gone_on_with(tmp_path: Path) -> None:
    """What was asked while it was away is answered by the new one, and the conversation goes on where it was."""

    async def play(servers: contextlib.ExitStack) -> list[tuple[str, str]]:
        url = servers.enter_context(llama.running())
        async with hosted(tmp_path / "s", executor(url, tmp_path)) as one:
            answers = [await one.say("Before.")]
            servers.close()
            meanwhile = await one.post("Meanwhile.")
            await until(lambda: one.logged("Retrying"))
            servers.enter_context(again(int(url.rsplit(":", 1)[1])))
            return [*answers, await one.reply(meanwhile), await one.say("After.")]

    with contextlib.ExitStack() as servers:
        answers = asyncio.run(play(servers))
    assert [role for role, _ in answers] == ["coordinator"] * 3


def test_two_chats_share_one_slot(strict: str, tmp_path: Path) -> None:
    """Both are answered: one waits for the other, and neither is given up as silent."""

    async def play() -> list[tuple[str, str]]:
        async with hosted(tmp_path / "s", executor(strict, tmp_path)) as one:
            asked = [(await one.post(f"Message {number}.", chat=number % 2), number % 2) for number in range(6)]
            return [await one.reply(request, chat=chat) for request, chat in asked]

    assert [role for role, _ in asyncio.run(play())] == ["coordinator"] * 6


def entries(one: Hosted) -> list[journal.Entry | journal.Bad]:
    """What the journal of chat 0 holds."""
    path = Registry(one.state).directory("chat-0") / "conversation.jsonl"
    return [journal.decode(line) for line in path.read_bytes().splitlines()]


@contextlib.contextmanager
def again(port: int) -> Iterator[str]:
    """The server on the port that it had, as soon as that is free."""
    for left in reversed(range(50)):
        try:
            running = contextlib.ExitStack()
            url = running.enter_context(llama.running(port=port))
        except EndpointError:
            if not left:
                raise
        else:
            with running:
                yield url
            return
