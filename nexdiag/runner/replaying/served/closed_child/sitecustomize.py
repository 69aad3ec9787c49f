"""What Python runs when it starts, in a program that `nexdiag replay -- COMMAND` started: nothing leaves this machine.

A connection that tries to is an error that names its call site, and is noted in the file that $NEXDIAG_REFUSED names.
Loopback stays open, but for the ports in $NEXDIAG_CLOSED: there the recorded server may be running.
It is told by the interpreter of each connection (an audit hook), so that it reaches whatever goes through Python's
sockets; C libraries with sockets of their own it does not. nexdiag need not be installed where it runs.
A name that is given to `connect` or `sendto` of a plain socket is looked up before the interpreter tells of it: its
connection is refused, but DNS has been asked. Whatever looks up first, as all HTTP libraries do, asks nobody.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing would cost more than all of this; type checkers take the name for what it is there
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

LIBRARIES = frozenset(
    (
        "aiohappyeyeballs", "aiohttp", "anyio", "boto3", "botocore", "h11", "httpcore", "httpcore2", "httplib2",
        "httpx", "httpx2", "httpx_aiohttp", "requests", "s3transfer", "tornado", "trio", "urllib3",
        "asyncio", "concurrent", "contextlib", "functools", "http", "selectors", "socket", "ssl", "subprocess",
        "threading", "urllib",
    )
)  # fmt: skip
"""What connects for somebody else: as `nexdiag.replay.call_site` has it."""
_SENDS = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_LOOKS_UP = frozenset(("socket.getaddrinfo", "socket.gethostbyname"))
_ASKS_BACK = frozenset(("socket.gethostbyaddr", "socket.getnameinfo"))
"""Which name an address has: of another machine only DNS knows."""
_INTERNET = (2, 10, 23, 30)
"""AF_INET, and what AF_INET6 is on the systems that have it."""
_UNREACHABLE = 101
"""ENETUNREACH, as it is on most systems."""


class NetworkClosedError(OSError):
    """A connection was tried that would leave this machine."""


def _closed() -> frozenset[str]:
    return frozenset(filter(None, os.environ.get("NEXDIAG_CLOSED", "").split(",")))


_CLOSED = _closed()
_FILE = os.environ.get("NEXDIAG_REFUSED", "")
_watched: list[Any] = []
"""The class of event loops, when it has been seen."""


def guard(name: str, arguments: tuple[Any, ...]) -> None:
    """Hear of what Python does. Raises `NetworkClosedError` for a connection, or a look-up, that leaves the machine."""
    if name[:7] != "socket.":
        return
    if name in _SENDS:
        socket, address = arguments[0], arguments[1]
        if int(getattr(socket, "family", 0)) in _INTERNET and isinstance(address, tuple) and address[1:]:
            host, port = address[0], address[1]
            if not here(host) or str(port) in _CLOSED:  # by whatever name this machine is called
                _refuse(f"{_text(host)}:{port}")
    elif name in _LOOKS_UP:
        _look_up(arguments[0], arguments[1] if len(arguments) > 1 else None)
    elif name in _ASKS_BACK:
        _ask_back(arguments[0])
    elif name == "socket.__new__" and not _watched:
        _watch_asyncio()


def _look_up(host: object, port: object = None) -> None:
    if not _known(host):
        _refuse(_text(host) if port is None else f"{_text(host)}:{_text(port)}")


def _ask_back(address: object) -> None:
    host = address[0] if isinstance(address, tuple) and address else address
    name = _text(host).lower()
    if not (here(host) or name.endswith(".localhost") or name == os.uname().nodename.lower()):
        _refuse(_text(host))


def _watch_asyncio() -> None:
    """Look before a loop does, in a thread whose stack does not know who asked. Loops begin with a socket."""
    loop: Any = getattr(sys.modules.get("asyncio.base_events"), "BaseEventLoop", None)
    if loop is None:
        return
    _watched.append(loop)
    original = loop.getaddrinfo

    async def getaddrinfo(self: Any, host: Any, port: Any, **more: Any) -> Any:  # noqa: ANN401 - as it is there
        _look_up(host, port)
        return await original(self, host, port, **more)

    loop.getaddrinfo = getaddrinfo


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, (bytes, bytearray)) else str(value)


def here(host: object) -> bool:
    """Whether an address is one of this machine: loopback, or none."""
    name = _text(host).partition("%")[0].lower()
    if name in ("", "localhost", "::1", "0.0.0.0", "::", "0"):  # noqa: S104 - to connect there is to connect to this machine
        return True
    numbers = name.removeprefix("::ffff:")
    return numbers.startswith("127.") and not numbers.strip("0123456789.")  # a name may begin so too


def _known(host: object) -> bool:
    """Whether a look-up asks nobody: names of this machine, and addresses. Where these lead is seen later."""
    if host is None or here(host):
        return True
    name = _text(host).partition("%")[0].lower()
    if name.endswith(".localhost") or name == os.uname().nodename.lower():
        return True
    return ":" in name or not name.strip("0123456789.")


def _refuse(address: str) -> None:
    site = _site()
    _note(address, site)
    raise NetworkClosedError(
        _UNREACHABLE,
        f"nexdiag replay: a connection to {address} was tried while the network is closed, at {site}",
    )


def _site() -> str:
    """The nearest line that is not of what connects for somebody else."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the one way to a stack without an import
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module == "asyncio.events" and frame.f_code.co_name == "_run":
            break  # a task's stack ends here: what stands behind it only runs the loop
        package = module.partition(".")[0]
        if package not in LIBRARIES and frame.f_globals is not globals():
            return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return "a thread or task of its own"


def _note(address: str, site: str) -> None:
    """Tell whoever started the program. That fails where the disk does, and the refusal stands."""
    if not _FILE:
        return
    line = "\t".join(text.replace("\t", " ").replace("\n", " ") for text in (address, site, sys.argv[0])) + "\n"
    try:
        file = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(file, line.encode("utf-8", "replace"))
        finally:
            os.close(file)
    except OSError:
        pass


def _chain() -> None:
    """Run the sitecustomize that this one stands before, if there is one, as if it had been alone."""
    # importlib's public modules would cost more than all of this; these are in every interpreter already.
    from _frozen_importlib import module_from_spec  # noqa: PLC0415 - only where the file is run by site
    from _frozen_importlib_external import PathFinder  # noqa: PLC0415 - as above

    ours = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs more than all of this
    spec = PathFinder.find_spec("sitecustomize", [one for one in sys.path if os.path.abspath(one or os.curdir) != ours])  # noqa: PTH100 - as above
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if _FILE and __name__ == "sitecustomize":
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(guard)
    _chain()
