"""An application on a port: in the foreground, and in a thread."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from nexdiag.core.errors import EndpointError
from nexdiag.endpoint import serving
from nexdiag.endpoint.serving import running, serve

PROGRAM = """
import sys
from nexdiag.endpoint import serving
from nexdiag.endpoint.serving import serve
from nexdiag.endpoint.stub import StubEndpoint
from nexdiag.lint.profiles import named
serve(StubEndpoint(named("vllm")), port=int(sys.argv[1]))
print("ended")
"""
Event = MutableMapping[str, Any]


async def application(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    """Says its path, and keeps quiet about its life."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})


async def broken(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    """Fails at its start."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no"})


def test_a_thread_serves_for_the_block() -> None:
    """The address answers within, and no thread and no port is left behind."""
    before = threading.active_count()
    with running(application) as address:
        assert httpx.get(f"{address}/a", trust_env=False).text == "/a"
        port = int(address.rsplit(":", 1)[1])
    assert threading.active_count() == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_pieces_of_an_answer_are_sent_at_once() -> None:
    """The listening socket says that it is TCP: else asyncio lets each piece wait for an acknowledgement, for 40 ms."""
    with serving._bound("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_an_open_connection_does_not_hold_it() -> None:
    """A client that keeps its connection does not keep the server."""
    with httpx.Client(trust_env=False) as client:
        with running(application) as address:
            client.get(address)
        with pytest.raises(httpx.TransportError):
            client.get(address)


def test_a_failure_within_the_block_ends_it_too() -> None:
    """The error comes out, not a hanging thread."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), running(application):
        raise ZeroDivisionError
    assert threading.active_count() == before


def test_a_taken_port_is_told() -> None:
    """Both ways to serve say which port, and how to get another."""
    with running(application) as address:
        port = int(address.rsplit(":", 1)[1])
        with pytest.raises(EndpointError, match=f"port {port} is taken") as caught, running(application, port=port):
            pass
        assert caught.value.hint == "port 0 picks a free one"
        with pytest.raises(EndpointError, match=f"port {port} is taken"):
            serve(application, port=port)


def test_an_address_that_is_not_ours_is_told() -> None:
    """The system's reason is given."""
    with (
        pytest.raises(EndpointError, match=r"cannot listen on 192\.0\.2\.1:0: "),
        running(application, host="192.0.2.1"),
    ):
        pass


def test_an_application_that_does_not_start_is_told() -> None:
    """Nobody waits for it."""
    with pytest.raises(EndpointError, match="found one that did not start"), running(broken):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_foreground_announces_itself_and_ends_at_a_signal(number: signal.Signals) -> None:
    """The first line on stdout is the address, once it accepts; a signal ends it, and what comes after still runs."""
    command = [sys.executable, "-c", PROGRAM, "0"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        assert first.startswith("listening http://127.0.0.1:")
        address = first.split()[1]
        assert httpx.get(f"{address}/v1/models", trust_env=False).status_code == 200
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (0, "ended\n", "")
