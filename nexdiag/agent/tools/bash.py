"""bash: one command in a shell of its own.

Law: the run ends when the shell ends, whoever still holds its output; a timeout or a cancellation leaves no process
behind; memory is bounded whatever the command prints; the command sees no key of ours.
"""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from nexdiag.agent.tools.output import head_tail
from nexdiag.agent.tools.processes import GRACE, end
from nexdiag.agent.tools.shell import Pipe, drain, ending, exited, safe_environment, start
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import check
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

CAP = 8000
TIMEOUT = 300_000
TIMEOUT_MAX = 900_000

_NOTES = 200
"""Characters that a heading and a note may take from the cap."""
_HELD = "\n[a background process holds the output open: what it still prints is lost]"


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
        self,
        workspace: Workspace,
        *,
        environment: Mapping[str, str] | None = None,
        spill: Spill | None = None,
        grace: float = GRACE,
    ) -> None:
        """Run with `environment` (by default that of this process); kill `grace` seconds after asking to end."""
        self._workspace = workspace
        self._environment = safe_environment(os.environ if environment is None else environment)
        self._spill = spill or Spill(root=workspace.root)
        self._grace = grace

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return stdout, then stderr under its heading; ToolError for any exit code but 0 and for a timeout."""
        given = check(arguments, self.parameters)
        milliseconds = min(given.get("timeout", TIMEOUT), TIMEOUT_MAX)
        with self._spill.begin(self.name, CAP - _NOTES) as whole:
            changed = asyncio.Event()
            with contextlib.ExitStack() as stack:
                pipes = [stack.enter_context(contextlib.closing(Pipe(changed, sink=whole.add))) for _ in range(2)]
                process = start(given["command"], self._workspace.root, self._environment, *pipes)
                in_time = await self._finish(process, milliseconds / 1000, drain(pipes, changed))
                tail = _HELD if any(pipe.open for pipe in pipes) else ""
            top = _heading(process.returncode) if in_time else f"Timed out after {milliseconds} ms and was ended.\n"
            text, missing = _joined(pipes)
            limit = CAP - len(top) - len(tail)
            note = whole.end(wanted=missing > 0 or len(text) > limit)
        text = top + head_tail(text, limit - len(note), missing=missing) + tail + note
        if top:
            raise ToolError(text)
        return text

    async def _finish(self, process: subprocess.Popen[bytes], seconds: float, rest: Coroutine[Any, Any, None]) -> bool:
        """Wait for the shell and its output; False if it had to be ended. Cancelling ends it and all its children."""
        try:
            in_time = await _exited(process, seconds)
            if not in_time:
                await end(process.pid, grace=self._grace)
            await rest
        except BaseException:
            rest.close()
            await end(process.pid, grace=self._grace)
            raise
        finally:
            process.poll()
        return in_time


async def _exited(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until the process has ended; False if `seconds` were not enough."""
    try:
        async with asyncio.timeout(seconds):
            await exited(process)
    except TimeoutError:
        return False
    return True


def _heading(code: int) -> str:
    """Say how the shell ended; nothing for success."""
    return f"Exit code: {ending(code)}\n" if code else ""


def _joined(pipes: Sequence[Pipe]) -> tuple[str, int]:
    """Return both outputs, as far as they are held, and how many characters are not."""
    (out, out_missing), (err, err_missing) = (pipe.capture.text() for pipe in pipes)
    gap = "\n" if err and out and not out.endswith("\n") else ""
    text = out + gap + ("[stderr]\n" + err if err else "")
    return text or "(no output)", out_missing + err_missing
