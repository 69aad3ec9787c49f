"""`nexdiag native-exec`: the executor for one task, headless."""

import os
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress
from nexdiag.core.errors import NexdiagError

NAME = "native-exec"
EXAMPLE = "Example: nexdiag native-exec --task-id t1 --prompt-file task.md --exec-mode light"
_INTERRUPTED = 130


def command(
    task_id: Annotated[str, typer.Option(help="The task: one word; its session is kept under it.")],
    prompt_file: Annotated[Path, typer.Option(help="The file whose text is the system prompt.")],
    exec_mode: Annotated[str, typer.Option(help="The bundle of tools: bare, shell, light, full, or yours.")] = "full",
    model: Annotated[str | None, typer.Option("-m", "--model", help="The model.", envvar="NEXDIAG_MODEL")] = None,
    endpoint: Annotated[str | None, typer.Option("-e", "--endpoint", help="A URL, or an endpoint's name.")] = None,
    max_turns: Annotated[int, typer.Option(help="Model calls, at most.", min=1)] = 100,
    no_resume: Annotated[
        bool, typer.Option("--no-resume", help="Begin anew; what was kept stays in the archive.")
    ] = False,
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory.")] = None,
) -> int:
    """Work on one task without a terminal: the answer on stdout, exit 0 only if there is one."""
    from nexdiag.cli.live import Live
    from nexdiag.cli.service import state_of
    from nexdiag.runner import native
    from nexdiag.runner.asked import Asked, prepare

    prompt = native.read_prompt(prompt_file)
    state = state_of(directory)
    asked = Asked(model=model, endpoint=endpoint, directory=state, system=prompt, bundle=exec_mode, max_turns=max_turns)
    place = prepare(asked, os.environ, Path.cwd())
    task = native.Task(id=task_id, prompt=prompt, resume=not no_resume)
    done = native.execute(place.crew, task, state=state, tell=Live(), say=progress().print)
    progress().print(f"{done.exit_reason}: {len(done.turns)} turns, {done.usage.output_tokens} tokens received")
    if done.exit_reason == "cancelled":
        return _INTERRUPTED
    if not done.well:
        raise NexdiagError(f"task {task_id} did not end well: {done.exit_reason}", hint="see its journal in output/")
    return 0
