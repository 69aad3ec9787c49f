"""Promises of `nexdiag.replay.closed`."""

import asyncio
import contextlib
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from nexdiag.core.errors import EndpointError
from nexdiag.replay.closed import network_closed

GUARDED = [
    *((socket.socket, name) for name in ("connect", "connect_ex", "sendto", "sendmsg")),
    *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
    *((socket, name) for name in ("gethostbyaddr", "getnameinfo")),
    *((asyncio.BaseEventLoop, name) for name in ("create_connection", "getaddrinfo")),
    (anyio, "connect_tcp"),
]
NAME = "host.invalid"


@contextlib.contextmanager
def udp() -> Iterator[socket.socket]:
    """A socket that needs no connection to send."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        yield opened


def tcp() -> None:
    with socket.socket() as opened:
        opened.connect(("127.0.0.1", 9))


def tcp_with_code() -> None:
    with socket.socket() as opened:
        opened.connect_ex(("127.0.0.1", 9))


def tcp6() -> None:
    with socket.socket(socket.AF_INET6) as opened:
        opened.connect(("::1", 9, 0, 0))


def datagram() -> None:
    with udp() as opened:
        opened.sendto(b"x", ("127.0.0.1", 9))


def datagram_with_flags() -> None:
    with udp() as opened:
        opened.sendto(b"x", 0, ("127.0.0.1", 9))


def datagram_message() -> None:
    with udp() as opened:
        opened.sendmsg([b"x"], [], 0, ("127.0.0.1", 9))


def connected_datagram() -> None:
    with udp() as opened:
        opened.connect(("127.0.0.1", 9))


def by_address() -> None:
    socket.create_connection(("127.0.0.1", 9))


def by_name() -> None:
    socket.create_connection((NAME, 9))


def lookup() -> None:
    socket.gethostbyname(NAME)


def name_of_address() -> None:
    socket.gethostbyaddr(NAME)


def name_of_peer() -> None:
    socket.getnameinfo((NAME, 80), 0)


def full_name() -> None:
    socket.getfqdn(NAME)


def standard_library() -> None:
    urllib.request.urlopen(f"http://{NAME}/")


def sync_client() -> None:
    httpx.get("http://127.0.0.1:9/", trust_env=False)


async def streams() -> None:
    await asyncio.open_connection("127.0.0.1", 9)


async def streams_by_name() -> None:
    await asyncio.open_connection(NAME, 9)


async def happy_eyeballs() -> None:
    await asyncio.open_connection("127.0.0.1", 9, happy_eyeballs_delay=0.25)


async def loop_lookup() -> None:
    await asyncio.get_running_loop().getaddrinfo(NAME, 9)


async def loop_socket() -> None:
    with socket.socket() as opened:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", 9))


async def loop_datagram() -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 9))


async def client() -> None:
    async with httpx.AsyncClient(trust_env=False) as opened:
        await opened.get("http://127.0.0.1:9/")


async def client_by_name() -> None:
    async with httpx.AsyncClient(trust_env=False) as opened:
        await opened.get(f"https://{NAME}/")


SYNC = [
    tcp, tcp_with_code, tcp6, datagram, datagram_with_flags, datagram_message, connected_datagram, by_address, by_name,
    lookup, name_of_address, name_of_peer, full_name, standard_library, sync_client,
]  # fmt: skip
ASYNC = [
    streams, streams_by_name, happy_eyeballs, loop_lookup, loop_socket, loop_datagram, client, client_by_name,
]  # fmt: skip


@pytest.mark.parametrize("leave", SYNC)
def test_nothing_leaves(leave: Callable[[], None]) -> None:
    """Whatever the way out, the error names the address and the line that asked for it."""
    with network_closed(), pytest.raises(EndpointError, match="while the network is closed") as error:
        leave()
    assert "127.0.0.1" in error.value.what or NAME in error.value.what or "::1" in error.value.what
    assert f"{__file__}:" in error.value.hint
    assert error.value.hint.endswith(f" in {leave.__name__}")


@pytest.mark.parametrize("leave", ASYNC)
def test_nothing_leaves_by_a_loop(leave: Callable[[], "asyncio.Future[None]"]) -> None:
    """Nor through asyncio and the clients that are built on it, also where they connect in tasks of their own."""
    with network_closed(), pytest.raises(EndpointError, match="while the network is closed") as error:
        asyncio.run(leave())  # type: ignore[arg-type]
    assert f"{__file__}:" in error.value.hint
    assert error.value.hint.endswith(f" in {leave.__name__}")


def test_unix_sockets_stay_open(tmp_path: Path) -> None:
    """The daemon's own socket is no network."""

    async def talk() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        async with await asyncio.start_unix_server(answer, tmp_path / "s"):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

    with network_closed():
        assert asyncio.run(talk()) == b"hello\n"
        with socket.socket(socket.AF_UNIX) as opened:
            assert opened.connect_ex(str(tmp_path / "nobody")) != 0
        left, right = socket.socketpair()
        with left, right:
            left.send(b"x")
            left.sendmsg([b"y"])
            assert right.recv(2) == b"xy"


def test_what_needs_no_network_is_looked_up() -> None:
    """Addresses and this machine's own name are no look-ups: servers may still be bound."""
    with network_closed():
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo("::1", 80)
        assert socket.getaddrinfo(None, 80)
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
        assert socket.getfqdn()
        assert socket.getfqdn("127.0.0.1")
        assert socket.getnameinfo(("::1", 80), socket.NI_NUMERICHOST)
        with pytest.raises(EndpointError):
            socket.gethostbyaddr("203.0.113.1")
        with socket.create_server(("127.0.0.1", 0)):
            pass


def state() -> list[object]:
    """What is in force now: what stands in each place, also that nothing does."""
    return [vars(owner).get(name) for owner, name in GUARDED]


def test_everything_is_as_before_afterwards() -> None:
    """Also when the block ends in an exception; what was inherited is inherited again."""
    before = state()
    with network_closed():
        assert state() != before
    assert state() == before
    with contextlib.suppress(ZeroDivisionError), network_closed():
        raise ZeroDivisionError
    assert state() == before
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_it_may_be_nested() -> None:
    """The network opens when the last of those who closed it leaves, in whatever order they leave."""
    before = state()
    with network_closed():
        with network_closed():
            pass
        with pytest.raises(EndpointError):
            tcp()
    first, second = network_closed(), network_closed()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(EndpointError):
        tcp()
    second.__exit__(None, None, None)
    assert state() == before


def test_other_threads_are_closed_in_too() -> None:
    """It holds for the process; a call without a line of its own is told by its thread."""
    caught: list[EndpointError] = []

    def work() -> None:
        try:
            tcp()
        except EndpointError as error:
            caught.append(error)

    with network_closed():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        lookup_thread = threading.Thread(target=socket.getaddrinfo, args=(NAME, 80), name="looker")
        told: list[str] = []
        threading.excepthook, hook = (lambda args: told.append(args.exc_value.hint)), threading.excepthook  # type: ignore[union-attr,assignment,func-returns-value]
        try:
            lookup_thread.start()
            lookup_thread.join()
        finally:
            threading.excepthook = hook
    assert caught[0].hint.endswith(" in tcp")
    assert "looker" in told[0]
