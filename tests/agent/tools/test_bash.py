"""bash runs real commands, leaves no process behind, and never needs more memory or time than it should."""

import asyncio
import os
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from nexdiag.agent.tools import bash as bash_module
from nexdiag.agent.tools.bash import CAP, Bash
from nexdiag.agent.tools.shell import safe_environment
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError

PATH = {"PATH": os.environ["PATH"]}


def bash(root: Path, command: str, environment: Mapping[str, str] = PATH, **arguments: object) -> str:
    tool = Bash(Workspace(root), environment=environment, grace=0.1)
    return asyncio.run(tool.run({"command": command, **arguments}))


def refusal(root: Path, command: str, **arguments: object) -> str:
    with pytest.raises(ToolError) as caught:
        bash(root, command, **arguments)
    return caught.value.what


def lives(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def pids(root: Path) -> list[int]:
    return [int(line) for line in (root / "pids").read_text().split()]


def gone(root: Path, count: int) -> bool:
    """Whether all processes that wrote down their number have ended."""
    assert len(pids(root)) == count
    return not any(lives(pid) for pid in pids(root))


def test_stdout_then_stderr(tmp_path: Path) -> None:
    """Both outputs are shown, the second under its heading, on its own line."""
    assert bash(tmp_path, "echo hi") == "hi\n"
    assert bash(tmp_path, "echo b >&2; printf a") == "a\n[stderr]\nb\n"
    assert bash(tmp_path, "echo b >&2") == "[stderr]\nb\n"
    assert bash(tmp_path, ":") == "(no output)"
    assert bash(tmp_path, "pwd -P") == f"{tmp_path.resolve()}\n"


def test_a_failure_is_an_error_with_its_output(tmp_path: Path) -> None:
    """The exit code comes first; death by a signal counts as shells count it."""
    assert refusal(tmp_path, "echo a; exit 3") == "Exit code: 3\na\n"
    assert refusal(tmp_path, "false") == "Exit code: 1\n(no output)"
    assert refusal(tmp_path, "kill -KILL $$") == "Exit code: 137 (SIGKILL)\n(no output)"
    assert refusal(tmp_path, "kill -40 $$").startswith("Exit code: 168\n")


def test_there_is_no_input_and_no_terminal(tmp_path: Path) -> None:
    """A command that reads gets the end of file at once, also from a terminal that it asks for."""
    reading, writing = os.pipe()
    os.write(writing, b"typed\n")
    saved = os.dup(0)
    os.dup2(reading, 0)
    try:
        assert bash(tmp_path, "cat; (: </dev/tty) 2>/dev/null || echo none") == "none\n"
    finally:
        os.dup2(saved, 0)
        for handle in (reading, writing, saved):
            os.close(handle)


def test_a_background_process_does_not_hold_the_answer(tmp_path: Path) -> None:
    """The answer comes when the shell ends, though its child still holds the pipe; the model is told."""
    began = time.monotonic()
    text = bash(tmp_path, "sleep 100 & echo $! > pids; echo hi")
    assert time.monotonic() - began < 2
    assert text == "hi\n\n[a background process holds the output open: what it still prints is lost]"
    assert not gone(tmp_path, 1)
    os.kill(pids(tmp_path)[0], 9)


def test_a_chattering_background_process_is_given_up(tmp_path: Path) -> None:
    """One that prints for ever delays the answer by the drain time, and no more."""
    began = time.monotonic()
    assert "holds the output open" in bash(tmp_path, "yes & echo $! > pids")
    assert time.monotonic() - began < 5
    while not gone(tmp_path, 1):  # it dies of the closed pipe
        pass


def test_the_end_of_a_long_output_is_not_lost(tmp_path: Path) -> None:
    """What still stands in the pipe when the shell ends is read."""
    text = bash(tmp_path, "seq 1 30000")
    assert text.startswith("1\n2\n3\n")
    assert text.endswith("\n29999\n30000\n")
    assert len(text) <= CAP
    assert "characters left out" in text


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Two hundred megabytes of output take a few, and the count of what is missing is exact."""
    tracemalloc.start()
    try:
        text = bash(tmp_path, "yes | head -c 200M; echo end >&2")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20
    assert text.startswith("y\ny\n")
    assert text.endswith("y\n[stderr]\nend\n")
    kept, _, rest = text.partition("\n[... ")
    missing, _, end = rest.partition(" characters left out ...]\n")
    assert len(kept) + int(missing) + len(end) == (200 << 20) + len("[stderr]\nend\n")


def test_a_failure_with_much_output_keeps_the_cap(tmp_path: Path) -> None:
    """Heading, output and note together stay within the cap."""
    text = refusal(tmp_path, "yes ä | head -c 50000; yes | head -c 50000 >&2; sleep 50 & echo $! > pids; exit 4")
    assert text.startswith("Exit code: 4\nä\n")
    assert len(text) <= CAP
    assert "\ufffd" not in text
    os.kill(pids(tmp_path)[0], 9)


def test_bytes_that_are_no_text_come_through(tmp_path: Path) -> None:
    """Binary output is replaced, not a crash."""
    assert bash(tmp_path, r"printf 'a\377\000b'") == "a\ufffd\0b"


STUBBORN = """
echo $$ >> pids
(trap '' TERM; echo $BASHPID >> pids; while :; do sleep 0.05; done) &
timeout 1000 bash -c 'echo $$ >> pids; exec sleep 1000' &
setsid bash -c 'echo $$ >> pids; exec sleep 1000' &
(sleep 1000 & echo $! >> pids)
while [ "$(wc -l < pids)" -lt 5 ]; do sleep 0.01; done
echo started; touch started
wait
"""
"""Five processes: the shell, one that ignores TERM, one in another group, one in another session, and an orphan."""


def test_a_timeout_leaves_no_process(tmp_path: Path) -> None:
    """Every group and session is gone when the answer comes; what was printed is shown (reference fault L23)."""
    text = refusal(tmp_path, STUBBORN, timeout=1000)
    assert text == "Timed out after 1000 ms and was ended.\nstarted\n"
    assert gone(tmp_path, 5)


async def _started(root: Path, tool: Bash, command: str) -> "asyncio.Task[str]":
    task = asyncio.create_task(tool.run({"command": command}))
    while not (root / "started").exists():  # noqa: ASYNC110 - the command, not the loop, makes this file
        await asyncio.sleep(0.01)
    return task


def test_a_cancellation_leaves_no_process(tmp_path: Path) -> None:
    """When the cancelled task is done, so is everything that it started."""

    async def main() -> None:
        task = await _started(tmp_path, Bash(Workspace(tmp_path), environment=PATH, grace=0.1), STUBBORN)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gone(tmp_path, 5)

    asyncio.run(main())


def test_an_impatient_cancellation_leaves_no_process(tmp_path: Path) -> None:
    """Cancelling again and again while the command is being ended does not let it go."""

    async def main() -> None:
        task = await _started(tmp_path, Bash(Workspace(tmp_path), environment=PATH, grace=0.2), STUBBORN)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.01)
        assert task.cancelled()
        assert gone(tmp_path, 5)

    asyncio.run(main())


def test_a_cancellation_at_any_moment_leaves_no_process(tmp_path: Path) -> None:
    """Whichever turn of the loop the cancellation falls into, the child is gone with the task."""

    async def main(turns: int) -> None:
        (tmp_path / "pids").write_text("")
        tool = Bash(Workspace(tmp_path), environment=PATH, grace=0.1)
        task = asyncio.create_task(tool.run({"command": "echo $$ >> pids; exec sleep 1000"}))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(lives(pid) for pid in pids(tmp_path))

    for turns in range(8):
        asyncio.run(main(turns))


def test_the_end_of_the_loop_leaves_no_process(tmp_path: Path) -> None:
    """When the whole program ends while a command runs, the command ends too."""

    async def main() -> None:
        await _started(tmp_path, Bash(Workspace(tmp_path), environment=PATH, grace=0.1), STUBBORN)

    asyncio.run(main())
    assert gone(tmp_path, 5)


def test_a_cancellation_while_draining_ends_the_background(tmp_path: Path) -> None:
    """Also a command whose shell has ended belongs to the task until the answer is given."""

    async def main() -> None:
        tool = Bash(Workspace(tmp_path), environment=PATH, grace=0.1)
        task = await _started(tmp_path, tool, "(yes & echo $! > pids; touch started)")
        await asyncio.sleep(0.2)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert gone(tmp_path, 1)


def test_without_pidfd_the_end_is_noticed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems that cannot watch a process by handle, asking now and then does it."""

    def unknown(pid: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", unknown)
    assert bash(tmp_path, "echo hi") == "hi\n"
    assert refusal(tmp_path, "echo $$ > pids; sleep 1000", timeout=100).startswith("Timed out")
    assert gone(tmp_path, 1)


def test_no_file_handle_is_left(tmp_path: Path) -> None:
    """Good runs, failures and timeouts close what they opened."""
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    for command in ("echo hi", "exit 3", "sleep 1000", "\0", "sleep 0.3 & :"):
        if command.startswith(("echo", "sleep 0")):
            bash(tmp_path, command)
        else:
            refusal(tmp_path, command, timeout=50)
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before


def test_secrets_are_not_passed_on(tmp_path: Path) -> None:
    """Variables named like secrets are dropped, the others stay, and nothing can page or colour."""
    secrets = {"OPENAI_API_KEY": "s", "hf_token": "s", "X_SECRET": "s", "PASSWORD": "s", "AWS_SECRET_ACCESS_KEY": "s"}
    others = {"TOKENIZERS": "1", "MY_TOKEN_FILE": "f", "KEYBOARD": "de", "PAGER": "less", "TERM": "xterm"}
    kept = safe_environment({**secrets, **others})
    assert not secrets.keys() & kept.keys()
    assert kept == {
        "TOKENIZERS": "1",
        "MY_TOKEN_FILE": "f",
        "KEYBOARD": "de",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }
    seen = bash(tmp_path, "env", environment={**PATH, **secrets, "PLAIN": "1"})
    assert "PLAIN=1" in seen
    assert "=s" not in seen


@pytest.mark.parametrize("command", ["a\0b", "\ud800", "x" * 3_000_000])
def test_a_command_that_cannot_start_is_told(tmp_path: Path, command: str) -> None:
    """What the system does not take as an argument is the model's error."""
    assert refusal(tmp_path, command).startswith("bash cannot be started: ")


def test_timeouts_are_checked_and_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero is refused; more than the maximum is the maximum."""
    assert "at least 1" in refusal(tmp_path, ":", timeout=0)
    monkeypatch.setattr(bash_module, "TIMEOUT_MAX", 100)
    assert refusal(tmp_path, "sleep 1000", timeout=10**12).startswith("Timed out after 100 ms")


def test_the_loop_is_not_blocked(tmp_path: Path) -> None:
    """While a command runs, others do too."""

    async def main() -> None:
        tool = Bash(Workspace(tmp_path), environment=PATH)
        first = tool.run({"command": "while [ ! -e go ]; do sleep 0.01; done; echo one"})
        assert await asyncio.gather(first, tool.run({"command": "touch go; echo two"})) == ["one\n", "two\n"]

    asyncio.run(main())


def test_a_long_output_is_kept_whole(tmp_path: Path) -> None:
    """Far more than memory holds, in the order in which it came; a short one makes no file."""
    spill = Spill(tmp_path / "out", root=tmp_path)
    tool = Bash(Workspace(tmp_path), environment=PATH, spill=spill)
    assert asyncio.run(tool.run({"command": "echo short"})) == "short\n"
    assert not (tmp_path / "out").exists()
    text = asyncio.run(tool.run({"command": "seq 1000000"}))
    assert len(text) <= CAP
    assert text.startswith("1\n2\n")
    assert "999999\n1000000\n" in text
    assert text.endswith(
        "\n[the whole output, 6888896 bytes: out/00001-bash.txt; read_file shows parts, grep searches it]"
    )
    assert (tmp_path / "out" / "00001-bash.txt").read_text() == "".join(f"{n}\n" for n in range(1, 1_000_001))


def test_a_failure_and_a_timeout_keep_their_long_output_too(tmp_path: Path) -> None:
    """There it is wanted most; a cancelled run leaves no file that nobody knows."""
    spill = Spill(tmp_path / "out", root=tmp_path)
    tool = Bash(Workspace(tmp_path), environment=PATH, spill=spill, grace=0.1)
    for command, more in (("seq 10000; exit 1", {}), ("seq 10000; sleep 1000", {"timeout": 300})):
        with pytest.raises(ToolError, match="the whole output, 48894 bytes"):
            asyncio.run(tool.run({"command": command, **more}))

    async def main() -> None:
        task = asyncio.create_task(tool.run({"command": "seq 10000; touch started; sleep 1000"}))
        while not (tmp_path / "started").exists():  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(list((tmp_path / "out").iterdir())) == 2
