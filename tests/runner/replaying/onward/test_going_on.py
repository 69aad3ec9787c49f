"""A recording gone on with, live."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nexdiag.codec import cassette as codec
from nexdiag.codec import chat
from nexdiag.codec.scenario import of_texts
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, EndpointError, NexdiagError, NothingToDo, UsageError
from nexdiag.core.message import Message, Reply, ToolCall
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load
from nexdiag.runner.replaying.age import Expired
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.onward.going_on import Further, Passed, go_on
from nexdiag.runner.replaying.onward.target import Target
from nexdiag.runner.replaying.rerun import rerun
from tests.runner.replaying.test_rerun import THREE, changed, record, record_tools

STUB = stub.StubEndpoint(profiles.named("llama.cpp"))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording of three turns."""
    path = tmp_path_factory.mktemp("three") / "c.cassette.jsonl"
    record(path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, three: bytes) -> Path:
    """The same, in a file of its own."""
    (tmp_path / "c.cassette.jsonl").write_bytes(three)
    return tmp_path / "c.cassette.jsonl"


@pytest.fixture(scope="module")
def live() -> Iterator[str]:
    """The address of a server that is up."""
    with serving.running(STUB) as url:
        yield url


class Asked:
    """A server that counts what it is asked."""

    def __init__(self, app: Callable[..., Any] = STUB) -> None:
        self._app = app
        self.count = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        self.count += scope["path"].endswith("/chat/completions")
        await self._app(scope, receive, send)


def rewritten(path: Path, cassette: Cassette) -> None:
    """Put a recording in the place of the one there."""
    path.write_bytes(codec.encode(cassette))


def bytes_of(cassette: Cassette) -> list[tuple[object, ...]]:
    """What went over the wire, and when."""
    return [
        (one.id, one.turn, one.request.url, one.request.headers, one.request.body.join(), one.response, one.started)
        for one in cassette.exchanges
    ]


def test_two_turns_are_played_and_the_third_is_live(tmp_path: Path, path: Path) -> None:
    """One request goes out; the new recording holds the played turns to the byte, and the live one after them."""
    out = tmp_path / "more.cassette.jsonl"
    before, old = path.read_bytes(), load(path)
    told: list[Passed] = []
    server = Asked()
    with serving.running(server) as url:
        done = go_on(path, Further(until=2, target=Target(url=url, model="m"), output=out), told=told.append)
    assert (done.code, done.path, server.count) == (0, out, 1)
    assert [(one.turn.number, one.verdict.outcome if one.verdict else "live") for one in told] == [
        (1, "exact"),
        (2, "exact"),
        (3, "live"),
    ]
    new = load(out)
    assert bytes_of(new)[:2] == bytes_of(old)[:2]
    assert [(turn.said, turn.reply, turn.started) for turn in new.turns[:2]] == [
        (turn.said, turn.reply, turn.started) for turn in old.turns[:2]
    ]
    assert [(one.id, one.turn) for one in new.exchanges] == [(0, 1), (1, 2), (2, 3)]
    assert new.exchanges[2].request.url.startswith(url)
    assert path.read_bytes() == before
    assert new.header.created > old.header.created
    assert "turns 1 to 2 are those of c.cassette.jsonl" in new.log[0].text


def test_what_was_gone_on_with_replays_exactly(tmp_path: Path, path: Path, live: str) -> None:
    """Whether some turns were recorded again, or all of them, or none was left to say."""
    for until in (0, 1, 3):
        done = go_on(path, Further(until=until, target=Target(url=live)))
        assert done.path is not None
        assert [verdict.outcome for verdict in rerun(load(done.path)).replayed] == ["exact"] * 3
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "c-2.cassette.jsonl",
        "c-3.cassette.jsonl",
        "c-4.cassette.jsonl",
        "c.cassette.jsonl",
    ]


