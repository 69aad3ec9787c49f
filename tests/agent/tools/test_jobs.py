"""Jobs run beside the conversation, belong to their session, and leave nothing behind."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nexdiag.agent.tools import jobs as jobs_module
from nexdiag.agent.tools.jobs import RUNNING, Jobs
from nexdiag.core.errors import ToolError

PATH = {"PATH": os.environ["PATH"]}
FOREVER = "echo $$ >> pids; while :; do sleep 1000; done"


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def living(root: Path) -> list[int]:
    return [pid for pid in map(int, (root / "pids").read_text().split()) if lives(pid)]


async def written(root: Path, count: int) -> None:
    """Until so many processes have written down their number."""
    while not (root / "pids").exists() or len((root / "pids").read_text().split()) < count:  # noqa: ASYNC110 - a file
        await asyncio.sleep(0.01)


def session(root: Path, act: Callable[[Jobs], Awaitable[None]], *, folder: Path | None = None, **more: int) -> None:
    """Act on the jobs of a session, and close it."""

    async def main() -> None:
        jobs = Jobs(root, environment=PATH, folder=folder, clock=lambda: 1e9, grace=0.2, **more)
        try:
            await act(jobs)
        finally:
            await jobs.close()

    asyncio.run(main())


def test_a_job_ends_and_can_still_be_asked(tmp_path: Path) -> None:
    """Its output, both streams, and its exit code are there after its end."""

    async def act(jobs: Jobs) -> None:
        job = jobs.start("echo a; echo b >&2; exit 3")
        await jobs.wait(job, 20)
        assert jobs.get("job-1") is job
        assert job.outcome == "exited with code 3"
        assert job.pipe.capture.text()[0] == "a\nb\n"

    session(tmp_path, act)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    """A job that goes on is left running when the time is up."""

    async def act(jobs: Jobs) -> None:
        job = jobs.start(FOREVER)
        await jobs.wait(job, 0)
        assert (job.runs, job.outcome) == (True, "running")

    session(tmp_path, act)


def test_killing_ends_the_whole_tree(tmp_path: Path) -> None:
    """Children in groups and sessions of their own, and those that ignore SIGTERM (reference faults 46, L23)."""

    async def act(jobs: Jobs) -> None:
        tree = f"trap '' TERM; (set -m; {FOREVER} & wait) & setsid bash -c '{FOREVER}' & {FOREVER}"
        job = jobs.start(tree)
        await written(tmp_path, 3)
        assert living(tmp_path)
        assert await jobs.kill(job.name) is job
        assert living(tmp_path) == []
        assert job.outcome == "killed"
        assert (await jobs.kill(job.name)).outcome == "killed"

    session(tmp_path, act)


def test_a_job_that_is_killed_as_soon_as_it_is_started_is_gone(tmp_path: Path) -> None:
    """The one who watches it may not have begun to: killing must neither hang nor leave the process."""

    async def act(jobs: Jobs) -> None:
        job = jobs.start(FOREVER)
        assert (await jobs.kill(job.name)).outcome == "killed"
        assert not lives(job.pid)
        other = jobs.start(FOREVER)
        await jobs.close()
        assert not lives(other.pid)

    session(tmp_path, act)


def test_closing_the_session_ends_all_jobs(tmp_path: Path) -> None:
    """Nothing outlives the conversation."""

    async def act(jobs: Jobs) -> None:
        for _ in range(3):
            jobs.start(FOREVER)
        await written(tmp_path, 3)
        await jobs.close()
        assert living(tmp_path) == []
        assert {job.outcome for job in jobs.all()} == {"killed"}

    session(tmp_path, act)


def test_the_end_of_the_program_ends_all_jobs(tmp_path: Path) -> None:
    """Also a session that nobody closed."""

    async def main() -> None:
        Jobs(tmp_path, environment=PATH, grace=0.2).start(FOREVER)
        await written(tmp_path, 1)

    asyncio.run(main())
    assert living(tmp_path) == []


def test_what_a_job_leaves_behind_is_ended(tmp_path: Path) -> None:
    """When its shell has ended, nobody could name its children any more."""

    async def act(jobs: Jobs) -> None:
        job = jobs.start(f"({FOREVER}) & while [ ! -s pids ]; do sleep 0.01; done")
        await jobs.wait(job, 20)
        assert job.outcome == "exited with code 0"
        assert living(tmp_path) == []

    session(tmp_path, act)


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    """Not after a job has ended, nor after it was deleted, nor one that the model chose."""

    async def act(jobs: Jobs) -> None:
        first = jobs.start(":")
        await jobs.delete(first.name)
        assert jobs.start(":", "job-2").name == "job-2"
        assert jobs.start(":").name == "job-3"
        for name in ("job-1", "job-2"):
            with pytest.raises(ToolError, match="a name is used once"):
                jobs.start(":", name)
        with pytest.raises(ToolError, match="'job-1' has been deleted"):
            jobs.get("job-1")

    session(tmp_path, act)


def test_unknown_names_are_told_with_the_nearest(tmp_path: Path) -> None:
    """A made-up name gets help instead of the system's words (reference fault 46)."""

    async def act(jobs: Jobs) -> None:
        for name, told in (("server", "jobs: none"), ("../../etc/passwd", "jobs: none")):
            with pytest.raises(ToolError) as caught:
                await jobs.kill(name)
            assert caught.value.hint == told
        jobs.start(":", "server")
        with pytest.raises(ToolError, match="no such job: 'sever'") as caught:
            jobs.get("sever")
        assert caught.value.hint == "did you mean 'server'?"

    session(tmp_path, act)


