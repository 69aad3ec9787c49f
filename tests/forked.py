"""Daemons that are forked from the tests instead of started anew, for tests that are not about how a process starts.

Such a daemon is a process like any other, with a pid, a session and a state of its own: it is asked, killed and waited
for as one that was executed. What it saves is to import all of nexdiag, which is nine tenths of what a start costs.
"""

import gc
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from nexdiag import __main__
from nexdiag.agent.daemon import lifecycle
from nexdiag.cli import app, capture, service
from nexdiag.runner import host

_POLL = 0.005
_NEXDIAG = [sys.executable, "-m", "nexdiag"]
_IMPORTED = app, capture, service, host
"""By the tests, so that no child has to."""


class Forked:
    """As much of a `subprocess.Popen` as who starts a daemon looks at."""

    def __init__(
        self, command: Sequence[str], *, stdin: int, stdout: int, stderr: int, start_new_session: bool
    ) -> None:
        assert (stdin, stdout, start_new_session) == (subprocess.DEVNULL, subprocess.DEVNULL, True)
        self.returncode: int | None = None
        gc.freeze()  # a collection in the child would copy every page of the tests
        self.pid = os.fork()
        if self.pid == 0:
            _become(command[len(_NEXDIAG) :], stderr)

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Its exit code, when it has ended."""
        while (code := self.poll()) is None:
            time.sleep(_POLL)
        return code

    def kill(self) -> None:
        """End it at once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _become(words: Sequence[str], log: int) -> NoReturn:
    """Be what `python -m nexdiag` with these words would be, and never come back into the tests."""
    code: object = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, nothing), (1, nothing), (2, log)):
            os.dup2(source, target)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        sys.stdin, sys.stdout, sys.stderr = (open(place, mode, closefd=False) for place, mode in enumerate("rww"))  # noqa: SIM115 - they live as long as the process
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        logging.getLogger().handlers.clear()
        sys.argv = ["nexdiag", *words]
        __main__.main()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code if isinstance(code, int) else 1 if code else 0)


def start(command: Sequence[str], **options: Any) -> "Forked | subprocess.Popen[bytes]":  # noqa: ANN401 - of Popen
    """Fork what is nexdiag, and execute what is another program."""
    if [*command[: len(_NEXDIAG)]] == _NEXDIAG:
        return Forked(command, **options)
    return subprocess.Popen(command, **options)


@pytest.fixture
def executed() -> None:
    """For a test that wants the whole start: its daemons are programs that were executed."""


@pytest.fixture(autouse=True)
def forks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemons of every other test are forked from it."""
    if "executed" not in request.fixturenames:
        monkeypatch.setattr(lifecycle, "subprocess", SimpleNamespace(Popen=start, DEVNULL=subprocess.DEVNULL))
