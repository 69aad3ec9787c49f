"""Jobs: commands that run beside the conversation, and what came of each. `bg` is how a model asks for them.

Law: a job belongs to its session and does not outlive it; ending one ends everything that it started; no name is used
twice; memory and disk are bounded whatever it prints.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from nexdiag.agent.tools.processes import GRACE, end, kill
from nexdiag.agent.tools.shell import Pipe, drain, ending, exited, safe_environment, start
from nexdiag.agent.tools.spill import KEPT, prune
from nexdiag.agent.tools.tool import nearest, shown
from nexdiag.core.errors import ToolError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
RUNNING = 10
"""Jobs that run at the same time."""
REMEMBERED = 50
"""Ended jobs whose output is still at hand."""
LOG_SIZE = 10 << 20
"""Bytes of a job's output that its file takes."""

_LOG = re.compile(NAME.pattern + r"\.log")


class Job:
    """One command, running or ended."""

    def __init__(self, name: str, command: str, process: subprocess.Popen[bytes], pipe: Pipe, started: float) -> None:
        """It has just been started."""
        self.name = name
        self.command = command
        self.pid = process.pid
        self.pipe = pipe
        self.started = started
        self.ended: float | None = None
        self.outcome = "running"
        """`running`, `exited with code N`, or `killed`."""
        self.over = asyncio.Event()
        self.process = process
        self.watch: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.ended is None


class Jobs:
    """The jobs of one session."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        root: Path,
        *,
        environment: Mapping[str, str],
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        grace: float = GRACE,
        log_size: int = LOG_SIZE,
    ) -> None:
        """Run in `root`; keep outputs in files of `folder`, if there is one."""
        self._root = root
        self._environment = safe_environment(environment)
        self._folder = folder
        self._clock = clock
        self._grace = grace
        self._log_size = log_size
        self._jobs: dict[str, Job] = {}
        self._names: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0

    def start(self, command: str, name: str | None = None) -> Job:
        """Start a command; ToolError if too many run, the name was used before, or it cannot be started."""
        if sum(job.runs for job in self._jobs.values()) >= RUNNING:
            running = ", ".join(job.name for job in self.all() if job.runs)
            raise ToolError(f"{RUNNING} jobs run already: {running}", hint="kill one, or wait for one to end")
        if name is not None and name in self._names:
            raise ToolError(f"there was a job {shown(name)} before: a name is used once", hint="take another name")
        label, log = self._open_log(name)
        self._names.add(label)  # also if it cannot be started: its file may be there
        changed = asyncio.Event()
        with contextlib.ExitStack() as undo:
            if log is not None:
                undo.enter_context(log)
            pipe = undo.enter_context(contextlib.closing(Pipe(changed, sink=_capped(log, self._log_size))))
            process = start(command, self._root, self._environment, pipe, pipe)
            undo.pop_all()
        job = self._jobs[label] = Job(label, command, process, pipe, self._clock())
        task = job.watch = asyncio.get_running_loop().create_task(self._watch(job, changed, log))
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if job.runs:  # cancelled before its first step: it never came to its `finally`
                kill(job.pid)
                self._settle(job, log, killed=True)

        task.add_done_callback(done)
        return job

    def get(self, name: str) -> Job:
        """Return a job, running or ended; ToolError with the nearest name, or what became of it."""
        if name in self._jobs:
            return self._jobs[name]
        if name in self._names:
            raise ToolError(f"job {shown(name)} has been deleted")
        if self._folder is not None and NAME.fullmatch(name) and (log := self._folder / f"{name}.log").is_file():
            where = log.relative_to(self._root) if log.is_relative_to(self._root) else log
            raise ToolError(f"job {shown(name)} is of an earlier session, and ended with it", hint=f"see {where}")
        near = nearest(name, self._jobs)
        names = ", ".join(self._jobs) or "none"
        raise ToolError(f"no such job: {shown(name)}", hint=f"did you mean {near!r}?" if near else f"jobs: {names}")

    def all(self) -> list[Job]:
        """Return every job that is remembered, first started first."""
        return list(self._jobs.values())

    async def kill(self, name: str) -> Job:
        """End a job and all that it started; one that has ended is left as it is."""
        job = self.get(name)
        if job.runs and job.watch is not None:
            job.watch.cancel()  # the one who watches is the one who ends: only he knows whose number it still is
            await job.over.wait()
        return job

    async def delete(self, name: str) -> Job:
        """End a job if it runs, and forget its output."""
        job = await self.kill(name)
        self._jobs.pop(job.name, None)
        return job

    async def wait(self, job: Job, seconds: float) -> None:
        """Wait until the job has ended, but not longer than that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await job.over.wait()

    async def close(self) -> None:
        """End all jobs. Cancelling shortens the grace, but nothing is left behind."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, job: Job, changed: asyncio.Event, log: BinaryIO | None) -> None:
        """Wait for a job's end, and end what it left behind: nobody could name it any more."""
        killed = True
        try:
            await exited(job.process)
            killed = False
            await drain([job.pipe], changed)
        finally:
            try:
                await end(job.pid, grace=self._grace)
            finally:
                self._settle(job, log, killed=killed)

    def _settle(self, job: Job, log: BinaryIO | None, *, killed: bool) -> None:
        code = job.process.poll()
        job.pipe.close()
        if log is not None:
            with contextlib.suppress(OSError):
                log.close()
        job.outcome = "killed" if killed or code is None else f"exited with code {ending(code)}"
        job.ended = self._clock()
        job.over.set()
        for old in [one.name for one in self._jobs.values() if not one.runs][:-REMEMBERED]:
            del self._jobs[old]

    def _open_log(self, name: str | None) -> tuple[str, BinaryIO | None]:
        """Return the job's name and its file, if there is one; both are new, also to other sessions beside us."""
        while True:
            if name is None:
                self._number += 1
                label = f"job-{self._number}"
                if label in self._names:
                    continue
            else:
                label = name
            if self._folder is None:
                return label, None
            try:
                self._prepare(self._folder)
                return label, _created(self._folder, label)
            except FileExistsError:
                if name is not None:  # of an earlier session: the name is free in this one
                    return label, _created_beside(self._folder, label)
            except OSError:
                return label, None

    def _prepare(self, folder: Path) -> None:
        """Make the directory, and remove what is too old; once."""
        if not self._names:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            prune(folder, _LOG, self._clock() - KEPT)


def _created(folder: Path, label: str) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(folder / f"{label}.log", flags, 0o600), "wb", buffering=0)


def _created_beside(folder: Path, label: str) -> BinaryIO | None:
    """Return a new file whose name has a number behind that of the job; None after many tries."""
    for number in range(2, 1000):
        with contextlib.suppress(FileExistsError):
            return _created(folder, f"{label}-{number}")
    return None


def _capped(log: BinaryIO | None, size: int) -> Callable[[bytes], None]:
    """Return what writes to the file until it is full; then it says so, once."""
    left = size

    def write(piece: bytes) -> None:
        nonlocal left
        if log is None or left <= 0:
            return
        left -= len(piece)
        with contextlib.suppress(OSError):
            log.write(piece if left >= 0 else piece[:left] + b"\n[this file is full: what came later is not in it]\n")

    return write
