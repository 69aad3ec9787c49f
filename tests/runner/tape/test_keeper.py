"""Promises of `nexdiag.runner.tape.keeper`: it begins with the first request, and never breaks what it records."""

import contextlib
import os
import threading
from pathlib import Path

import httpx
import openai
import pytest

from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.witness import Witness
from nexdiag.capture.writer import Writer
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.core.version import TOOL
from nexdiag.runner.load import load
from nexdiag.runner.tape.keeper import Keeper, header_of


def request(body: bytes = b"{}", url: str = "http://h:1/v1/chat/completions") -> Request:
    return Request(method="POST", url=url, body=Body.of(body))


def test_the_header_tells_what_is_known() -> None:
    """Origin, model, versions of the clients that are loaded."""
    header = header_of(request(b'{"model":"m"}'), redactions=("x",), commit="c")
    assert (header.origin, header.model, header.tool) == ("http://h:1/v1", "m", TOOL)
    assert (header.redactions, header.commit) == (("x",), "c")
    assert (header.libraries["httpx"], header.libraries["openai"]) == (httpx.__version__, openai.__version__)


def test_nothing_is_written_before_the_first_request(tmp_path: Path) -> None:
    """And nothing where there is nothing to record; a header's secrets are not written either."""
    for into in ("new", "beside", "end", "nowhere"):
        keeper = Keeper(tmp_path / "x", into, Redactor())
        keeper.close(keep=True)
        keeper.begin(request()).end()
        assert (keeper.begun, keeper.trouble) == (0, None)
    assert list(tmp_path.iterdir()) == []
    keeper = Keeper(tmp_path / "x", "new", Redactor(["tiger-4711-x"]))
    keeper.begin(request(b'{"model":"tiger-4711-x"}', "http://me:tiger-4711-x@h/v1/chat/completions")).end()
    keeper.close(keep=True)
    assert b"tiger" not in (tmp_path / "x").read_bytes()


def test_a_file_that_cannot_be_had_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the error, the request goes on; the first reason stays."""
    (tmp_path / "x").mkdir()
    keeper = Keeper(tmp_path / "x", "new", Redactor())
    for _ in range(2):
        passage = keeper.begin(request())
        passage.head(200, ())
        passage.chunk(b"x")
        passage.end()
        with contextlib.suppress(FileNotFoundError):
            (tmp_path / "x").rmdir()
    assert list(tmp_path.iterdir()) == []  # half a recording would replay as if it were all
    assert "cannot record to" in (keeper.trouble or "")
    assert keeper.recorded(()) == ()
    keeper.close(keep=True)
    monkeypatch.setattr(Writer, "__init__", lambda *_, **__: 1 / 0)
    keeper = Keeper(tmp_path / "y", "new", Redactor())
    keeper.begin(request()).end()
    assert "ZeroDivisionError" in (keeper.trouble or "")


@pytest.mark.parametrize("into", ["new", "beside"])
def test_a_fault_at_the_end_costs_nothing_else(tmp_path: Path, into: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told; a new file stays as far as it came, an old one as it was."""
    if into == "beside":
        (tmp_path / "x").write_text("old")
    keeper = Keeper(tmp_path / "x", into, Redactor())
    keeper.begin(request()).end()
    monkeypatch.setattr(Witness, "close", lambda self: 1 / 0)
    keeper.close(keep=True)
    assert "ZeroDivisionError at its end" in (keeper.trouble or "")
    assert (tmp_path / "x").read_text() == "old" if into == "beside" else len(load(tmp_path / "x").exchanges) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_what_is_under_way_at_the_end_is_kept(tmp_path: Path) -> None:
    """As far as it came; what comes later is nowhere, and harmless."""
    keeper = Keeper(tmp_path / "x", "new", Redactor())
    passage = keeper.begin(request())
    passage.head(200, ())
    passage.chunk(b"begun")
    keeper.close(keep=True)
    passage.chunk(b"late")
    passage.end()
    keeper.begin(request()).end()
    (exchange,) = load(tmp_path / "x").exchanges
    assert (exchange.failure or "").startswith("Unfinished")
    assert exchange.response is not None
    assert exchange.response.body == b"begun"


@pytest.mark.parametrize("into", ["new", "beside"])
def test_what_is_not_finished_can_be_read_where_it_stands(tmp_path: Path, into: str) -> None:
    """Beside the file that it is to replace; under its name where there is none. Once it is closed, it is there."""
    path = tmp_path / "x"
    if into == "beside":
        path.write_text("old")
    keeper = Keeper(path, into, Redactor())
    assert (keeper.unfinished, keeper.so_far()) == (path, ())
    keeper.begin(request()).end()
    assert (keeper.unfinished == path) == (into == "new")
    assert len(load(keeper.unfinished).exchanges) == 1
    assert len(keeper.so_far()) == (into == "beside")  # the others are read from the file itself
    keeper.close(keep=True)
    assert keeper.so_far() == ()
    assert len(load(path).exchanges) == 1


def test_threads_share_one_file(tmp_path: Path) -> None:
    """Begun once, with an exchange for each request."""
    keeper = Keeper(tmp_path / "x", "new", Redactor())
    ready = threading.Barrier(8)

    def work() -> None:
        ready.wait()
        for _ in range(20):
            keeper.begin(request()).end()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keeper.close(keep=True)
    assert keeper.trouble is None
    assert [one.id for one in load(tmp_path / "x").exchanges] == list(range(160))


def test_a_forked_child_does_not_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes with one file would mix their numbers."""
    keeper = Keeper(tmp_path / "x", "new", Redactor())
    keeper.begin(request()).end()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    keeper.begin(request()).end()
    monkeypatch.undo()
    keeper.close(keep=True)
    assert len(load(tmp_path / "x").exchanges) == 1


def test_at_the_end_of_a_file_turns_are_not_told(tmp_path: Path) -> None:
    """What came before was played: who began a turn there is not known. A client's own turn is kept."""
    chat = request(b'{"messages":[{"role":"user","content":"hello"}]}')
    for into in ("new", "end"):
        keeper = Keeper(tmp_path / "x", into, Redactor())
        keeper.begin(chat).end()
        keeper.begin(chat, turn=9).end()
        keeper.close(keep=True)
    found = load(tmp_path / "x")
    assert [one.turn for one in found.exchanges] == [1, 9, None, 9]
    assert [one.id for one in keeper.recorded(found.exchanges)] == [2, 3]
