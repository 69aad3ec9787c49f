"""Who goes past a tape: other clients' connections, and programs that are started, with their call sites.

It reaches Python's own sockets, `http.client` (also where a connection is used again), aiohttp and `subprocess`.
"""

import contextlib
import functools
import http.client
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import msgspec

from nexdiag.replay.call_site import find_call_site
from nexdiag.runner.tape.patching import Method, hold

MOST = 20
"""Strangers that are kept; the first tell enough."""
_OURS = frozenset({"httpcore", "httpcore2"})
"""What httpx and httpx2 connect through: whoever comes this way is recorded or played."""
_LAYERED = frozenset({"httpx", "httpx2", "httpx_aiohttp"})
_THROUGH_VCR = frozenset(
    {"aiohttp", "boto3", "botocore", "http", "httplib2", "requests", "s3transfer", "tornado", "urllib", "urllib3"}
)
_PLAIN = {"http": "http.client", "urllib": "urllib.request"}


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """One that went past."""

    name: str
    """The library, or what else it was."""
    place: str
    """`FILE:LINE in FUNCTION`."""
    hint: str
    """How it can be caught."""


Note = Callable[[Stranger], None]
_away: ContextVar[bool] = ContextVar("nexdiag_looks_away", default=False)


@contextlib.contextmanager
def looking_away() -> Iterator[None]:
    """What this context does meanwhile is our own affair: an outer scope's too."""
    token = _away.set(True)
    try:
        yield
    finally:
        _away.reset(token)


def watch(note: Note) -> Iterator[tuple[type, str]]:
    """Tell of strangers from now on; gives what is to be released afterwards. `note` is one for the whole process."""
    for owner, name in _watched():
        hold(owner, name, functools.partial(_watching, note, program=owner is subprocess.Popen))
        yield owner, name


def _watched() -> Iterator[tuple[type, str]]:
    yield socket.socket, "connect"
    yield socket.socket, "connect_ex"
    yield http.client.HTTPConnection, "putrequest"
    yield subprocess.Popen, "__init__"
    connector = getattr(sys.modules.get("aiohttp"), "BaseConnector", None)
    if isinstance(connector, type):  # not imported for this: who has not, does not use it
        yield connector, "connect"


def _watching(note: Note, method: Method, *, program: bool) -> Method:
    def watched(self: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - the signature of what it watches
        if not (_away.get() or (isinstance(self, socket.socket) and self.family == socket.AF_UNIX)):
            stranger = _stranger(program=program)
            if stranger is not None:
                note(stranger)
        return method(self, *args, **more)

    return watched


def _stranger(*, program: bool) -> Stranger | None:
    """Whoever asks for a connection just now; None for our own clients, and where the stack does not tell."""
    site = find_call_site(__name__)
    if site is None or _OURS & set(site.through):
        return None
    name = next((package for package in site.through if package not in _LAYERED), "")
    if program:
        name, hint = "subprocess", "record a program with: nexdiag capture -- COMMAND"
    elif name in _THROUGH_VCR:
        hint = "record it through vcrpy: with nexdiag.vcr().use_cassette(PATH)"
    else:
        hint = "put a recorder between it and its server: nexdiag proxy --upstream URL"
    return Stranger(name=_PLAIN.get(name, name or "socket"), place=site.place, hint=hint)
