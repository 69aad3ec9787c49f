"""Recordings served over HTTP: to clients that know nothing of it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from for_serving import HOST, ask, body, exchange, outcomes, write

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, EndpointError, NothingToDo
from nexdiag.core.run import Run
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
