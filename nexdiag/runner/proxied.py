"""`nexdiag proxy` without its door: serves until it is told to stop, tells what passes, and what came of it."""

import contextlib
import queue
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.report import passing
from nexdiag.report.visible import one_line
from nexdiag.runner.proxying import Proxying, proxying, secrets_of, target_of
from nexdiag.runner.redaction import read_back, redactor_for
from nexdiag.runner.wrapped.teller import Teller

Wait = Callable[[], object]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be served and recorded, and how."""

    upstream: str | None = None
    """None for the one server on this machine."""
    port: int = 0
    """0 for a free one."""
    cassette: Path | None = None
    """None for a name of our own: that of the upstream, with the next number where a file has it."""
    log: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()


@contextlib.contextmanager
def signals() -> Iterator[Wait]:
    """Give what waits for SIGINT or SIGTERM. Until everything is on disk a second one breaks nothing off."""
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()  # the one queue that may be written from within a signal
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, frame: heard.put(number))
    try:
        yield heard.get
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def proxied(
    wanted: Wanted,
    *,
    environment: Mapping[str, str],
    told: Callable[[str], None],
    listening: Callable[[str], None],
    until: Callable[[], AbstractContextManager[Wait]] = signals,
) -> None:
    """Serve and record. `told` hears of what passes, line after line; `listening`, once, where it listens.

    Raises `UsageError` for an upstream, a log or a pattern that is none, `EndpointError` if the port is taken,
    `CassetteError` if the recording cannot be made or stopped before its end, and `NothingToDo` if nothing came by.
    """
    target = target_of(wanted.upstream)
    redactor = redactor_for((), secrets_of(environment), wanted.redact)
    teller = Teller(told)
    starting = proxying(
        target,
        cassette=wanted.cassette,
        port=wanted.port,
        log=wanted.log,
        redactor=redactor,
        told=teller.exchange,
        trouble=teller.say,
    )
    with until() as wait, contextlib.closing(teller), starting as serving:
        told(f"● recording   {serving.url} → {target.url}   {serving.cassette}")
        listening(serving.url)
        wait()
    _tell(serving, told)


def _tell(serving: Proxying, told: Callable[[str], None]) -> None:
    if serving.trouble is not None:
        raise CassetteError(one_line(serving.trouble), hint="what was written before can be read; all was passed on")
    if not serving.exchanges:
        hint = f"give the client this address as its base URL: {serving.url}/v1, for example in OPENAI_BASE_URL"
        raise NothingToDo("no exchange was recorded: nothing came by", hint=hint)
    path = serving.cassette
    kept = read_back(path)
    counts = {"exchanges": serving.exchanges, "log_lines": serving.log_lines, "secrets": kept.secrets}
    told(passing.saved(str(path), size=kept.size, **counts))
    told(f"Next: nexdiag report {shlex.quote(str(path))}")
