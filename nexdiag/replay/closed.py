"""The closed network: while it holds, whatever tries to leave is an error that names the call site.

It reaches all that goes through Python's `socket` and asyncio. Not reached are C libraries with sockets of their own,
the module `_socket` beneath, and programs that are started meanwhile: an audit hook would hear of `_socket`, but could
never be taken away again, and every program that replays once would pay for it until its end.
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import anyio

from nexdiag.core.errors import EndpointError
from nexdiag.replay.call_site import call_site

_LOCAL = ("", "localhost")

_lock = threading.Lock()
_holders = 0
_originals: list[tuple[Any, str, Any]] = []
_ABSENT = object()


@contextlib.contextmanager
def network_closed() -> Iterator[None]:
    """No connection can be opened in this process, and no name looked up. Unix sockets stay open.

    It may be nested, and held by several threads or tasks at once: the last to leave opens the network again.
    """
    global _holders  # noqa: PLW0603 - the network is the process's, so is the count of those that hold it closed
    with _lock:
        _holders += 1
        if _holders == 1:
            _close()
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _open()


def _close() -> None:
    """Put guards where connections begin."""
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        _guard(socket.socket, name, functools.partial(_socket_guard, name))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _guard(socket, name, _lookup_guard)
    for name in ("gethostbyaddr", "getnameinfo"):
        _guard(socket, name, _name_guard)
    # These two connect, or look up, in a thread or task of their own, whose stack does not know who asked.
    _guard(asyncio.BaseEventLoop, "create_connection", _loop_guard)
    _guard(asyncio.BaseEventLoop, "getaddrinfo", _loop_lookup_guard)
    _guard(anyio, "connect_tcp", _anyio_guard)


def _guard(owner: Any, name: str, make: Callable[[Any], Any]) -> None:  # noqa: ANN401 - a class or a module
    _originals.append((owner, name, vars(owner).get(name, _ABSENT)))
    setattr(owner, name, make(getattr(owner, name)))


def _open() -> None:
    """Take the guards away, as if they had never been there."""
    for owner, name, original in reversed(_originals):
        if original is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, original)
    _originals.clear()


def _socket_guard(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def guard(self: socket.socket, *args: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        to = _addressee(name, args)
        if self.family != socket.AF_UNIX and to is not None:
            if name.startswith("connect"):
                self.close()  # libraries close what fails with an OSError, and leak what fails with ours
            _refuse(to)
        return original(self, *args)

    return guard


def _addressee(name: str, args: tuple[Any, ...]) -> object:
    """Where a socket is to send to; None on a connected socket, which can only be one from before."""
    if name.startswith("connect"):
        return args[0]
    if name == "sendto":
        return args[-1]
    return args[3] if len(args) > 3 else None  # noqa: PLR2004 - sendmsg(buffers, ancillary, flags, address)


def _lookup_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def guard(host: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        if not _known_here(host):
            _refuse(host)
        return original(host, *args, **more)

    return guard


def _name_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    """For what tells the name of an address: of another machine only DNS knows it."""

    @functools.wraps(original)
    def guard(address: Any, *args: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        host = address[0] if isinstance(address, tuple) and address else address
        if not _of_this_machine(host):
            _refuse(host)
        return original(address, *args)

    return guard


def _loop_lookup_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def guard(self: Any, host: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        if not _known_here(host):
            _refuse(host)
        return await original(self, host, *args, **more)

    return guard


def _loop_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def guard(self: Any, factory: Any, host: Any = None, port: Any = None, **more: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        if host is not None:
            _refuse((host, port))
        return await original(self, factory, host, port, **more)

    return guard


def _anyio_guard(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def guard(remote_host: Any, remote_port: Any, **_: Any) -> Any:  # noqa: ANN401 - the signature of what it guards
        _refuse((str(remote_host), remote_port))

    return guard


def _known_here(host: object) -> bool:
    """Whether the host needs no look-up: none, this machine, or an address already."""
    name = host.decode("latin-1") if isinstance(host, bytes) else host
    if name is None or name in _LOCAL:
        return True
    try:
        ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return True


def _of_this_machine(host: object) -> bool:
    """Whether a name or an address is this machine's own."""
    name = host.decode("latin-1") if isinstance(host, bytes) else host
    if name in _LOCAL or name == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(address: object) -> NoReturn:
    raise EndpointError(
        f"a connection to {address} was tried while the network is closed", hint=f"tried at {call_site(__name__)}"
    )
