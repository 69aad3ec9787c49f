"""Recordings served over HTTP: to clients that know nothing of it."""

import asyncio
import json
import queue
import subprocess
import sys
from pathlib import Path

import pytest
from for_serving import HOST, ask, body, exchange, outcomes, write

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, EndpointError, NothingToDo
from nexdiag.core.fault import Fault
from nexdiag.core.run import Run
from nexdiag.core.scenario import Say, Scenario
from nexdiag.replay.serving.served import AWAY, UNMATCHED, Served
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.serving import Serving, serving

A, B = exchange(0, "a"), exchange(1, "a", "answer 0", "b", turn=2)
HOW = How()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "one.cassette.jsonl", A, B)


def run_of(server: Serving) -> Run:
    (one,) = server.verdicts()
    assert one.run is not None
    return one.run


def test_a_client_gets_what_was_recorded_and_each_turn_is_judged(path: Path) -> None:
    with serving([path], HOW) as server:
        status, answer = ask(server.url, body("a"))
        assert (status, json.loads(answer)["choices"][0]["message"]["content"]) == (200, "answer 0")
        assert ask(server.url, body("a", "answer 0", "b"))[0] == 200
        run = run_of(server)
    assert outcomes(run.replayed) == ["1 exact", "2 exact"]
    assert run.pairing is not None
    assert run.pairing.one_to_one
    assert run.how == "served"


def test_who_was_answered_by_what_can_be_asked_meanwhile(path: Path) -> None:
    """Each request with its recorded answer, and those that have none."""
    with serving([path], HOW) as server:
        assert (server.answers.pairs, server.answers.misses) == ((), [])
        ask(server.url, body("a"))
        ask(server.url, body("nobody said that"))
        ((asked, answer),) = server.answers.pairs
        assert (asked.url, answer.id) == (f"{server.url}/v1/chat/completions", 0)
        assert len(server.answers.misses) == 1


def test_no_key_of_a_client_is_told_by_whoever_listens(path: Path) -> None:
    """In a path that is recorded nowhere, and in the host of a client that takes this server for its proxy."""
    key = "sk-proj-Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0LmNbVcXz"
    heard: list[Served] = []
    with serving([path], HOW, heard=heard.append) as server:
        ask(server.url, body("a"), path=f"/v1/{key}/x")
        ask(server.url, body("a"), path=f"http://user:pass-word@{key}.evil.com/")
        away = server.away
    assert [one.what for one in heard] == [UNMATCHED, AWAY]
    told = " ".join([*(text for one in heard for text in (one.target, one.host, one.why)), *away])
    assert key not in told
    assert "pass-word" not in told


def test_a_miss_teaches_its_client_and_whoever_listens(path: Path) -> None:
    """Which file, which exchange, where it differs; and the verdict says the same."""
    heard: list[Served] = []
    with serving([path], HOW, heard=heard.append) as server:
        status, answer = ask(server.url, body("z"))
        run = run_of(server)
    error = json.loads(answer)["error"]
    assert (status, error["pointer"], error["recorded"], error["sent"]) == (599, "/messages/0/content", "a", "z")
    assert str(path) in error["hint"]
    (served,) = heard
    assert (served.what, served.status) == (UNMATCHED, 599)
    assert "/messages/0/content" in served.why
    assert outcomes(run.replayed) == ["1 changed", "2 missing"]


def test_several_recordings_are_served_together_and_judged_apart(path: Path, tmp_path: Path) -> None:
    """The same ids and turns in both: each verdict speaks of its own file, and so does a miss."""
    other = write(tmp_path / "two.cassette.jsonl", exchange(0, "c"), exchange(1, "c", "answer 0", "d", turn=2))
    with serving([path, other, path], HOW) as server:
        for value in (body("c"), body("a"), body("a", "answer 0", "b")):
            assert ask(server.url, value)[0] == 200
        _, answer = ask(server.url, body("c", "answer 0", "D"))
        done = {one.path: one.run for one in server.verdicts()}
    assert json.loads(answer)["error"]["nearest"] == 1
    assert str(other) in json.loads(answer)["error"]["hint"]
    assert list(done) == [str(path), str(other)]
    judged = [outcomes(run.replayed) for run in done.values() if run is not None]
    assert judged == [["1 exact", "2 exact"], ["1 exact", "2 changed"]]


@pytest.mark.parametrize("named", [".", "*.cassette.jsonl"])
def test_a_directory_or_a_pattern_is_all_that_is_meant_by_it(path: Path, named: str) -> None:
    with serving([path.parent / named], HOW) as server:
        assert ask(server.url, body("a"))[0] == 200
        assert [one.path for one in server.verdicts()] == [str(path)]


def test_a_client_that_was_recorded_through_the_proxy_finds_its_recording(tmp_path: Path) -> None:
    """It asks for /v1, which stood for the version segment of its server's URL."""
    path = write(
        tmp_path / "x.cassette.jsonl", exchange(0, "a", path="/api/v1/chat/completions"), origin=f"{HOST}/api/v1"
    )
    with serving([path], HOW) as server:
        assert ask(server.url, body("a"))[0] == 200


def test_whoever_takes_it_for_a_way_out_is_refused_and_named(path: Path) -> None:
    """A client whose proxy it was made."""
    heard: list[Served] = []
    with serving([path], HOW, heard=heard.append) as server:
        port = int(server.url.rpartition(":")[2])
        head = b"CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n"
        assert asyncio.run(_raw(port, head)).startswith(b"HTTP/1.1 403 ")
        assert server.away == ("api.example.com:443",)
    assert [one.what for one in heard] == [AWAY]