def test_nothing_goes_live_after_a_difference(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first turn differs: nobody is asked, nothing is written, and the verdict says where."""
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "You are somebody else.")
    server = Asked()
    with serving.running(server) as url:
        done = go_on(path, Further(until=2, target=Target(url=url)))
    assert (server.count, done.path, done.live, done.code) == (0, None, (), 1)
    assert done.played[0].outcome == "changed"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("match", ["prefix", "turn"])
def test_nothing_goes_live_after_turns_that_only_resemble_the_recorded(
    path: Path, monkeypatch: pytest.MonkeyPatch, match: str
) -> None:
    """A looser way of matching does not count here: the recorded turns are gone on with, or nothing is."""
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "You are somebody else.")
    server = Asked()
    with serving.running(server) as url:
        done = go_on(path, Further(until=2, target=Target(url=url)), how=How(match=match))
    assert (server.count, done.path, done.code) == (0, None, 1)
    assert done.played[0].divergence is not None
    assert "no recording of this request" in done.played[0].divergence.why


def test_an_expired_recording_is_refused_before_anything_goes_live_or_told(path: Path, live: str) -> None:
    """As it was chosen: it fails, with exit code 1, or is gone on with, with a warning."""
    later = load(path).header.created + 100_000.0
    further = Further(until=2, target=Target(url="http://127.0.0.1:9"))
    with pytest.raises(Expired) as refused:
        go_on(path, further, how=How(max_age=3600.0, expired="fail"), clock=lambda: later)
    assert refused.value.exit_code == 1
    warned: list[str] = []
    further = Further(until=2, target=Target(url=live))
    done = go_on(path, further, how=How(max_age=3600.0), clock=lambda: later, warn=warned.append)
    assert done.code == 0
    assert warned[0].startswith("expired: it was recorded on ")


def deceived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the verdict on every played turn be good, whatever it sends."""

    def exact(cassette: Cassette, *_: object, **__: object) -> Run:
        verdicts = tuple(TurnVerdict(number=one.number, said=one.said, outcome="exact") for one in cassette.turns)
        return Run(name="", cassette=cassette, profile="", replayed=verdicts)

    monkeypatch.setattr("nexdiag.runner.replaying.onward.going_on.rerun", exact)


def test_the_network_is_closed_while_turns_are_played(path: Path, monkeypatch: pytest.MonkeyPatch, live: str) -> None:
    """Whatever tries to leave before turn N is over is refused."""

    async def leak(*_: object, **__: object) -> None:
        socket.create_connection(("127.0.0.1", 9))

    deceived(monkeypatch)
    monkeypatch.setattr("nexdiag.agent.driver.Driver.say", leak)
    with pytest.raises(EndpointError, match="network is closed"):
        go_on(path, Further(until=1, target=Target(url=live)))


def test_turns_that_do_not_pair_one_to_one_stop_it_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last look before the network opens does not rest on the verdicts."""
    deceived(monkeypatch)
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "You are somebody else.")
    server = Asked()
    with serving.running(server) as url, pytest.raises(CassetteError, match="nothing went live"):
        go_on(path, Further(until=2, target=Target(url=url)))
    assert server.count == 0


def test_an_endpoint_that_is_not_there_costs_nothing(tmp_path: Path, path: Path) -> None:
    """The recording's own, which is gone: it is told, and no file is left."""
    with pytest.raises(EndpointError, match="nobody answers at http://127"):
        go_on(path, Further(until=2))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_live_turn_that_fails_is_recorded_and_told(path: Path) -> None:
    """Exit 1; the file holds what came."""

    async def refusing(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        assert scope["type"] == "http"
        await receive()
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b'{"error": {"message": "no"}}'})

    with serving.running(refusing) as url:
        done = go_on(path, Further(until=2, target=Target(url=url)))
    assert (done.code, [turn.outcome for turn in done.live]) == (1, ["failed"])
    assert done.path is not None
    assert load(done.path).exchanges[-1].response is not None


def test_another_model_behind_the_played_turns_is_told(path: Path, live: str) -> None:
    """A replay asks one model: of a recording from two it must differ. Recorded anew as a whole, it need not."""
    mixed = go_on(path, Further(until=1, target=Target(url=live, model="other"))).mixed
    assert "up to turn 1" in mixed
    assert mixed.endswith("from other")
    assert go_on(path, Further(until=0, target=Target(url=live, model="other"))).mixed == ""
    assert go_on(path, Further(until=1, target=Target(url=live))).mixed == ""


