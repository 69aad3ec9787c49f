"""A closed network: connections that would leave this machine fail, and say who asked for them.

Open stay loopback, Unix sockets, the hosts that are allowed, and what a cassette records. A name is refused before it
is looked up, where its caller is known; what resolves names by itself is refused as it connects. Sockets that C
libraries open (uvloop, gRPC, database drivers) are not reached.

It is laid over each phase of a test by itself, on top of what others have laid there (pytest-recording closes loopback
too: a test that uses a server of ours reaches that one all the same), and is taken off again.
"""

import asyncio
import contextlib
import errno
import re
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.pytest_plugin import marker, options
from nexdiag.replay.call_site import call_site, find_call_site
from nexdiag.runner.replaying.served.closed_child.sitecustomize import NetworkClosedError, here

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_PLAIN_CONNECT: Callable[..., Any] = socket.socket.__mro__[1].connect  # type: ignore[attr-defined]  # CPython's socket stands on one in C
_PLAIN_CONNECT_EX: Callable[..., Any] = socket.socket.__mro__[1].connect_ex  # type: ignore[attr-defined]


class Closed:
    """The network of a test. Names that it lets pass open the addresses that they are looked up as."""

    def __init__(self, allowed: Iterable[str]) -> None:
        """`allowed`: regular expressions, which a host has to begin with. Raises `re.error`."""
        self._allowed = [re.compile(one) for one in allowed]
        self._addresses: set[str] = set()
        self.refused: list[str] = []
        """What was tried, and by whom."""

    def connect(self, address: Any) -> None:  # noqa: ANN401 - as it was given to a socket
        """A socket is to connect. Raises `NetworkClosedError`."""
        host = _text(address[0]) if isinstance(address, tuple) and address else ""
        if not (here(host) or self._open(host) or host in self._addresses or _recording()):
            raise self._refusal(f"{host}:{address[1]}" if len(address) > 1 else host)

    def look_up(self, host: object, port: object) -> None:
        """A name is to be looked up. Raises `NetworkClosedError`, where the caller is known: else it connects later."""
        name = _text(host) if host is not None else ""
        asks_nobody = here(name) or name.endswith(".localhost") or ":" in name or not name.strip("0123456789.")
        if asks_nobody or self._open(name) or _recording() or find_call_site(__name__) is None:
            return
        raise self._refusal(name if port is None else f"{name}:{_text(port)}")

    def looked_up(self, host: object, found: Iterable[Any]) -> None:
        """A name has been looked up: the addresses of one that is allowed are open too."""
        if host is not None and self._open(_text(host)):
            self._addresses.update(_text(one[4][0]) for one in found)

    def _open(self, host: str) -> bool:
        return any(one.match(host) for one in self._allowed)

    def _refusal(self, address: str) -> NetworkClosedError:
        told = f"a connection to {address} was tried while the network is closed, at {call_site(__name__)}"
        if told not in self.refused:
            self.refused.append(told)
        return NetworkClosedError(errno.ENETUNREACH, f"nexdiag: {told}")


def _recording() -> bool:
    from nexdiag.runner.tape.clients import goes_live  # noqa: PLC0415 - it brings httpx, which not every suite has loaded

    return goes_live()


@contextlib.contextmanager
def laid(closed: Closed) -> Iterator[None]:
    """Close the network; what lay there before is put back, unless somebody has laid something on top meanwhile."""
    undo: list[tuple[Any, str, Any, Any]] = []

    def lay(owner: Any, name: str, ours: Any) -> None:  # noqa: ANN401 - a method of any kind
        undo.append((owner, name, getattr(owner, name), ours))
        setattr(owner, name, ours)

    look_up, in_loop = socket.getaddrinfo, asyncio.BaseEventLoop.getaddrinfo
    lay(socket.socket, "connect", _guarded(closed, _PLAIN_CONNECT))
    lay(socket.socket, "connect_ex", _guarded(closed, _PLAIN_CONNECT_EX))

    def getaddrinfo(host: Any, port: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as it is there
        closed.look_up(host, port)
        found = look_up(host, port, *args, **more)
        closed.looked_up(host, found)
        return found

    async def loop_getaddrinfo(self: Any, host: Any, port: Any, **more: Any) -> Any:  # noqa: ANN401 - as it is there
        closed.look_up(host, port)
        found = await in_loop(self, host, port, **more)
        closed.looked_up(host, found)
        return found

    lay(socket, "getaddrinfo", getaddrinfo)
    lay(asyncio.BaseEventLoop, "getaddrinfo", loop_getaddrinfo)
    try:
        yield
    finally:
        for owner, name, before, ours in reversed(undo):
            if getattr(owner, name) is ours:
                setattr(owner, name, before)


def _guarded(closed: Closed, plain: Callable[..., Any]) -> Callable[..., Any]:
    """Straight to the interpreter's own: what another plugin laid in between would refuse what is open here."""

    def connect(self: Any, address: Any) -> Any:  # noqa: ANN401 - as it is there
        if self.family in _INTERNET:
            closed.connect(address)
        return plain(self, address)

    return connect


class Network:
    """The plugin that closes it. It is there only where an option, an ini file or a marker wants it."""

    def __init__(self, config: pytest.Config, *, every: bool) -> None:
        """`every`: for each test, and while they are collected; else for those whose marker says so."""
        self._config = config
        self._every = every
        allowed(config)  # what is wrong with it is told before anything is collected

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """What a test's module does when it is imported is met too."""
        with laid(Closed(allowed(self._config))) if self._every else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures."""
        with self._around(item):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """The test."""
        with self._around(item):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures again."""
        with self._around(item):
            return (yield)

    @contextlib.contextmanager
    def _around(self, item: pytest.Item) -> Iterator[None]:
        keys = marker.said(item)
        if not keys.get("block_network", self._every and not self._of_others(item)):
            yield
            return
        own: Iterable[str] = ()
        with contextlib.suppress(UsageError):  # the test is failed for it in its setup
            own = marker.hosts(keys)
        closed = Closed([*allowed(self._config), *own])
        with laid(closed):
            try:
                yield
            except (Exception, pytest.fail.Exception):
                if closed.refused:
                    item.add_report_section("call", "nexdiag network", "\n".join(closed.refused))
                raise

    def _of_others(self, item: pytest.Item) -> bool:
        """Whether pytest-recording looks after a test: it closes the network by the same option, or records."""
        if marker.uses(item) or not self._config.pluginmanager.has_plugin("recording"):
            return False
        typed = options.option(self._config, "--record-mode") or "none"
        records = item.get_closest_marker("vcr") is not None and typed != "none"
        return records or bool(options.option(self._config, "--block-network"))


def allowed(config: pytest.Config) -> list[str]:
    """The hosts that the command line and the ini file let pass. Raises `pytest.UsageError` for what is no pattern."""
    typed = options.option(config, "--allowed-hosts")
    several = typed.split(",") if isinstance(typed, str) else typed or ()
    every = [one.strip() for one in (*several, *options.ini(config, "allowed_hosts")) if one.strip()]
    for one in every:
        try:
            re.compile(one)
        except re.error as error:
            raise pytest.UsageError(f"allowed hosts are regular expressions, found {one!r}: {error}") from None
    return every


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes | bytearray) else str(value)
