"""A question to the daemon's chat, and what came of it."""

import asyncio
import re
from pathlib import Path

import pytest
from daemons import executor, hosted
from model_server import PATIENCE

from nexdiag.agent.daemon.ask import LONGEST_WAIT, Said, new_request_id, reply_to, say, utf8
from nexdiag.agent.daemon.protocol import LONGEST_MESSAGE
from nexdiag.core.errors import DaemonError, EndpointError, UsageError
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles


def answered(state: Path, url: str, text: str) -> tuple[Said, str | EndpointError]:
    """What `say` and then `reply_to` give for the same text, of a daemon that serves."""

    async def both() -> tuple[Said, str | EndpointError]:
        async with hosted(state, executor(url)):
            said = await asyncio.to_thread(say, state, text, request_id="one", timeout=PATIENCE)
            try:
                return said, await asyncio.to_thread(reply_to, state, text, timeout=PATIENCE)
            except EndpointError as error:
                return said, error

    return asyncio.run(both())


def test_a_reply_comes_back(tmp_path: Path) -> None:
    """What the model said, and no error."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        said, reply = answered(tmp_path / "s", url, "hi")
    assert said == Said(reply="One.")
    assert reply == "Two."


def test_a_failure_comes_back_as_the_line_that_the_user_is_to_see(tmp_path: Path) -> None:
    """`say` gives it as a fact, `reply_to` raises it as the endpoint's fault."""
    said, raised = answered(tmp_path / "s", "http://127.0.0.1:9", "hi")
    assert (said.reply, said.settled) == (None, True)
    assert "127.0.0.1:9" in (said.error or "")
    assert isinstance(raised, EndpointError)
    assert raised.hint


def test_what_is_not_settled_in_time_is_told_with_its_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon goes on: `say` tells it as not settled, `reply_to` names the request to look for."""
    asked: list[str] = []

    def slow(state: Path, cmd: str, **values: object) -> dict[str, object]:
        asked.append(cmd)
        return {"ok": True, "settled": False, "doing": "the server is away" if len(asked) > 2 else ""}

    monkeypatch.setattr("nexdiag.agent.daemon.ipc.ask", slow)
    assert say(tmp_path, "hi", request_id="r", timeout=1) == Said(error="no reply within 1 s", settled=False)
    doing: list[str] = []
    with pytest.raises(DaemonError, match="no reply within 7 s: the server is away") as told:
        reply_to(tmp_path, "hi", timeout=7, tell=doing.append)
    assert "nexdiag chat --reply chat-" in told.value.hint
    assert asked == ["user_chat", "wait_reply", "user_chat", *["wait_reply"] * 4]
    assert doing == ["the server is away"]


@pytest.mark.parametrize("text", ["", " \n", "\udcff", "a\ud800b", "x" * (LONGEST_MESSAGE + 1)])
def test_what_cannot_be_said_is_refused_before_any_daemon_is_asked(tmp_path: Path, text: str) -> None:
    """It is the user's fault even where no daemon runs."""
    with pytest.raises(UsageError, match="message") as told:
        say(tmp_path, text, request_id="r", timeout=1)
    assert told.value.hint


@pytest.mark.parametrize("timeout", [0.0, -1.0, LONGEST_WAIT + 1, float("nan"), float("inf")])
def test_a_wait_that_no_daemon_would_grant_is_refused(tmp_path: Path, timeout: float) -> None:
    """Nothing is posted that nobody would wait for."""
    with pytest.raises(UsageError, match="a wait of"):
        say(tmp_path, "hi", request_id="r", timeout=timeout)


def test_no_daemon_is_the_daemons_fault(tmp_path: Path) -> None:
    """A good message without a daemon is told as that."""
    with pytest.raises(DaemonError, match="no daemon runs"):
        say(tmp_path, "hi", request_id="r", timeout=1)


def test_request_ids_have_the_references_form_and_differ() -> None:
    """chat-MILLISECONDS-TEN DIGITS."""
    made = {new_request_id() for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"chat-\d{13}-\d{10}", name) for name in made)


def test_text_is_given_as_utf8() -> None:
    """What can be written is given as its bytes."""
    assert utf8("é") == b"\xc3\xa9"
