"""A tool's questions go to a real server, in conversations of their own."""

import asyncio
import datetime as dt
import json
import threading
from pathlib import Path

import httpx
import pytest
from model_server import DONE, PATIENCE, Server, answers, calls, chunk, echoes, holds, http, sends, serving, stream_head

from nexdiag.agent.loop import CUT
from nexdiag.agent.tools.toolbox import Toolbox, standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.capture.transport import RecordingTransport
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import ToolError
from nexdiag.lint import profiles
from nexdiag.runner.asking import ModelAsker
from nexdiag.runner.host import recording
from nexdiag.runner.load import load


def endpoint(server: Server) -> Endpoint:
    return Endpoint(base_url=f"{server.url}/v1", model="m", profile=profiles.resolve(None), window=50_000)


def asker(server: Server) -> ModelAsker:
    return ModelAsker(endpoint(server), transport=httpx.AsyncHTTPTransport, today=lambda: dt.date(2026, 1, 2))


def test_a_question_gets_its_answer() -> None:
    """One system prompt, with the day in it, and one question (reference fault 43)."""
    with serving(echoes) as server:
        assert asyncio.run(asker(server).complete("how many?", system="Count.")) == "echo: how many?"
    assert server.asked[0].messages == [
        {"role": "system", "content": "Count.\nToday is 2026-01-02 (Friday)."},
        {"role": "user", "content": "how many?"},
    ]
    assert asker(server).window == 50_000


def test_a_helper_works_with_its_tools(tmp_path: Path) -> None:
    """What a tool gave goes to the model, and the last word comes back."""
    (tmp_path / "f").write_text("seven")
    wanted = sends(stream_head(), calls(("c1", "read_file", '{"path": "f"}')))
    with serving(wanted, echoes) as server:
        box = standard(Workspace(tmp_path)).subset(["read_file"])
        assert asyncio.run(asker(server).ask("look", system="s", tools=box)) == "echo:      1\tseven"
    assert [message["role"] for message in server.asked[1].messages] == ["system", "user", "assistant", "tool"]


def test_turns_are_limited(tmp_path: Path) -> None:
    """A helper that never comes to an end is stopped after its model calls."""
    wanted = sends(stream_head(), calls(("c1", "glob", '{"pattern": "*"}')))
    box: Toolbox = standard(Workspace(tmp_path))
    with serving(wanted) as server, pytest.raises(ToolError, match=r"gave no answer: .*3 model calls"):
        asyncio.run(asker(server).ask("look", system="s", tools=box, max_turns=3))
    assert len(server.asked) == 3


def test_a_failure_is_the_tools_error() -> None:
    """With the server's own words."""
    refused = sends(http('{"error": {"message": "no such model"}}', "404 Not Found"))
    with serving(refused) as server, pytest.raises(ToolError, match=r"gave no answer: .*no such model"):
        asyncio.run(asker(server).complete("x", system="s"))


def test_what_is_asked_aside_belongs_to_no_turn(tmp_path: Path) -> None:
    """It is recorded; but a replay, which asks nobody for a tool's output, must not miss it."""
    path = tmp_path / "c.cassette.jsonl"
    with serving(answers("yes")) as server:
        where = endpoint(server)
        with recording(path, where, None) as recorder:
            one = ModelAsker(where, transport=lambda: RecordingTransport(httpx.AsyncHTTPTransport(), recorder))
            assert asyncio.run(one.complete("x", system="s")) == "yes"
    cassette = load(path)
    assert [exchange.turn for exchange in cassette.exchanges] == [None]
    assert cassette.turns == ()


def test_a_cancellation_hangs_up() -> None:
    """When the user stops the turn, the server is not kept busy with a helper's question."""
    over = threading.Event()

    async def main(server: Server) -> None:
        task = asyncio.create_task(asker(server).complete("x", system="s"))
        await asyncio.to_thread(server.wait, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE)

    with serving(holds(over, stream_head())) as server:
        asyncio.run(main(server))
        over.set()


def test_an_answer_that_is_cut_off_is_gone_on_with() -> None:
    """A helper may say as much as the session; half an answer is completed, or says so (reference fault 23)."""
    cut = sends(stream_head(), chunk({"content": '{"facts": ["one", '}, "length"), DONE)
    with serving(cut, answers('"two"]}')) as server:
        assert asyncio.run(asker(server).complete("facts?", system="s")) == '{"facts": ["one", "two"]}'
    assert [json.loads(request.body)["max_tokens"] for request in server.asked] == [endpoint(server).max_tokens] * 2
    with serving(cut) as server:
        assert CUT in asyncio.run(asker(server).complete("facts?", system="s"))
