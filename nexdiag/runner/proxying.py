"""The recording proxy, put together: upstream, recorder, writer, header; it serves in a thread of its own.

Law: whoever uses it waits for nothing that passes, and what passes waits for nobody who listens.
"""

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from nexdiag.agent.client.transport import Direct
from nexdiag.agent.discover import PORTS, Found, ask, described, discover
from nexdiag.agent.provider import normalise_base_url
from nexdiag.agent.provider.address import is_loopback
from nexdiag.capture.logs.follow import Logs
from nexdiag.capture.proxy.kept import Keeper
from nexdiag.capture.proxy.server import Proxy
from nexdiag.capture.proxy.times import Times
from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.witness import Told, Witness
from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.lint import profiles
from nexdiag.runner.place import cassette_path, next_recording
from nexdiag.runner.probed import recognise
from nexdiag.runner.provenance import stamped
from nexdiag.runner.server_thread import ServerThread

_WAIT = 0.5
"""Seconds that a server on this machine has to say what it is."""
_TRIES = 100
"""How often a recording that is begun meanwhile may take the name that was free."""

__all__ = ["Proxying", "Target", "proxying", "secrets_of", "target_of"]


class Proxying:
    """A proxy that records, for as long as its `with` block lasts."""

    def __init__(self, url: str, origin: str, recorder: Recorder, logs: Logs) -> None:
        """`url` is where it listens, without `/v1`; `origin` the upstream's base URL."""
        self.url = url
        self.origin = origin
        self.recorder = recorder
        self._logs = logs

    @property
    def log_lines(self) -> int:
        """How many entries of the logs are kept."""
        return self._logs.count

    @property
    def cassette(self) -> Path:
        """The file that is written."""
        return self.recorder.writer.path

    @property
    def exchanges(self) -> int:
        """How many are kept."""
        return self.recorder.writer.exchanges

    @property
    def trouble(self) -> str | None:
        """Why recording stopped before its end; None if it did not."""
        return self.recorder.trouble


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests go."""

    url: str
    """The base URL, with its version segment."""
    profile: str = ""
    """What kind of server it is, if that is known."""


def target_of(url: str | None, *, ports: Sequence[int] = PORTS) -> Target:
    """The upstream that is meant: the URL as it was typed, or else the one server that runs on this machine.

    Raises `UsageError` for what is no URL of a server, or if none or several run here.
    """
    return asyncio.run(_target(url, ports))


async def _target(url: str | None, ports: Sequence[int]) -> Target:
    async with Direct() as transport:
        if url is None:
            return _only(await discover(transport, recognise=recognise, ports=ports), ports)
        Upstream.of(url.strip())  # in words of the proxy, before those for an endpoint
        base = normalise_base_url(url)
        if is_loopback(base):  # nobody far away is asked what nobody has asked them
            found = await ask(base, transport, recognise=recognise, wait=_WAIT)
            if found is not None and found.profile:
                return Target(url=base, profile=found.profile)
    known = profiles.recognise(Exchange(id=0, started=0.0, request=Request(method="GET", url=f"{base}/models")))
    return Target(url=base, profile=known.name if known is not None else "")


def _only(servers: Sequence[Found], ports: Sequence[int]) -> Target:
    if not servers:
        told = ", ".join(map(str, ports))
        what = f"an upstream is wanted, and no model server answers on this machine (127.0.0.1, ports {told})"
        raise UsageError(what, hint="say where it is: --upstream URL, for example --upstream http://127.0.0.1:8080")
    if len(servers) > 1:
        what = f"one upstream is wanted, {len(servers)} servers answer: {'; '.join(map(described, servers))}"
        raise UsageError(what, hint=f"name one: --upstream {servers[0].base_url}")
    return Target(url=servers[0].base_url, profile=servers[0].profile or "")


@contextlib.contextmanager
def proxying(  # noqa: PLR0913 - what is recorded, how, and who hears of it
    upstream: str | Target | None = None,
    *,
    cassette: Path | None = None,
    title: str = "proxy",
    port: int = 0,
    log: Sequence[str] = (),
    command: str = "",
    environ: Mapping[str, str] = os.environ,
    redactor: Redactor | None = None,
    told: Callable[[Told], None] = lambda told: None,
    trouble: Callable[[str], None] = lambda trouble: None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Proxying]:
    """Serve on a port of this machine and record what passes. A file in which no exchange came to stand is removed.

    `told` hears of each exchange, when it begins and when it is kept, without its secrets and from several threads;
    `trouble`, once, of what is wrong with the recording. Neither may wait. `command` is the command line that is
    recorded, without secrets. Where no `cassette` is named, one is, after `title`. `log` names files and commands whose
    lines are recorded beside it.

    Raises `UsageError` for an upstream or a log that is none, `CassetteError` if the cassette exists or cannot be
    written, `EndpointError` if the port is taken.
    """
    target = upstream if isinstance(upstream, Target) else target_of(upstream)
    redactor = Redactor(secrets_of(environ)) if redactor is None else redactor
    where = Upstream.of(target.url)
    times = Times()
    writer = _begun(cassette, cassette_path(target.url, title), _header(target, command, redactor))
    recorder = Recorder(writer, redactor, clock=times.clock, ticks=times.ticks)
    witness = Witness(recorder, told=told)
    keeper = Keeper(witness.begin, trouble=lambda: recorder.trouble, told=trouble, times=times)
    try:
        context = (tls or httpx.create_ssl_context()) if where.secure else None
        logs = Logs(log, witness.log_line, offset=witness.offset)
        with logs, ServerThread(Proxy(where, keeper, tls=context), port, "nexdiag-proxy") as url:
            yield Proxying(url, target.url, recorder, logs)
    finally:
        witness.close()
        recorder.close(keep_empty=False)


def _header(target: Target, command: str, redactor: Redactor) -> Header:
    header = Header(
        created=time.time(),
        origin=target.url,
        profile=target.profile,
        command=command,
        redactions=redactor.patterns,
    )
    return redactor.header(stamped(header, directory=Path.cwd(), libraries=("httptools",)))


def _begun(cassette: Path | None, named: Path, header: Header) -> Writer:
    """The file that was named; else the first that is free. Raises `CassetteError`."""
    if cassette is not None:
        return Writer(cassette, header)
    for _ in range(_TRIES):
        path = next_recording(named)
        try:
            return Writer(path, header)
        except CassetteError:
            if not path.exists():
                raise  # else another recording was faster
    raise CassetteError(f"no free name beside {named}", hint="name one: --cassette FILE")
