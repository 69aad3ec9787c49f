"""A closed network, in a real inner pytest."""

import socket
from pathlib import Path

import pytest
from inner_pytest import SAY, Gathered, inner

from nexdiag.pytest_plugin.network import Closed, laid
from nexdiag.runner.replaying.served.closed_child.sitecustomize import NetworkClosedError

SUITE = (
    SAY
    + """
import asyncio, socket
import httpx

pytestmark = pytest.mark.nexdiag(block_network=True)

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


INNER = {"network/test_network.py": SUITE}
FILE = "network/test_network.py"


def test_what_would_leave_this_machine_fails(gathered: Gathered) -> None:
    """Also in a fixture; loopback, what is allowed, what is recorded and what opens it again go through."""
    tests = gathered.done.of(FILE)
    assert {name: one.failed for name, one in tests.items()} == {
        "test_address": ["call"], "test_name": ["call"], "test_async": ["call"], "test_fixture": ["setup"],
        "test_allowed": [], "test_open": [], "test_recorded": [], "test_loopback": [],
    }  # fmt: skip


def test_a_connection_that_was_tried_names_who_asked(gathered: Gathered) -> None:
    """File and line; also where an SDK made `Connection error.` of it, in a fixture, and in a task."""
    tests = gathered.done.of(FILE)
    here = f"tried while the network is closed, at {gathered.root / FILE}:"
    assert f"192.0.2.1:81 was {here}" in tests["test_address"].told
    assert "in test_address" in tests["test_address"].told
    assert "api.example.com" in tests["test_name"].told
    assert "in say" in tests["test_name"].told
    assert "api.example.com:443" in tests["test_async"].told
    assert "in test_async.<locals>.ask" in tests["test_async"].told
    assert "192.0.2.2" in tests["test_fixture"].told


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


def test_a_marker_closes_it_for_one_test_and_the_ini_file_for_all(tmp_path: Path) -> None:
    """The next one has it as it was; what is no pattern is told before anything is run."""
    marked = inner(tmp_path, MARKED)
    assert [one.failed for one in marked.tests.values()] == [[], []], marked.out
    (tmp_path / "pytest.ini").write_text("[pytest]\nnexdiag_block_network = true\n")
    closed = inner(tmp_path, MARKED)
    assert [one.failed for one in closed.tests.values()] == [[], ["call"]], closed.out
    wrong = inner(tmp_path, MARKED, "--block-network", "--allowed-hosts=db,(")
    assert "allowed hosts are regular expressions, found '('" in wrong.out


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
