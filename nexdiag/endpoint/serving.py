"""An ASGI application on a port of this machine: in the foreground until a signal, or in a thread for a `with` block.

Both end promptly and run the application's own shutdown, so that what it writes is on disk.
"""

import asyncio
import errno
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from nexdiag.core.errors import EndpointError

Application = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
_GRACE = 1
"""Seconds that open answers get to end."""
_START_SECONDS = 10.0
_NO_START = "wanted an application that serves, found one that did not start"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve(
    app: Application,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; the first line on stdout tells the address, as then `told` is.

    Raises EndpointError if the port is taken, or the application does not start. Signals are heard in the main
    thread only.
    """
    with _bound(host, port) as bound:
        try:
            asyncio.run(_serve(_Server(app, lambda: _announce(_address(bound), told)), bound))
        except SystemExit:  # so uvicorn gives up on an application that does not start
            raise EndpointError(_NO_START) from None


@contextmanager
def running(app: Application, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread with a loop of its own, on a free port; the value is the address, without `/v1`.

    Raises EndpointError if the port is taken, or the application does not start.
    """
    with _bound(host, port) as bound:
        accepting = threading.Event()
        server = _Server(app, accepting.set)
        thread = threading.Thread(
            target=_in_thread, args=(server, bound, accepting), name="nexdiag-serving", daemon=True
        )
        thread.start()
        try:
            if not accepting.wait(_START_SECONDS) or not server.started:
                raise EndpointError(_NO_START)
            yield _address(bound)
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Uvicorn, which leaves the signals to us: its own way raises them again when it has ended."""

    def __init__(self, app: Application, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            loop="asyncio",
            log_level="warning",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when connections are accepted."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield

    def end(self) -> None:
        """End when the open answers have ended; at once when asked a second time."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _serve(server: _Server, bound: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            loop.add_signal_handler(number, server.end)
    await server.serve(sockets=[bound])


def _in_thread(server: _Server, bound: socket.socket, accepting: threading.Event) -> None:
    try:
        asyncio.run(server.serve(sockets=[bound]))
    except SystemExit:  # as above; `accepting` is set without a server that has started
        pass
    finally:
        accepting.set()


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio sends small pieces at once (TCP_NODELAY) only where a socket says it is TCP, and
    # else each answer in pieces waits 40 ms for an acknowledgement.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            bound.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise EndpointError(f"port {port} is taken", hint="port 0 picks a free one") from None
            raise EndpointError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        yield bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(address: str, told: Callable[[str], None]) -> None:
    sys.stdout.write(f"listening {address}\n")
    sys.stdout.flush()
    told(address)
