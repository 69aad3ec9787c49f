"""A child speaks in lines, ends with all that it started, and costs bounded memory and time."""

import asyncio
import sys
from pathlib import Path

import pytest

from nexdiag.agent import child as module
from nexdiag.agent.child import Child


async def started(tmp_path: Path, code: str, *, given: str | None = None) -> Child:
    command = [sys.executable, "-ISc", code]
    if given is None:
        return await Child.start(command, environment={}, directory=tmp_path)
    path = tmp_path / "given"
    path.write_text(given)
    with path.open("rb") as file:
        return await Child.start(command, environment={}, directory=tmp_path, given=file)


async def lines(child: Child) -> list[bytes]:
    found = []
    while (line := await child.line()) is not None:
        found.append(line)
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_lines_and_code(tmp_path: Path) -> None:
    """Every line comes, the last without its newline too; then the words of stderr, and the exit code."""

    async def play() -> None:
        child = await started(
            tmp_path,
            "import sys; print(sys.stdin.read()); sys.stderr.write('odd'); print(2, end=''); sys.exit(3)",
            given="1",
        )
        assert await lines(child) == [b"1", b"2"]
        assert await child.ended(5)
        assert await child.end() == "3"
        assert child.errors == "odd"

    asyncio.run(play())


def test_conversation(tmp_path: Path) -> None:
    """What is sent arrives, and its answer comes; closing the input ends a polite program by itself."""

    async def play() -> None:
        child = await started(tmp_path, "import sys\nfor line in sys.stdin: print(line.strip()[::-1], flush=True)")
        await child.send(b"abc\n")
        assert await child.line() == b"cba"
        child.close_input()
        assert await child.line() is None
        assert await child.ended(5)
        assert await child.end() == "0"
        with pytest.raises(OSError, match="closed"):
            await child.send(b"more\n")

    asyncio.run(play())


def test_overlong_line_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without end costs no memory; the next one is read."""
    monkeypatch.setattr(module, "LONGEST", 100_000)

    async def play() -> None:
        child = await started(tmp_path, "print('a'); print('x' * 5_000_000); print('b'); print('y' * 300_000, end='')")
        assert await lines(child) == [b"a", b"b"]
        assert child.overlong == 2
        await child.end()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("work", "own"),
    [
        pytest.param("import time; time.sleep(600)", "", id="silent"),
        pytest.param("while True: print(1, flush=True)", ", start_new_session=True", id="endless"),
    ],
)
def test_pipe_held_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str, own: str) -> None:
    """A background process that holds the output, or goes on printing, is not waited for, and ends as well."""
    monkeypatch.setattr(module, "DRAIN", 0.2)
    monkeypatch.setattr(
        module, "IDLE", 600.0 if own else 0.1
    )  # one that prints is given up for its time, not its pauses
    monkeypatch.setattr(module, "_LAST_WORDS", 0.1)
    start = f"p = subprocess.Popen([sys.executable, '-ISc', {work!r}]{own})"
    code = f"import subprocess, sys; {start}; print('pid', p.pid, flush=True)"

    async def play() -> list[bytes]:
        child = await started(tmp_path, code)
        found = await lines(child)
        await child.end(grace=0.1)
        return found

    pid = next(int(line.split()[1]) for line in asyncio.run(play()) if line.startswith(b"pid"))
    while lives(pid):  # the endless one notices with its next line that nobody reads
        pass


@pytest.mark.parametrize("deaf", [False, True])
def test_cancelled_while_it_ends(tmp_path: Path, deaf: bool) -> None:
    """Ending it twice, cancelled in the middle, leaves nothing alive, though it does not hear SIGTERM."""
    code = (
        "import signal; "
        + "signal.signal(signal.SIGTERM, signal.SIG_IGN); " * deaf
        + "print(1, flush=True); signal.pause()"
    )

    async def play() -> int:
        child = await started(tmp_path, code)
        assert await child.line() == b"1"
        ending = asyncio.create_task(child.end(grace=60 if deaf else 0.5))
        await asyncio.sleep(0)
        ending.cancel()
        await asyncio.wait({ending})
        await child.end()
        return child._process.pid

    assert not lives(asyncio.run(play()))


def test_no_such_program(tmp_path: Path) -> None:
    """What cannot be started is an OSError, and leaves nothing open."""
    with pytest.raises(FileNotFoundError):
        asyncio.run(Child.start(["/nowhere/x"], environment={}, directory=tmp_path))
