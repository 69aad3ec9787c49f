"""Any client, recorded: a proxy on this machine, an environment that leads to it, and the command between them.

    upstream ◄─ proxy ◄─ command          variables: how it finds the proxy     child: how it runs in our place
                  └─► recorder            words: what the recording is called   teller: what is told meanwhile

Law: the command runs as if we were not there. Whatever becomes of the recording, it goes on, and its exit code is ours.
"""

import contextlib
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.report import passing
from nexdiag.runner.proxying import Proxying, Target, proxying, secrets_of, target_of
from nexdiag.runner.wrapped import child, outcome, variables, words
from nexdiag.runner.wrapped.outcome import Told, Wrapped
from nexdiag.runner.wrapped.program import demand, unbroken
from nexdiag.runner.wrapped.teller import Teller, terminal_taken

__all__ = ["Wanted", "Wrapped", "wrapped"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, and how."""

    command: tuple[str, ...]
    cassette: Path | None = None
    """None for a name of our own: that of the command, with the next number where a file has it."""
    upstream: str | None = None
    """None for where the command would have gone, else the one server on this machine."""
    log: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    live: bool | None = None
    """Whether a line is told for each exchange as it ends. None: unless the command has the terminal for itself."""


def wrapped(
    wanted: Wanted,
    *,
    environment: Mapping[str, str],
    told: Told,
    find: Callable[[str | None], Target] = target_of,
    ticks: Callable[[], float] = time.perf_counter,
) -> Wrapped:
    """Run a command with its terminal, and record what it asks its model's server; `told` hears line after line.

    Raises `UsageError` if the command cannot be run, or it is not clear where the upstream is, and `CassetteError` if
    the cassette exists or cannot be written: all before the command has started.
    """
    told = unbroken(told)
    demand(wanted.command, environment, doing="capture")
    target, keep = _target(wanted, environment, find, told)
    teller = Teller(told, live=wanted.live is not False, taken=_taken(wanted.live))
    with contextlib.closing(teller), _recording(wanted, target, environment, teller) as proxy:
        command = [word.replace(variables.PLACEHOLDER, proxy.url) for word in wanted.command]
        upstream = Upstream.of(target.url)
        directed = variables.directed(environment, proxy.url, upstream=upstream, keep=keep)
        began = ticks()
        ended = child.run(
            command,
            directed,
            lambda pid: teller.say(passing.recording(proxy.url, target.url, wanted.command, pid)),
        )
        took = ticks() - began
    told("")
    told(passing.ended(wanted.command, code=ended.code, signal=ended.signal, turn=teller.turn, took=took))
    came = outcome.come_of(wanted.command, ended.code, proxy.cassette, proxy.trouble, told, written=proxy.exchanges)
    if came.code and came.lacking is not None:  # else it is raised, and told by that
        told(f"✗ {came.lacking}")
    if came.cassette is not None:
        told(f"Next: nexdiag report {shlex.quote(str(came.cassette))}")
    return came


def _target(
    wanted: Wanted, environment: Mapping[str, str], find: Callable[[str | None], Target], told: Told
) -> tuple[Target, tuple[str, ...]]:
    """Where it all goes, and the variables that are left alone because they lead elsewhere."""
    named = None if wanted.upstream is not None else variables.upstream_of(environment)
    if named is None:
        return find(wanted.upstream), ()
    keep = variables.elsewhere(environment, Upstream.of(named[1]))
    for name in keep:
        told(f"not recorded: what goes by {name}, which leads elsewhere than {named[0]} (--upstream URL takes both)")
    return find(named[1]), keep


def _taken(live: bool | None) -> Callable[[], bool]:
    return terminal_taken(sys.stderr) if live is None else lambda: False


def _recording(
    wanted: Wanted, target: Target, environment: Mapping[str, str], teller: Teller
) -> contextlib.AbstractContextManager[Proxying]:
    """A proxy with its recording, in the file that was named or the first that is free."""
    redactor = Redactor(secrets_of(environment), patterns=wanted.redact)
    return proxying(
        target,
        cassette=wanted.cassette,
        title=words.title(wanted.command, redactor.text),
        command=words.text(wanted.command, redactor.text),
        log=wanted.log,
        environ=environment,
        redactor=redactor,
        told=teller.exchange,
        trouble=teller.say,
    )
