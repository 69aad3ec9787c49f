"""One task, headless: the prompt file is the system prompt, the task's session is taken up where it was left.

Law: it ends with an exit reason, and whatever is no good end is no exit code 0 (reference fault L25).
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from nexdiag.agent.progress import Tell
from nexdiag.core.errors import UsageError
from nexdiag.runner.crew import Crew
from nexdiag.runner.outcome import Talk
from nexdiag.runner.talk import Wishes, talk
from nexdiag.runner.talker import Talker

_LARGEST = 1024**2
"""Bytes of a prompt file."""
FIRST = (
    "Work on task {task}. When it is done, say in one paragraph what you did and what is left. "
    "If it cannot be done, say why."
)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done."""

    id: str
    prompt: str
    """The system prompt."""
    resume: bool = True
    """Go on with the task's session, if there is one."""


def read_prompt(path: Path) -> str:
    """The system prompt in a file. Raises `UsageError` for a file that is none, empty or no text."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        text = raw.decode()
    except OSError as error:
        raise UsageError(f"cannot read the prompt file {path}: {error.strerror}", hint="--prompt-file FILE") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the prompt file {path} is not UTF-8 text (byte {error.start})", hint="convert it") from error
    if len(raw) > _LARGEST:
        raise UsageError(f"the prompt file {path} is longer than {_LARGEST} bytes", hint="name files in it instead")
    if not text.strip():
        raise UsageError(f"the prompt file {path} is empty", hint="it becomes the system prompt")
    return text


def execute(crew: Crew, task: Task, *, state: Path, tell: Tell, say: Callable[[str], None]) -> Talk:
    """Play the task's turn; how it went. What was kept of it before is gone on with."""
    talker = Talker(crew, state=state, tell=tell, say=say)
    try:
        talker.open_task(task.id, resume=task.resume)
        return talk(talker, [FIRST.format(task=task.id)], Wishes(autonomous=True), say=say)
    finally:
        talker.close()
