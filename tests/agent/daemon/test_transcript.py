"""Promises of nexdiag.agent.daemon.transcript: who looks sees the whole turn, and no turn is lost for it."""

import asyncio
from pathlib import Path

from daemons import until

from nexdiag.agent.daemon.transcript import Transcript, box
from nexdiag.agent.progress import TextDelta, TextTakenBack, ToolRan, TurnEnded, TurnStarted
from nexdiag.core.turn import ToolRun, Turn

NOW = 1779285792.009
TURN = Turn(number=1, said="hi")
RUN = ToolRun(call_id="c", name="bash", arguments='{"command": "ls"}', output="a.txt")


def transcript(directory: Path, told: list[str] | None = None) -> Transcript:
    return Transcript(directory, clock=lambda: NOW, trouble=(told if told is not None else []).append)


def test_the_turn_is_shown_while_it_lasts(tmp_path: Path) -> None:
    """Whole: with its tools, without what was taken back; and it goes when the turn ends (reference fault 69)."""
    shown = tmp_path / ".streaming"

    async def run() -> None:
        script = transcript(tmp_path)
        script.tell(TurnStarted(turn=TURN))
        script.tell(TextDelta(text="wrong"))
        assert shown.read_text() == "wrong"
        script.tell(TextTakenBack())
        script.tell(TextDelta(text="I look. "))
        script.tell(ToolRan(run=RUN))
        script.tell(TextDelta(text="There is a.txt"))
        assert shown.read_text() == "wrong", "it is not written with every piece"
        script._show()  # as the timer does
        assert shown.read_text() == f"I look. {box(RUN)}There is a.txt"
        assert shown.stat().st_mode & 0o777 == 0o600
        script.tell(TurnEnded(turn=TURN))
        assert not shown.exists()

    asyncio.run(run())
    assert not list(tmp_path.glob(".streaming*"))


def test_what_came_last_is_shown_by_the_timer(tmp_path: Path) -> None:
    """A pause in the stream does not hide its last words."""

    async def run() -> None:
        script = transcript(tmp_path)
        script.tell(TurnStarted(turn=TURN))
        script.tell(TextDelta(text="a"))
        script.tell(TextDelta(text="b"))
        await until(lambda: (tmp_path / ".streaming").read_text() == "ab")
        script.close()

    asyncio.run(run())


def test_a_transcript_that_a_crash_left_is_removed(tmp_path: Path) -> None:
    """Nobody takes it for a turn that is under way."""
    (tmp_path / ".streaming").write_text("old")
    transcript(tmp_path)
    assert not (tmp_path / ".streaming").exists()


def test_the_log_is_the_reference_s(tmp_path: Path) -> None:
    """One entry each, with its time and its role; half a character does not break it."""
    script = transcript(tmp_path)
    script.said("user", "hi")
    script.said("coordinator", "yo\ud83d")
    stamp = "[2026-05-20T14:03:12.009Z]"
    assert (tmp_path / "chat.log").read_text() == f"{stamp} user: hi\n\n{stamp} coordinator: yo?\n\n"


def test_what_cannot_be_written_is_told_once_and_costs_nothing(tmp_path: Path) -> None:
    """A disk that is full, or a directory that is gone: one line, until it works again."""
    told: list[str] = []
    script = transcript(tmp_path, told)
    (tmp_path / "chat.log").mkdir()
    script.said("user", "a")
    script.said("user", "b")
    assert len(told) == 1
    assert "Is a directory" in told[0]
    (tmp_path / "chat.log").rmdir()
    script.said("user", "c")
    (tmp_path / "chat.log").unlink()
    (tmp_path / "chat.log").mkdir()
    script.said("user", "d")
    assert len(told) == 2


def test_a_tool_s_box_is_short() -> None:
    """Fifteen lines of output, and how many more; an error has its mark."""
    long = ToolRun(call_id="c", name="bash", arguments="ls", output="\n".join("abcdefghijklmnopq"))
    assert box(long).splitlines()[-2:] == ["│ ... (2 more lines)", "└─"]
    assert "│ × no" in box(ToolRun(call_id="c", name="x", arguments="", output="no", is_error=True))


def test_no_part_of_a_turn_is_written_over_by_the_next(tmp_path: Path) -> None:
    """What was said and done before each tool is still there after the last (reference fault 69)."""

    async def run() -> None:
        script = transcript(tmp_path)
        script.tell(TurnStarted(turn=TURN))
        for number in range(4):
            script.tell(TextDelta(text=f"part {number}"))
            script.tell(ToolRan(run=RUN))
        script._show()  # as the timer does
        assert (tmp_path / ".streaming").read_text() == "".join(f"part {number}{box(RUN)}" for number in range(4))
        script.close()

    asyncio.run(run())
