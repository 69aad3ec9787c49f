"""What is written never takes the place of what is read: by no name, no link, and not in a directory that is read."""

from collections.abc import Sequence
from pathlib import Path

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.errors import UsageError
from nexdiag.runner.load import STDIN


def keep_apart(output: Path | None, read: Sequence[Path], *, option: str = "-o", what: str = "what is read") -> None:
    """Raise `UsageError` where the output is a directory, or would overwrite what is read."""
    if output is None:
        return
    if output.is_dir():
        raise UsageError(f"{option} wants a file, found the directory {output}", hint="name a file in it")
    for path in read:
        if str(path) != STDIN and _covers(path, output):
            raise UsageError(f"{option} {output} would overwrite {what}", hint=f"name another file: {option} FILE")


def _covers(path: Path, output: Path) -> bool:
    """Whether the output is this input, by whatever name, a recording below it, or in a directory of state."""
    from nexdiag.runner.linting.subjects import holds_state  # noqa: PLC0415 - start-up: only where something is written

    real, aim = path.resolve(), output.resolve()
    there = output.exists()
    if real == aim or (there and path.exists() and path.samefile(output)):
        return True
    if not path.is_dir():
        return False
    if aim.is_relative_to(real) and (
        SUFFIX in (output.name[-len(SUFFIX) :], aim.name[-len(SUFFIX) :]) or holds_state(path)
    ):
        return True
    return there and any(one.exists() and one.samefile(output) for one in path.rglob(f"*{SUFFIX}"))
