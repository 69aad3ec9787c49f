"""bg: commands that run while the conversation goes on: a server, a watcher, a long build."""

from typing import Any, ClassVar

from nexdiag.agent.tools.jobs import NAME, Job, Jobs
from nexdiag.agent.tools.output import head_tail
from nexdiag.agent.tools.tool import check, shown
from nexdiag.core.errors import ToolError

CAP = 8000
LINES = 100
WAIT = 60
"""Seconds that one call may wait for a job."""

_COMMAND = 100
"""Characters of a command that a list shows."""
_ACTIONS = ["run", "status", "output", "list", "kill", "delete"]


class Bg:
    """Starts commands in the background, and tells what became of them."""

    name = "bg"
    read_only = False
    description = (
        "Run a command in the background and look at it later. action: run (needs command) starts it and gives a job "
        "name; status, output, kill and delete need job; list shows all. At most 10 run at once. All end with this "
        "session."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": _ACTIONS, "description": "What to do"},
            "command": {"type": "string", "description": "For run: the command line, as for bash"},
            "job": {"type": "string", "description": "For status, output, kill and delete: the job's name"},
            "name": {"type": "string", "description": "For run: what to call the job (default job-1, job-2, ...)"},
            "lines": {"type": "integer", "minimum": 1, "description": f"For output: last lines (default {LINES})"},
            "wait": {
                "type": "integer",
                "minimum": 0,
                "maximum": WAIT,
                "description": "For run, status and output: seconds to wait for the job's end first (default 0)",
            },
        },
        "required": ["action"],
        "additionalProperties": False,
    }

    def __init__(self, jobs: Jobs) -> None:
        """Ask for `jobs` of one session."""
        self._jobs = jobs

    async def run(self, arguments: dict[str, Any]) -> str:
        """Do what `action` says."""
        given = check(arguments, self.parameters)
        action = given["action"]
        if action == "list":
            return "\n".join(_row(job) for job in self._jobs.all()) or "No jobs."
        if action == "run":
            return await self._run(given)
        if "job" not in given:
            names = ", ".join(job.name for job in self._jobs.all()) or "none yet"
            raise ToolError(f"action {action} needs job: the name of one", hint=f"jobs: {names}")
        job = self._jobs.get(given["job"])
        if action in {"kill", "delete"}:
            return await self._end(job, delete=action == "delete")
        await self._jobs.wait(job, given.get("wait", 0))
        return _row(job) if action == "status" else _output(job, given.get("lines", LINES))

    async def _run(self, given: dict[str, Any]) -> str:
        if "command" not in given:
            raise ToolError("action run needs command", hint='such as {"action": "run", "command": "make -j2"}')
        name = given.get("name")
        if name is not None and not NAME.fullmatch(name):
            raise ToolError(
                f"not a name for a job: {shown(name)}", hint="letters, digits, '-', '_' and '.', at most 40"
            )
        job = self._jobs.start(given["command"], name)
        if given.get("wait", 0):
            await self._jobs.wait(job, given["wait"])
            return _output(job, LINES)
        return f"Started {job.name}. Look at it with status or output; end it with kill."

    async def _end(self, job: Job, *, delete: bool) -> str:
        ran = job.runs
        await (self._jobs.delete if delete else self._jobs.kill)(job.name)
        if not ran and not delete:
            return f"{job.name} had ended already: {job.outcome}."
        return f"{job.name}: {job.outcome}" + (", and deleted." if delete else ".")


def _row(job: Job) -> str:
    command = " ".join(job.command.split())
    command = command if len(command) <= _COMMAND else command[:_COMMAND] + "..."
    return f"{job.name}: {job.outcome}: {command}"


def _output(job: Job, lines: int) -> str:
    """Return the last lines of what a job printed, under its state."""
    text, missing = job.pipe.capture.text()
    rows = text.splitlines()
    shown_rows = rows[-lines:]
    above = f"\n[{len(rows) - len(shown_rows)} lines above left out]" if len(shown_rows) < len(rows) else ""
    above = above or (f"\n[{missing} characters left out]" if missing else "")
    top = f"{_row(job)}{above}\n"
    body = "\n".join(shown_rows) or "(no output)"
    return top + head_tail(body, CAP - len(top))