def test_a_file_that_is_there_is_never_overwritten(path: Path) -> None:
    """It is told before anything is played."""
    with pytest.raises(CassetteError, match="it exists"):
        go_on(path, Further(until=2, output=path))


@pytest.mark.parametrize("until", [-1, 4, 10**9])
def test_a_turn_that_there_is_not_is_told(path: Path, until: int) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="turns 1 to 3 were recorded"):
        go_on(path, Further(until=until))


def test_a_turn_that_was_cut_short_cannot_be_played(path: Path, live: str) -> None:
    """But recorded again from there."""
    rewritten(path, changed(load(path), 2, outcome="cancelled"))
    with pytest.raises(NothingToDo, match="turn 2 was cancelled") as caught:
        go_on(path, Further(until=2))
    assert "--from 2" in caught.value.hint
    assert go_on(path, Further(until=1, target=Target(url=live))).code == 0


def test_other_words_can_be_said_live(path: Path, live: str) -> None:
    """Instead of those that the recording has there."""
    done = go_on(path, Further(until=1, target=Target(url=live), say=("Something else.",)))
    assert done.path is not None
    assert [turn.said for turn in load(done.path).turns] == ["One.", "Something else."]


def test_a_recording_that_begins_in_the_middle_keeps_what_came_before(path: Path, live: str) -> None:
    """Turn 2 and 3 recorded: from 2 on, the first request carries turn 1."""
    cassette = load(path)
    rewritten(path, msgspec.structs.replace(cassette, turns=cassette.turns[1:], exchanges=cassette.exchanges[1:]))
    done = go_on(path, Further(until=1, target=Target(url=live)))
    assert done.path is not None
    new = load(done.path)
    assert [turn.number for turn in new.turns] == [2, 3]
    assert new.exchanges[0].request.body.join() == cassette.exchanges[1].request.body.join()


def test_the_key_is_sent_but_not_recorded(path: Path) -> None:
    """It comes from the variable that was named; no file and no turn that is told has it, though the server says it."""
    key, heads = "sk-0123456789abcdef0123456789abcdef", []

    async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        heads.append(dict(scope["headers"]).get(b"authorization"))
        await receive()
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b'{"error": {"message": "not ' + key.encode() + b'"}}'})

    told: list[Passed] = []
    with serving.running(echo) as url:
        target = Target(url=url, key_variable="MY_KEY")
        done = go_on(path, Further(until=2, target=target), environ={"MY_KEY": key}, told=told.append)
    assert done.path is not None
    assert f"Bearer {key}".encode() in heads
    assert key.encode() not in done.path.read_bytes()
    assert key not in repr(told)


