"""bg, as a model speaks to it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nexdiag.agent.tools.bg import CAP, Bg
from nexdiag.agent.tools.jobs import Jobs
from nexdiag.core.errors import ToolError

Ask = Callable[..., Awaitable[str]]


def talk(root: Path, act: Callable[[Ask], Awaitable[None]]) -> None:
    async def main() -> None:
        jobs = Jobs(root, environment={"PATH": os.environ["PATH"]}, grace=0.2)
        tool = Bg(jobs)
        try:
            await act(lambda action, **more: tool.run({"action": action, **more}))
        finally:
            await jobs.close()

    asyncio.run(main())


async def refusal(answer: Awaitable[str]) -> str:
    with pytest.raises(ToolError) as caught:
        await answer
    return f"{caught.value.what} / {caught.value.hint}"


def test_the_life_of_a_job(tmp_path: Path) -> None:
    """Started, listed, looked at, killed, deleted; each answer says how it stands."""

    async def act(ask: Ask) -> None:
        assert await ask("list") == "No jobs."
        assert (await ask("run", command="echo hi; sleep 1000")).startswith("Started job-1. ")
        assert await ask("status", job="job-1") == "job-1: running: echo hi; sleep 1000"
        while "hi" not in (await ask("output", job="job-1")).splitlines():  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.01)
        assert await ask("kill", job="job-1") == "job-1: killed."
        assert await ask("kill", job="job-1") == "job-1 had ended already: killed."
        assert await ask("output", job="job-1") == "job-1: killed: echo hi; sleep 1000\nhi"
        assert await ask("list") == "job-1: killed: echo hi; sleep 1000"
        assert await ask("delete", job="job-1") == "job-1: killed, and deleted."
        assert await ask("list") == "No jobs."

    talk(tmp_path, act)


def test_waiting_spares_the_model_from_asking_again(tmp_path: Path) -> None:
    """`wait` gives the answer of a job that ends in time, with its output."""

    async def act(ask: Ask) -> None:
        assert await ask("run", command="echo hi; exit 2", name="try", wait=20) == (
            "try: exited with code 2: echo hi; exit 2\nhi"
        )
        await ask("run", command="sleep 0.05")
        assert await ask("status", job="job-1", wait=20) == "job-1: exited with code 0: sleep 0.05"

    talk(tmp_path, act)


def test_output_shows_the_last_lines_within_the_cap(tmp_path: Path) -> None:
    """And says how many lines are above."""

    async def act(ask: Ask) -> None:
        await ask("run", command="seq 1000", wait=20)
        assert await ask("output", job="job-1", lines=2) == (
            "job-1: exited with code 0: seq 1000\n[998 lines above left out]\n999\n1000"
        )
        await ask("run", command="yes | head -c 3000000", wait=20)
        assert len(await ask("output", job="job-2", lines=10**9)) <= CAP

    talk(tmp_path, act)


def test_faults_are_told_with_what_helps(tmp_path: Path) -> None:
    """Missing parts, senseless actions and names, with an example or the nearest (reference fault 46)."""

    async def act(ask: Ask) -> None:
        assert "action run needs command / such as" in await refusal(ask("run"))
        assert "action kill needs job: the name of one / jobs: none yet" in await refusal(ask("kill"))
        assert "must be one of run, status, output" in await refusal(ask("stats"))
        assert "did you mean 'status'?" in await refusal(ask("stats"))
        assert "not a name for a job: '../x'" in await refusal(ask("run", command=":", name="../x"))
        assert "at most 60" in await refusal(ask("status", job="x", wait=10**6))
        await ask("run", command=":", name="build")
        assert "no such job: 'biuld' / did you mean 'build'?" in await refusal(ask("output", job="biuld"))

    talk(tmp_path, act)
