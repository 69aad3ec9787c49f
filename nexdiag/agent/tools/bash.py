"""bash: one command in a shell of its own.

Law: the run ends when the shell ends, whoever still holds its output; a timeout or a cancellation leaves no process
behind; memory is bounded whatever the command prints; the command sees no key of ours.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from nexdiag.agent.tools.output import Capture, head_tail
from nexdiag.agent.tools.processes import GRACE, end
from nexdiag.agent.tools.tool import check
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

CAP = 8000
TIMEOUT = 300_000
TIMEOUT_MAX = 900_000

IDLE = 0.1
DRAIN = 2.0
"""Seconds without output, and in all, after which a pipe that a background process holds is given up."""
_POLL = 0.02

_SECRET = re.compile(r"(^|_)(API_?KEY|ACCESS_KEY|PRIVATE_KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
_QUIET = {"PAGER": "cat", "GIT_PAGER": "cat", "TERM": "dumb", "NO_COLOR": "1"}
"""Nothing may wait for a key press, and colour codes only cost the model tokens."""


def safe_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a command: without those named like secrets, with pagers and colours off."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)} | _QUIET


class Bash:
    """Runs shell commands in the workspace, which does not confine them: a shell can go anywhere."""

    name = "bash"
    read_only = False
    description = (
        "Run a command with bash -c in the working directory and return what it prints. There is no terminal and no "
        "input. Processes left in the background are not waited for: redirect their output to a file."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "command": {"type": "string", "description": "The command line"},
            "timeout": {
                "type": "integer",
                "minimum": 1,
                "description": f"Milliseconds after which it is ended (default {TIMEOUT}, at most {TIMEOUT_MAX})",
            },
        },
        "required": ["command"],
        "additionalProperties": False,
    }

    def __init__(
        self, workspace: Workspace, *, environment: Mapping[str, str] | None = None, grace: float = GRACE
    ) -> None:
        """Run with `environment` (by default that of this process); kill `grace` seconds after asking to end."""
        self._workspace = workspace
        self._environment = safe_environment(os.environ if environment is None else environment)
        self._grace = grace

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return stdout, then stderr under its heading; ToolError for any exit code but 0 and for a timeout."""
        given = check(arguments, self.parameters)
        milliseconds = min(given.get("timeout", TIMEOUT), TIMEOUT_MAX)
        with contextlib.ExitStack() as stack:
            changed = asyncio.Event()
            pipes = [stack.enter_context(contextlib.closing(_Pipe(changed))) for _ in range(2)]
            process = _start(given["command"], self._workspace.root, self._environment, pipes)
            in_time = await self._finish(process, milliseconds / 1000, _drain(pipes, changed))
            note = "\n[a background process holds the output open: what it still prints is lost]"
            tail = note if any(pipe.open for pipe in pipes) else ""
        top = _heading(process.returncode) if in_time else f"Timed out after {milliseconds} ms and was ended.\n"
        text = top + _joined(pipes, CAP - len(top) - len(tail)) + tail
        if top:
            raise ToolError(text)
        return text

    async def _finish(self, process: subprocess.Popen[bytes], seconds: float, drain: Coroutine[Any, Any, None]) -> bool:
        """Wait for the shell and its output; False if it had to be ended. Cancelling ends it and all its children."""
        try:
            in_time = await _exited(process, seconds)
            if not in_time:
                await end(process.pid, grace=self._grace)
            await drain
        except BaseException:
            drain.close()
            await end(process.pid, grace=self._grace)
            raise
        finally:
            process.poll()
        return in_time


class _Pipe:
    """One output of a command, read as it comes into a bounded capture."""

    def __init__(self, changed: asyncio.Event) -> None:
        """Set `changed` whenever there was something to read, or the end."""
        self.capture = Capture()
        self.open = True
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
        else:
            self.close()
        self._changed.set()

    def started(self) -> None:
        """Leave the writing end to the command alone."""
        os.close(self.write_end)
        self.write_end = -1

    def close(self) -> None:
        """Give up what is still open."""
        if self.write_end >= 0:
            self.started()
        if self.open:
            self.open = False
            asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)


def _start(command: str, root: Path, environment: Mapping[str, str], pipes: Sequence[_Pipe]) -> subprocess.Popen[bytes]:
    """Start the shell. Popen, since asyncio's own has a moment in which a cancellation would lose the child."""
    try:
        process = subprocess.Popen(  # noqa: S603 - running commands is what this tool is for
            ["bash", "-c", command],  # noqa: S607 - the user's bash, wherever it is
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=pipes[0].write_end,
            stderr=pipes[1].write_end,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # too long for one argument; NUL or half a character within
        raise ToolError(f"bash cannot be started: {error}", hint="write a long script to a file first") from error
    for pipe in pipes:
        pipe.started()
    return process


async def _exited(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until the process has ended; False if `seconds` were not enough."""
    try:
        async with asyncio.timeout(seconds):
            await _exit(process)
    except TimeoutError:
        return False
    return True


async def _exit(process: subprocess.Popen[bytes]) -> None:
    """Leave the process unreaped where the system can tell its end otherwise: until then its number stays ours."""
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


async def _drain(pipes: Sequence[_Pipe], changed: asyncio.Event) -> None:
    """Read what is left after the shell's end, but do not wait for background processes."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN
    with contextlib.suppress(TimeoutError):
        while any(pipe.open for pipe in pipes) and loop.time() < deadline:
            changed.clear()
            # Not wait_for: in Python 3.11 it loses a cancellation that comes together with what it waits for.
            async with asyncio.timeout(IDLE):
                await changed.wait()


def _heading(code: int) -> str:
    """Say how the shell ended; nothing for success. A signal counts 128 and more, as shells have it."""
    if code >= 0:
        return f"Exit code: {code}\n" if code else ""
    with contextlib.suppress(ValueError):
        return f"Exit code: {128 - code} ({signal.Signals(-code).name})\n"
    return f"Exit code: {128 - code}\n"


def _joined(pipes: Sequence[_Pipe], limit: int) -> str:
    """Return both outputs within `limit` characters."""
    (out, out_missing), (err, err_missing) = (pipe.capture.text() for pipe in pipes)
    gap = "\n" if err and out and not out.endswith("\n") else ""
    text = out + gap + ("[stderr]\n" + err if err else "")
    return head_tail(text, limit, missing=out_missing + err_missing) or "(no output)"
