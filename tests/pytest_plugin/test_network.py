"""A closed network, in a real inner pytest."""

import socket
from pathlib import Path

import pytest
from inner_pytest import SAY, inner, live, told

from nexdiag.pytest_plugin.network import Closed, laid
from nexdiag.runner.replaying.served.closed_child.sitecustomize import NetworkClosedError

SUITE = (
    SAY
    + """
import asyncio, socket
import httpx

def test_address():
    httpx.get("http://192.0.2.1:81/", timeout=2)

def test_name():
    say(url="http://api.example.com")

def test_async():
    async def ask():
        async with httpx.AsyncClient() as client:
            await client.get("https://api.example.com/")
    asyncio.run(ask())

@pytest.fixture
def outside():
    httpx.get("http://192.0.2.2/", timeout=2)

def test_fixture(outside): pass

@pytest.mark.nexdiag(allowed_hosts=r"192\\.0\\.2\\.")
def test_allowed():
    with socket.socket() as one, pytest.raises(BlockingIOError):
        one.setblocking(False)
        one.connect(("192.0.2.1", 80))

@pytest.mark.nexdiag(block_network=False)
def test_open():
    with socket.socket() as one, pytest.raises(BlockingIOError):
        one.setblocking(False)
        one.connect(("192.0.2.1", 80))

@pytest.mark.nexdiag(record_mode="once")
def test_recorded():
    assert say() == "Hello."

def test_loopback(nexdiag_endpoint):
    here, there = socket.socketpair()
    here.close(), there.close()
    assert say(url=nexdiag_endpoint)
"""
)


def test_what_would_leave_this_machine_fails_and_names_who_asked(tmp_path: Path) -> None:
    """File and line; also where an SDK made `Connection error.` of it, in a fixture, and in a task."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nnexdiag_block_network = true\n")
    with live("Hello.") as url:
        done = inner(tmp_path, SUITE, OPENAI_BASE_URL=url)
    assert "3 failed, 4 passed, 1 error" in done.stdout, done.stdout + done.stderr
    why = told(done)
    here = f"tried while the network is closed, at {tmp_path / 'test_inner.py'}:"
    assert f"192.0.2.1:81 was {here}" in why["test_address"]
    assert "in test_address" in why["test_address"]
    assert "api.example.com" in why["test_name"]
    assert "in say" in why["test_name"]
    assert "api.example.com:443" in why["test_async"]
    assert "in test_async.<locals>.ask" in why["test_async"]
    assert "192.0.2.2" in why["test_fixture"]


MARKED = """
import pathlib, socket
import pytest

@pytest.mark.nexdiag(block_network=True)
def test_closed():
    with socket.socket() as one, pytest.raises(OSError, match="nexdiag: a connection to 192.0.2.1:80"):
        one.connect(("192.0.2.1", 80))
    assert socket.getaddrinfo("localhost", 80)

def test_open():
    with socket.socket() as one, pytest.raises(BlockingIOError):
        one.setblocking(False)
        one.connect(("192.0.2.1", 80))
"""


def test_a_marker_closes_it_for_one_test(tmp_path: Path) -> None:
    """The next one has it as it was; what is no pattern is told before anything is run."""
    done = inner(tmp_path, MARKED)
    assert "2 passed" in done.stdout, done.stdout
    wrong = inner(tmp_path, MARKED, "--block-network", "--allowed-hosts=db,(")
    assert "allowed hosts are regular expressions, found '('" in wrong.stdout + wrong.stderr


def test_what_lay_there_before_is_put_back_but_for_what_somebody_laid_on_top() -> None:
    """Another plugin's guard stays, whichever of the two came first."""
    before = socket.socket.connect
    with laid(Closed(())):
        assert socket.socket.connect is not before
    assert socket.socket.connect is before
    with laid(Closed(())):
        theirs = socket.socket.connect = lambda self, address: None  # type: ignore[method-assign,assignment]
    assert socket.socket.connect is theirs
    socket.socket.connect = before  # type: ignore[method-assign]


def test_the_addresses_of_a_host_that_is_allowed_are_open() -> None:
    """A name is looked up before it is connected to, and the address alone tells nothing."""
    closed = Closed([r"db\.test"])
    with pytest.raises(NetworkClosedError):
        closed.connect(("192.0.2.7", 5432))
    closed.look_up("db.test", 5432)
    closed.looked_up("db.test", [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 5432))])
    closed.connect(("192.0.2.7", 5432))
    with pytest.raises(NetworkClosedError):
        closed.look_up(b"other.test", None)
    assert len(closed.refused) == 2
