"""A command that runs in our place: with our terminal, in our process group, and with the signals that we get.

Law: it finds everything as if it had been started without us; its end, and how it came, is handed back.

Ctrl-C and Ctrl-Z go from the terminal to the whole process group, so to the command as well: we only wait. A signal
that was sent to us alone is handed on. Where the command stops by itself, we stop too, or the shell would wait for us.
"""

import contextlib
import os
import signal
import subprocess
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, Self

import msgspec

from nexdiag.core.errors import UsageError

_TYPED = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal sends when a key is pressed: to the command too, if we are in its foreground."""
_SENT = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_KILLED = 128
_TERMINAL = "/dev/tty"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended."""

    code: int
    """As a shell gives it: 128 and the number of the signal, where one ended it."""
    signal: str | None = None
    """The name of that signal."""


def run(
    command: Sequence[str], environment: Mapping[str, str], started: Callable[[int], None] = lambda pid: None
) -> Ended:
    """Run a command to its end; `started` hears its process id. Raises `UsageError` if it cannot be started."""
    with _Relay() as relay, _terminal_as_it_was() as mend:
        child = _start(command, environment)
        relay.to(child.pid)
        started(child.pid)
        _wait_for_end(child.pid)
        relay.to(None)  # before its number can be another's
        child.returncode = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        if child.returncode >= 0:
            return Ended(code=child.returncode)
        mend()
        return Ended(code=_KILLED - child.returncode, signal=_name(-child.returncode))


def _start(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    try:  # what a shell has opened for it (3>log) is for the command, not for us
        return subprocess.Popen(command, env=environment, close_fds=False)  # noqa: S603 - the command that was asked for
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        hint = "a script needs a first line such as #!/bin/sh, and the right to be executed"
        raise UsageError(f"{command[0]} cannot be run: {why}", hint=hint) from error


def _wait_for_end(pid: int) -> None:
    """Wait until it is over, but leave it to be reaped: until then its number is its own."""
    while True:
        seen = os.waitid(os.P_PID, pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        if seen is None or seen.si_code in (os.CLD_EXITED, os.CLD_KILLED, os.CLD_DUMPED):
            return
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)  # heard
        _stop_beside(pid)


def _stop_beside(pid: int) -> None:
    """The command has stopped. Under a shell with jobs we stop as well, until the shell lets both go on."""
    if not _in_foreground() or os.waitid(os.P_PID, pid, os.WCONTINUED | os.WNOHANG) is not None:
        return
    os.kill(os.getpid(), signal.SIGSTOP)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _in_foreground() -> bool:
    """Whether we have a terminal, and what is typed at it is for our process group."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


class _Relay:
    """Hands the signals that come to us on to the command. One that is ignored stays ignored, for both.

    What comes before the command has started waits for it.
    """

    def __init__(self) -> None:
        self._pid: int | None = None
        self._ended = False
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (*_TYPED, *_SENT):
                before = signal.getsignal(number)
                if before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._take)
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def to(self, pid: int | None) -> None:
        """Where signals go from now on; None when the command is over."""
        self._pid, self._ended = pid, pid is None
        while self._early and pid is not None:
            self._send(self._early.pop(0))

    def _take(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._pid is None:
            self._early += [] if self._ended else [number]
        elif number not in _TYPED or not _in_foreground():
            self._send(number)

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: it has become another user
            os.kill(self._pid or os.getpid(), number)


@contextlib.contextmanager
def _terminal_as_it_was() -> Iterator[Callable[[], None]]:
    """Gives what puts the terminal right again: a program that was killed in its own screen leaves it without echo."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield lambda: None
        return
    before: list[Any] | None = None
    with contextlib.suppress(termios.error):
        before = termios.tcgetattr(terminal)

    def mend() -> None:
        with contextlib.suppress(termios.error, OSError):
            if before is not None and _in_foreground():  # else we would be stopped for it
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    try:
        yield mend
    finally:
        os.close(terminal)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