def calling(tmp_path: Path) -> tuple[Path, Callable[..., Any]]:
    """A recording of a turn that reads a file, and a server that asks for that again."""
    (tmp_path / "there.txt").write_text("as it was")
    record_tools(tmp_path, calls=10)
    call = ToolCall(id="c1", name="read_file", arguments='{"path": "there.txt"}')
    replies = [
        Reply(message=Message(role="assistant", tool_calls=(call,)), finish_reason="tool_calls"),
        Reply(message=Message(role="assistant", content="Read."), finish_reason="stop"),
    ]
    answers = [b"".join(chat.encode_stream(reply, created=1, usage=True)) for reply in replies]

    async def scripted(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
        await receive()
        body = answers.pop(0) if scope["path"].endswith("/chat/completions") else b"{}"
        head = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return tmp_path / "c.cassette.jsonl", scripted


@pytest.mark.parametrize(
    ("live", "wanted", "warned"), [(False, "as it was", "no tool runs"), (True, "as it is", "read_file")]
)
def test_tools_run_in_live_turns_only_where_that_is_asked_for(
    tmp_path: Path, *, live: bool, wanted: str, warned: str
) -> None:
    """Else a call is answered as it was recorded; either way it is said before anything goes live."""
    path, server = calling(tmp_path)
    (tmp_path / "there.txt").write_text("as it is")
    lines: list[str] = []
    with serving.running(server) as url:
        how = How(live_tools=live, workspace=tmp_path)
        done = go_on(path, Further(until=0, target=Target(url=url)), how=how, warn=lines.append)
    assert wanted in done.live[0].tool_runs[0].output
    assert warned in lines[0]


@pytest.mark.parametrize("session", [None, "none"])
def test_of_several_conversations_one_is_to_be_named(path: Path, session: str | None, live: str) -> None:
    """Nothing is guessed."""
    cassette = load(path)
    again = tuple(msgspec.structs.replace(turn, session="2", exchanges=()) for turn in cassette.turns)
    sent = tuple(msgspec.structs.replace(one, session="2", id=one.id + 3) for one in cassette.exchanges)
    both = msgspec.structs.replace(cassette, turns=cassette.turns + again, exchanges=cassette.exchanges + sent)
    rewritten(path, both)
    with pytest.raises(UsageError):
        go_on(path, Further(until=1, session=session))
    done = go_on(path, Further(until=1, session="2", target=Target(url=live)))
    assert done.path is not None
    assert {turn.session for turn in load(done.path).turns} == {"2"}
    assert [verdict.outcome for verdict in rerun(load(done.path)).replayed] == ["exact"] * 3


@pytest.mark.parametrize("torn", [b"", b"{}", b"\x00\xff", b'{"cassette":99}\n'])
def test_what_is_no_recording_is_told(tmp_path: Path, torn: bytes) -> None:
    """An error of ours, and nothing is written."""
    path = tmp_path / "c.cassette.jsonl"
    path.write_bytes(torn)
    with pytest.raises(NexdiagError):
        go_on(path, Further(until=1))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.real
def test_a_real_server_goes_on_with_what_a_real_server_began(tmp_path: Path) -> None:
    """Recorded from llama.cpp, two turns played, the third said to it live; then all of it replays exactly."""
    path = tmp_path / "c.cassette.jsonl"
    with llama.running(context=4096) as url:
        scenario = msgspec.structs.replace(THREE, max_tokens=24)
        first = go_on(_blank(path, scenario, url), Further(until=0, output=path))
        assert first.code == 0
        done = go_on(path, Further(until=2))
    assert done.path is not None
    assert done.code == 0
    assert bytes_of(load(done.path))[:2] == bytes_of(load(path))[:2]
    assert [verdict.outcome for verdict in rerun(load(done.path)).replayed] == ["exact"] * 3


def _blank(path: Path, scenario: Any, url: str) -> Path:  # noqa: ANN401 - a scenario
    """A recording of a stub, as if it had been made there."""
    other = path.with_name("stub.cassette.jsonl")
    cassette = record(other, scenario)
    header = msgspec.structs.replace(cassette.header, origin=f"{url}/v1", model="tiny")
    rewritten(other, msgspec.structs.replace(cassette, header=header))
    return other


def test_texts_of_a_scenario_are_said_in_order(tmp_path: Path, live: str) -> None:
    """Several live turns go on from one another."""
    path = tmp_path / "c.cassette.jsonl"
    record(path, of_texts("two", ("One.", "Two.")))
    done = go_on(path, Further(until=0, target=Target(url=live)))
    assert [turn.reply for turn in done.live] == ["This answers message 1.", "This answers message 2."]


def test_ctrl_c_in_a_live_turn_keeps_what_was_said_until_then(path: Path, tmp_path: Path, live: str) -> None:
    """The recording is whole, and can be gone on with."""

    def told(one: Passed) -> None:
        if one.verdict is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go_on(path, Further(until=1, target=Target(url=live)), told=told)
    kept = load(tmp_path / "c-2.cassette.jsonl")
    assert (kept.tear, [turn.outcome for turn in kept.turns]) == (None, ["answered", "answered"])


def test_without_tools_there_is_nothing_to_warn_of(path: Path, live: str) -> None:
    """A line that says nothing is not said."""
    lines: list[str] = []
    go_on(path, Further(until=2, target=Target(url=live)), warn=lines.append)
    assert lines == []
