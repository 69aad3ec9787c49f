"""Starting a shell and reading it; bash and bg build on this, and their tests run it in full."""

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from nexdiag.agent.tools.shell import Pipe, drain, ending, exited, start
from nexdiag.core.errors import ToolError

PATH = {"PATH": os.environ["PATH"]}


def test_every_piece_goes_to_the_capture_and_the_sink(tmp_path: Path) -> None:
    """What a command prints is held, and handed on as it comes; both outputs may share one pipe."""
    pieces: list[bytes] = []

    async def main() -> str:
        changed = asyncio.Event()
        with contextlib.closing(Pipe(changed, sink=pieces.append)) as pipe:
            process = start("echo a; echo b >&2", tmp_path, PATH, pipe, pipe)
            await exited(process)
            await drain([pipe], changed)
            process.wait()
            return pipe.capture.text()[0]

    assert asyncio.run(main()) == "a\nb\n"
    assert b"".join(pieces) == b"a\nb\n"


def test_a_shell_leads_a_session_of_its_own(tmp_path: Path) -> None:
    """Its number names the session, so that all of it can be found and ended."""

    async def main() -> None:
        changed = asyncio.Event()
        with contextlib.closing(Pipe(changed)) as pipe:
            process = start("ps -o sid= -p $$", tmp_path, PATH, pipe, pipe)
            await exited(process)
            await drain([pipe], changed)
            assert int(pipe.capture.text()[0]) == process.pid
            process.wait()

    asyncio.run(main())


def test_what_cannot_start_leaves_nothing_open(tmp_path: Path) -> None:
    """A NUL in a command is the model's error, and costs no file handle."""

    async def main() -> None:
        with contextlib.closing(Pipe(asyncio.Event())) as pipe, pytest.raises(ToolError, match="cannot be started"):
            start("a\0b", tmp_path, PATH, pipe, pipe)

    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    asyncio.run(main())
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before


@pytest.mark.parametrize(("code", "told"), [(0, "0"), (3, "3"), (-9, "137 (SIGKILL)"), (-40, "168")])
def test_an_ending_reads_as_shells_have_it(code: int, told: str) -> None:
    """A signal counts 128 and more, and is named where it has a name."""
    assert ending(code) == told
