"""Promises of `nexdiag.runner.replaying.replay`: which way fits a recording, and that a hostile one does no harm."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from made import URL, chat, recorded, said, user

from nexdiag.agent.client.clocks import Clocks
from nexdiag.codec import cassette as codec
from nexdiag.codec import fault
from nexdiag.codec.scenario import of_texts
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.core.run import Run
from nexdiag.core.turn import ToolRun, Turn
from nexdiag.runner.load import load
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.replay import replay

CASSETTES = Path(__file__).parents[3] / "cassettes"
OURS = (("user-agent", "nexdiag/0.1.0"),)
EXACT = {"exact"}


def ours(number: int, *messages: dict[str, object], turn: int | None = 1) -> Exchange:
    """An exchange of our executor's."""
    asked = msgspec.structs.replace(chat(*messages), headers=OURS)
    return recorded(number, asked, turn=turn)


@pytest.mark.parametrize(
    ("name", "way"), [("llama.cpp/five-back-to-back", "rerun"), ("llama.cpp/openai-sdk-responses", "resent")]
)
def test_the_way_fits_the_client(name: str, way: str) -> None:
    """Ours says it again; of another client's the requests are sent again."""
    run = replay(load(CASSETTES / f"{name}.cassette.jsonl"))
    assert run.how == way
    assert {turn.outcome for turn in run.replayed} == EXACT
    assert run.seconds > 0


def test_what_our_executor_sent_outside_turns_alone_is_resent() -> None:
    """Nothing of it can be said again, but it has its answers."""
    run = replay(Cassette(header=Header(), exchanges=(ours(0, user("x"), turn=None),)))
    assert (run.how, [turn.outcome for turn in run.replayed]) == ("resent", ["exact"])