def test_only_so_many_run_at_once(tmp_path: Path) -> None:
    """The eleventh is refused, with the names of those that run; when one has ended, there is room."""

    async def act(jobs: Jobs) -> None:
        for _ in range(RUNNING):
            jobs.start("sleep 1000")
        with pytest.raises(ToolError, match="10 jobs run already: job-1, job-2"):
            jobs.start(":")
        await jobs.kill("job-4")
        jobs.start(":")

    session(tmp_path, act)


def test_output_is_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Below the state directory, for its owner alone; a later session takes other names, and knows the old ones."""
    folder = tmp_path / "state" / "jobs"

    async def act(jobs: Jobs) -> None:
        job = jobs.start("echo one")
        await jobs.wait(job, 20)

    async def later(jobs: Jobs) -> None:
        with pytest.raises(ToolError, match="of an earlier session") as caught:
            jobs.get("job-1")
        assert caught.value.hint == "see state/jobs/job-1.log"
        assert jobs.start(":").name == "job-2"

    session(tmp_path, act, folder=folder)
    assert (folder / "job-1.log").read_text() == "one\n"
    assert (folder / "job-1.log").stat().st_mode & 0o077 == 0
    session(tmp_path, later, folder=folder)
    assert (folder / "job-1.log").read_text() == "one\n"


def test_a_chosen_name_of_an_earlier_session_is_free_and_its_file_stays(tmp_path: Path) -> None:
    """Two sessions may both call a job `server`."""

    async def act(jobs: Jobs) -> None:
        await jobs.wait(jobs.start("echo x", "server"), 20)

    session(tmp_path, act, folder=tmp_path / "j")
    session(tmp_path, act, folder=tmp_path / "j")
    assert sorted(path.name for path in (tmp_path / "j").iterdir()) == ["server-2.log", "server.log"]


def test_a_file_is_capped(tmp_path: Path) -> None:
    """A job that prints for ever does not fill the disk; the file says that it is not all."""

    async def act(jobs: Jobs) -> None:
        await jobs.wait(jobs.start("yes | head -c 1000000"), 20)

    session(tmp_path, act, folder=tmp_path / "j", log_size=1000)
    kept = (tmp_path / "j" / "job-1.log").read_bytes()
    assert kept.startswith(b"y\ny\n")
    assert kept.endswith(b"[this file is full: what came later is not in it]\n")
    assert len(kept) < 1100


def test_a_directory_that_cannot_be_written_costs_only_the_file(tmp_path: Path) -> None:
    """The job runs all the same."""
    (tmp_path / "file").write_text("")

    async def act(jobs: Jobs) -> None:
        job = jobs.start("echo a")
        await jobs.wait(job, 20)
        assert job.pipe.capture.text()[0] == "a\n"

    session(tmp_path, act, folder=tmp_path / "file" / "j")


def test_old_jobs_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their memory does not grow with the session; the latest stay."""
    monkeypatch.setattr(jobs_module, "REMEMBERED", 2)

    async def act(jobs: Jobs) -> None:
        for _ in range(4):
            await jobs.wait(jobs.start(":"), 20)
        assert [job.name for job in jobs.all()] == ["job-3", "job-4"]

    session(tmp_path, act)


def test_no_file_handle_and_no_secret_is_left(tmp_path: Path) -> None:
    """Ended, killed and failed starts close what they opened; a command sees no key."""

    async def act(jobs: Jobs) -> None:
        await jobs.wait(jobs.start("echo x"), 20)
        jobs.start("sleep 1000")
        with pytest.raises(ToolError, match="cannot be started"):
            jobs.start("a\0b")

    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    session(tmp_path, act, folder=tmp_path / "j")
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before

    async def env(jobs: Jobs) -> None:
        job = jobs.start("env")
        await jobs.wait(job, 20)
        assert "s3cret" not in job.pipe.capture.text()[0]

    async def main() -> None:
        jobs = Jobs(tmp_path, environment={**PATH, "MY_API_KEY": "s3cret"})
        await env(jobs)
        await jobs.close()

    asyncio.run(main())