async def _raw(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


def test_a_listener_that_fails_is_no_affair_of_the_client(path: Path) -> None:
    def fail(served: Served) -> None:
        raise RuntimeError(served.what)

    with serving([path], HOW, heard=fail) as server:
        assert ask(server.url, body("a"))[0] == 200


def test_nothing_asked_is_no_verdict(path: Path) -> None:
    with serving([path], HOW) as server, pytest.raises(NothingToDo, match="no request came"):
        server.verdicts()


def test_what_cannot_be_served_is_said_before_anything_listens(path: Path, tmp_path: Path) -> None:
    """No file, no cassette, no exchange, nothing below a directory, a port that is taken, one that is none."""
    empty, none, broken = tmp_path / "e", tmp_path / "none", tmp_path / "b"
    empty.write_bytes(codec.encode(Cassette(header=Header())))
    none.mkdir()
    broken.write_text("[]")
    for paths, kind in (
        ([tmp_path / "no"], CassetteError),
        ([broken], CassetteError),
        ([empty], NothingToDo),
        ([none], NothingToDo),
    ):
        with pytest.raises(kind), serving(paths, HOW):
            pytest.fail("it served")
    with serving([path], HOW) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(EndpointError, match=f"cannot listen on port {port}"), serving([path], HOW, port=port):
            pytest.fail("it served")
    with pytest.raises(EndpointError, match="cannot listen"), serving([path], HOW, port=70000):
        pytest.fail("it served")


LISTENS = """
import sys
from pathlib import Path
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.serving import serving
with serving([Path(sys.argv[1])], How()):
    print(*sys.modules, sep="\\n")
"""
HEAVY = {
    "brotli", "httpx", "httpx2", "nexdiag.agent", "nexdiag.lint", "rich", "typer", "uvicorn", "vcr", "yaml",
    "zstandard",
}  # fmt: skip


def test_it_listens_before_what_it_does_not_need_is_imported(path: Path) -> None:
    """Its start costs what reading and serving a recording costs, and no client's library."""
    done = subprocess.run([sys.executable, "-c", LISTENS, str(path)], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_two_files_that_fit_equally_well_are_told_by_their_names(tmp_path: Path) -> None:
    """Their exchanges have the same number: the client learns which files they are of."""
    one, other = (
        write(tmp_path / f"{name}.cassette.jsonl", exchange(0, asked=body("a", seed=seed), answer=name))
        for name, seed in (("one", 1), ("two", 2))
    )
    with serving([one, other], How(ignore=("/seed",))) as server:
        status, answer = ask(server.url, body("a", seed=3))
    assert status == 599
    error = json.loads(answer)["error"]
    assert f"exchanges 0 of {one} and 0 of {other} fit" in error["message"]
    assert f"exchange 0 of {other} in /seed" in error["hint"]
    assert f"nexdiag cassette show {other} --exchange 0" in error["hint"]


def test_what_is_run_against_it_is_what_is_advised(path: Path) -> None:
    """In the answer to the client, and in the verdict: with the server that was recorded."""
    with serving([path], HOW, command="./agent y") as server:
        _, answer = ask(server.url, body("z"))
        told = next(turn.divergence for turn in run_of(server).replayed if turn.divergence is not None)
    wanted = f"nexdiag capture --upstream {HOST}/v1 -- ./agent y"
    assert wanted in json.loads(answer)["error"]["hint"]
    assert wanted in told.advice


def test_a_struck_answer_that_nobody_came_for_again_is_not_exact(path: Path) -> None:
    """The client got a 500 and gave up: what was recorded never went out."""
    with serving([path], How(faults=(Fault(kind="status", value="500", turn=1),), unplayed=True)) as server:
        assert ask(server.url, body("a"))[0] == 500
        assert outcomes(run_of(server).replayed) == ["1 unchecked", "2 unchecked"]
        assert ask(server.url, body("a"))[0] == 200
        assert outcomes(run_of(server).replayed) == ["1 exact", "2 unchecked"]


def test_each_recording_is_struck_by_its_own_scenario(path: Path, tmp_path: Path) -> None:
    """And one that can strike nothing is told; it is no error."""
    scenario = Scenario(name="s", say=(Say(text="Hi"),), faults=("status:429@1", "cut@1.9"))
    other = write(tmp_path / "two.cassette.jsonl", exchange(0, "c"), scenario=scenario)
    with serving([path, other], HOW) as server:
        assert [ask(server.url, body(said))[0] for said in ("a", "c", "c")] == [200, 429, 200]
        (line,) = server.unstruck
    assert line.startswith("cut@1.9 cannot strike")
    with serving([other], How(scenario_faults=False)) as server:
        assert ask(server.url, body("c"))[0] == 200


def test_what_a_looser_way_answered_is_told_by_what_differs(path: Path) -> None:
    """Also where it is the second of two files: places and numbers are its own."""
    with serving([path], How(match="turn", unplayed=True)) as server:
        assert ask(server.url, body("z"))[0] == 200
        (turn, _) = run_of(server).replayed
    assert (turn.outcome, turn.divergence is not None and turn.divergence.nearest) == ("changed", 0)


def test_a_turn_tells_how_long_it_took(path: Path) -> None:
    """By the clock that is given: here each look at it is a second later."""
    ticks = iter(range(100))
    heard: queue.SimpleQueue[Served] = queue.SimpleQueue()
    with serving([path], HOW, heard=heard.put, ticks=lambda: float(next(ticks))) as server:
        for said in (("a",), ("a", "answer 0", "b")):
            ask(server.url, body(*said))
            heard.get(timeout=20)  # its client has the answer before that is noted
        served = run_of(server).replayed
    assert [turn.seconds for turn in served] == [1.0, 1.0]
