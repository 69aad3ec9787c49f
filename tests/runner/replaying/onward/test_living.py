"""The live part of a conversation."""

import socket
from pathlib import Path

import msgspec
import pytest

from nexdiag.agent.loop import Limits, Machine
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import CassetteError, EndpointError
from nexdiag.core.message import Message
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine, Turn
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.cassettes import files
from nexdiag.runner.load import load
from nexdiag.runner.replaying.onward.living import Living, there
from nexdiag.runner.replaying.onward.parted import part_of

LINE = LogLine(at=5.0, text="it goes on", source="nexdiag")
STUB = stub.StubEndpoint(profiles.named("llama.cpp"))


def endpoint(url: str) -> Endpoint:
    return Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.UNKNOWN, max_tokens=50)


def living(url: str, *history: Message) -> Living:
    """Turn 1 of two was played."""
    turns = tuple(Turn(number=number, said=f"q{number}", started=1.0) for number in (1, 2))
    header = Header(origin=f"{url}/v1", model="m", scenario=Scenario(name="s", say=()))
    return Living(
        part=part_of(Cassette(header=header, turns=turns), 1),
        machine=Machine(history, limits=Limits()),
        endpoint=endpoint(url),
        tools=RecordedToolbox(()),
        environ={},
        now=5.0,
    )


def test_it_goes_on_from_what_was_said(tmp_path: Path) -> None:
    """The request carries the past, the turn has the next number, and both are recorded behind the line."""
    path = tmp_path / "c.cassette.jsonl"
    files.create(path, b'{"cassette":2}\n')
    past = Message(role="user", content="q1"), Message(role="assistant", content="a1")
    told: list[Turn] = []
    with serving.running(STUB) as url:
        turns, trouble = living(url, *past).say(["q2"], path, LINE, told.append)
    assert (trouble, [turn.number for turn in turns], list(turns)) == (None, [2], told)
    new = load(path)
    assert [line.text for line in new.log] == ["it goes on"]
    sent = msgspec.json.decode(new.exchanges[0].request.body.join())
    assert [message["content"] for message in sent["messages"][1:]] == ["q1", "a1", "q2"]
    assert (new.exchanges[0].turn, new.turns[0].reply) == (2, turns[0].reply)


def test_with_nothing_to_say_there_is_the_line_alone(tmp_path: Path) -> None:
    """Nobody is asked."""
    path = tmp_path / "c.cassette.jsonl"
    files.create(path, b'{"cassette":2}\n')
    assert living("http://127.0.0.1:1").say([], path, LINE, lambda turn: None) == ((), None)
    assert len(load(path).log) == 1


def test_a_file_that_cannot_be_gone_on_with_is_told(tmp_path: Path) -> None:
    """Before anybody is asked."""
    with pytest.raises(CassetteError):
        living("http://127.0.0.1:1").say(["q2"], tmp_path / "none.cassette.jsonl", LINE, lambda turn: None)


def test_a_server_tells_what_it_is() -> None:
    """Its profile is known afterwards."""
    with serving.running(STUB) as url:
        assert there(endpoint(url)).profile.name == "llama.cpp"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_nobody_there_is_told(host: str) -> None:
    """By the address, with what to do; a free port is nobody's."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(EndpointError, match="nobody answers at") as caught:
        there(endpoint(f"http://{host}:{port}"))
    assert "-e URL -m MODEL" in caught.value.hint
