"""Any client, recorded: a proxy on this machine, an environment that leads to it, and the command between them.

    upstream ◄─ proxy ◄─ command          variables: how it finds the proxy     child: how it runs in our place
                  └─► recorder            words: what the recording is called   teller: what is told meanwhile

Law: the command runs as if we were not there. Whatever becomes of the recording, it goes on, and its exit code is ours.
"""

import contextlib
import difflib
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.core.errors import UsageError
from nexdiag.report import passing
from nexdiag.runner.proxying import Proxying, Target, proxying, secrets_of, target_of
from nexdiag.runner.wrapped import child, outcome, variables, words
from nexdiag.runner.wrapped.outcome import Told, Wrapped
from nexdiag.runner.wrapped.teller import Teller, terminal_taken

__all__ = ["Wanted", "Wrapped", "wrapped"]

_NEAR = 0.8


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
    told = _unbroken(told)
    _demand_program(wanted.command, environment)
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


def _unbroken(told: Told) -> Told:
    """Whoever listens may go away (`2>&1 | head`): the command and its exit code have nothing to do with that."""

    def tell(line: str) -> None:
        with contextlib.suppress(OSError):
            told(line)

    return tell


def _demand_program(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Say it before a proxy is started and a file is made. Raises `UsageError`."""
    name = command[0] if command else ""
    if not name:
        raise UsageError(
            "a command to record is wanted after --", hint='for example: nexdiag capture -- ./my-agent "hi"'
        )
    search = environment.get("PATH", os.defpath)
    if shutil.which(name, path=search) is not None:
        return
    first = name.split()[0] if name.split() else name
    if os.path.lexists(name) and "/" in name:
        what, hint = f"{name} cannot be run: it is no program", f"chmod +x {shlex.quote(name)}, if it should be one"
    elif first != name and shutil.which(first, path=search) is not None:
        what, hint = f"no program is called {name!r}", f"without the quotes: nexdiag capture -- {name}"
    else:
        near = difflib.get_close_matches(name, _programs(search), n=1, cutoff=_NEAR)
        what = f"{name}: no such program"
        hint = (
            f"did you mean {near[0]}?" if near else f"an alias or a builtin needs its shell: sh -c {shlex.quote(name)}"
        )
    raise UsageError(what, hint=hint)


def _programs(search: str) -> list[str]:
    found: set[str] = set()
    for folder in search.split(os.pathsep):
        with contextlib.suppress(OSError):
            found.update(path.name for path in Path(folder or os.curdir).iterdir())
    return sorted(found)


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
