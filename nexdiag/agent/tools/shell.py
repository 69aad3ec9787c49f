"""Starts a shell, reads what it prints, and notices its end. Shared by bash and bg.

Law: a shell is the leader of a session of its own, without input and terminal; reading never waits for whoever else
holds its output; the command sees no key of ours.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nexdiag.agent.tools.output import Capture
from nexdiag.core.errors import ToolError

IDLE = 0.1
DRAIN = 2.0
"""Seconds without output, and in all, after which a pipe that a background process holds is given up."""
_POLL = 0.02

_SECRET = re.compile(r"(^|_)(API_?KEY|ACCESS_KEY|PRIVATE_KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
_QUIET = {"PAGER": "cat", "GIT_PAGER": "cat", "TERM": "dumb", "NO_COLOR": "1"}
"""Nothing may wait for a key press, and colour codes only cost the model tokens."""

Sink = Callable[[bytes], None]


def safe_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a command: without those named like secrets, with pagers and colours off."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)} | _QUIET


class Pipe:
    """One output of a command, read as it comes into a bounded capture."""

    def __init__(self, changed: asyncio.Event, *, sink: Sink = lambda piece: None) -> None:
        """Set `changed` whenever there was something to read, or the end; hand each piece to `sink` as well."""
        self.capture = Capture()
        self.open = True
        self._sink = sink
        self._changed = changed
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def _read(self) -> None:
        try:
            piece = os.read(self._read_end, 1 << 16)
        except BlockingIOError:
            return
        if piece:
            self.capture.add(piece)
            self._sink(piece)
        else:
            self.close()
        self._changed.set()

    def started(self) -> None:
        """Leave the writing end to the command alone."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def close(self) -> None:
        """Give up what is still open."""
        self.started()
        if self.open:
            self.open = False
            asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)


def start(command: str, root: Path, environment: Mapping[str, str], out: Pipe, err: Pipe) -> subprocess.Popen[bytes]:
    """Start the shell. Popen, since asyncio's own has a moment in which a cancellation would lose the child."""
    try:
        process = subprocess.Popen(  # noqa: S603 - running commands is what this is for
            ["bash", "-c", command],  # noqa: S607 - the user's bash, wherever it is
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out.write_end,
            stderr=err.write_end,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # too long for one argument; NUL or half a character within
        raise ToolError(f"bash cannot be started: {error}", hint="write a long script to a file first") from error
    out.started()
    err.started()
    return process


async def exited(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end; leave the process unreaped where the system allows: until then its number stays ours."""
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, or an old kernel
        while process.poll() is None:  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(_POLL)
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def drain(pipes: Sequence[Pipe], changed: asyncio.Event) -> None:
    """Read what is left after the shell's end, but do not wait for background processes."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN
    with contextlib.suppress(TimeoutError):
        while any(pipe.open for pipe in pipes) and loop.time() < deadline:
            changed.clear()
            # Not wait_for: in Python 3.11 it loses a cancellation that comes together with what it waits for.
            async with asyncio.timeout(IDLE):
                await changed.wait()


def ending(code: int) -> str:
    """Say how a shell ended: `3`, or `137 (SIGKILL)`. A signal counts 128 and more, as shells have it."""
    if code >= 0:
        return str(code)
    with contextlib.suppress(ValueError):
        return f"{128 - code} ({signal.Signals(-code).name})"
    return str(128 - code)