@pytest.fixture
def harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in which nothing may appear; no process may start, and no connection leave."""
    connect = socket.socket.connect

    def watched(self: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] == "127.0.0.1", address
        connect(self, address)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(subprocess.Popen, "__init__", never)
    monkeypatch.setattr(os, "system", never)
    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not [path for path in tmp_path.rglob("*") if path.name != "hostile.cassette.jsonl"]


def from_file(folder: Path, raw: bytes) -> Run:
    """What a file with these bytes replays to."""
    path = folder / "hostile.cassette.jsonl"
    path.write_bytes(raw)
    return replay(load(path))


HEADER = b'{"cassette":2,"origin":"http://127.0.0.1:9/v1","model":"m"}\n'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json\n",
        b'{"log":{"version":"1.2"}}\n',
        b'{"cassette":99}\n',
        b'{"version":1,"interactions":[]}',
        b"\x00" * 1000,
        b'{"cassette":2,"scenario":' + b"[" * 100_000,
        HEADER + b'{"exchange":0,"request":{"method":7}}\n' * 2,
        HEADER,
        HEADER + b'{"turn":1,"said":"x"}\n',
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_what_is_no_recording_is_a_clear_error(harmless: Path, raw: bytes) -> None:
    """Foreign, newer, torn, empty, of headers alone: one line of what, and no trace of it but that."""
    with pytest.raises((CassetteError, NothingToDo)) as told:
        from_file(harmless, raw)
    assert told.value.what
    assert "\n" not in told.value.what


def test_a_torn_tail_is_replayed_as_far_as_it_goes(harmless: Path) -> None:
    """What stands before the tear is exact; the tear goes along in the run, for the report."""
    raw = (CASSETTES / "llama.cpp" / "five-back-to-back.cassette.jsonl").read_bytes()
    whole = raw.rstrip(b"\n")
    run = from_file(harmless, whole[: whole.rindex(b"\n") + 40])
    assert run.cassette.tear
    assert [turn.outcome for turn in run.replayed][:4] == ["exact"] * 4
    assert not run.differs


def hostile(name: str, *exchanges: Exchange, said_: str = "x", session: str = "") -> Cassette:
    """One turn of our executor in a recording whose names are hostile."""
    mine = tuple(msgspec.structs.replace(one, session=session) for one in exchanges)
    turn = Turn(number=1, said=said_, session=session, exchanges=mine, reply="a")
    header = Header(origin="http://127.0.0.1:9/v1", model="m", scenario=of_texts("x", (said_,)), command="touch oops")
    header = msgspec.structs.replace(header, scenario=msgspec.structs.replace(of_texts("x", (said_,)), name=name))
    run = ToolRun(call_id="c", name="../../bin/sh", arguments="{}", output="x", turn=1, session=session)
    return Cassette(header=header, turns=(turn,), exchanges=mine, tool_runs=(run,), name=name)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/abs/olute", "\x1b]0;owned\x07", "a\x00b", "x" * 10_000, "\u202e"]
)
def test_names_are_names_and_no_paths(harmless: Path, name: str) -> None:
    """Of scenario, session and tool: nothing is written, read or run by them."""
    assert harmless.is_dir()
    run = replay(hostile(name, ours(0, user("x")), session=name))
    assert [turn.outcome for turn in run.replayed] == ["changed"]
    assert run.how == "rerun"


DEEP = b'{"messages":' + b"[" * 5000 + b"]" * 5000 + b"}"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"null", b"[]", b'{"messages":7}', DEEP, b'{"a":' * 99_000])
@pytest.mark.parametrize("agent", ["nexdiag/0.1.0", "another"])
def test_a_body_that_is_anything_gets_a_verdict(harmless: Path, body: bytes, agent: str) -> None:
    """It differs from what our executor sends; sent again as it was, it has its answer."""
    assert harmless.is_dir()
    asked = Request(method="POST", url=URL, headers=(("user-agent", agent),), body=Body.of(body))
    run = replay(hostile("x", recorded(0, asked)))
    assert [turn.outcome for turn in run.replayed] == (["exact"] if agent == "another" else ["changed"])


@pytest.mark.parametrize("response", [None, Response(status=200), Response(status=0), Response(status=99_999)])
def test_an_answer_that_is_none_gets_a_verdict(harmless: Path, response: Response | None) -> None:
    """No response, no chunk, a status that no answer has: sent again, it is as it was recorded."""
    assert harmless.is_dir()
    one = msgspec.structs.replace(recorded(0, chat(user("x"))), response=response)
    one = msgspec.structs.replace(one, request=msgspec.structs.replace(one.request, headers=(("user-agent", "a"),)))
    run = replay(hostile("x", one))
    assert [turn.outcome for turn in run.replayed] == ["exact"]


def test_a_conversation_of_very_many_messages_ends(harmless: Path) -> None:
    """Twenty thousand messages in one request that nobody sends: one verdict, in time that grows with the bytes."""
    assert harmless.is_dir()
    many = [user("a") if number % 2 else said("b") for number in range(20_000)]
    (turn,) = replay(hostile("x", ours(0, *many))).replayed
    assert turn.outcome == "changed"
    assert turn.divergence is not None
    assert turn.divergence.recorded == 20_000


def test_a_hostile_recording_in_a_file_is_read_and_replayed(harmless: Path) -> None:
    """The same through the file: it is written by our encoder, read, replayed, and leaves nothing behind."""
    raw = codec.encode(hostile("../../x", ours(0, user("x")), session="../../y"))
    assert [turn.outcome for turn in from_file(harmless, raw).replayed] == ["changed"]


def test_one_turn_alone_is_played_without_the_faults_of_the_others() -> None:
    """And a fault of the scenario that can strike nothing is told in a verdict: it is no error."""
    whole = load(CASSETTES / "llama.cpp/five-back-to-back.cassette.jsonl")
    assert whole.header.scenario is not None
    faults = ("status:400@2", "cut@3.9")
    header = msgspec.structs.replace(
        whole.header, scenario=msgspec.structs.replace(whole.header.scenario, faults=faults)
    )
    cut = msgspec.structs.replace(
        whole,
        header=header,
        turns=tuple(turn for turn in whole.turns if turn.number == 3),
        exchanges=tuple(one for one in whole.exchanges if one.turn == 3),
    )
    run = replay(cut)
    assert [(turn.number, turn.outcome) for turn in run.replayed] == [(3, "exact"), (0, "unchecked")]
    assert "cut@3.9 cannot strike" in run.replayed[1].note


@pytest.mark.parametrize("turn", [1, 3])
def test_an_executor_that_waits_for_ever_has_failed(turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording is whole: the turn that hangs is a change, those before it stand, those behind it are unchecked."""
    ever = Clocks(**dict.fromkeys(("first_byte", "idle", "lifetime", "hint"), float("inf")))
    monkeypatch.setattr("nexdiag.agent.client.client.clocks_for", lambda endpoint: ever)
    cassette = load(CASSETTES / "llama.cpp" / "five-back-to-back.cassette.jsonl")
    run = replay(cassette, How(faults=(fault.decode(f"stall@{turn}#3"),)))
    expected = ["exact"] * (turn - 1) + ["changed"] + ["unchecked"] * (5 - turn)
    assert [one.outcome for one in run.replayed] == expected
    hung = run.replayed[turn - 1]
    assert [(one.pointer, one.right) for one in hung.differences] == [("(outcome)", "hung")]
    assert hung.note.startswith("our executor would wait for ever, after ")
    assert (run.differs, run.session) == (True, None)
