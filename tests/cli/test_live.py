"""What an executor tells, on a terminal."""

import pytest

from nexdiag.agent import progress as kinds
from nexdiag.cli.live import Live
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun, Turn

RUN = ToolRun(call_id="c", name="bash", arguments='{"command": "ls"}', output="\n".join(f"line {n}" for n in range(30)))


def test_the_answer_is_on_stdout_and_all_else_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe gets the answer alone (reference fault 45)."""
    live = Live()
    for told in (
        kinds.TextDelta(text="Hel"),
        kinds.TextDelta(text="lo."),
        kinds.Retrying(attempt=2, delay=0.5, reason="HTTP 503"),
        kinds.TextTakenBack(),
        kinds.Waiting(seconds=20, reason="the server is reading the prompt"),
        kinds.Compacted(before=900, after=100, how="pruned"),
        kinds.Repaired(what="a call was written as text"),
        kinds.ToolRan(run=RUN),
        kinds.TextDelta(text="Hello."),
        kinds.TurnEnded(turn=Turn(number=1, said="", reply="Hello.")),
    ):
        live(told)
    shown = capsys.readouterr()
    assert shown.out == "Hello.\nHello.\n"
    assert [line.split()[0] for line in shown.err.splitlines()] == [
        "HTTP", "(again,", "waiting", "compacted:", "mended:", "·",
    ]  # fmt: skip


def test_chatty_echoes_the_first_lines_of_tool_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty of them, and how many are left out."""
    Live(chatty=True)(kinds.ToolRan(run=RUN))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "  line 0"
    assert lines[-1] == "  ... (10 more lines)"
    assert len(lines) == 22


def test_verbose_tells_the_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    """Others are not told: they did not ask."""
    told = kinds.UsageTold(usage=Usage(input_tokens=5, output_tokens=7), used=12, window=100)
    Live()(told)
    assert capsys.readouterr().err == ""
    Live(verbose=True)(told)
    assert capsys.readouterr().err == "tokens: sent 5, received 7; 12 of 100 used\n"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Evaluated, stdout is one line of JSON, and stderr is silent (reference fault 47)."""
    live = Live(quiet=True)
    live(kinds.TextDelta(text="Hello."))
    live(kinds.ToolRan(run=RUN))
    assert capsys.readouterr() == ("", "")


def test_what_a_terminal_would_obey_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The output of a tool cannot clear the screen or set a title."""
    run = ToolRun(call_id="c", name="b\x1b[2Jash", arguments="\x1b]0;title\x07", output="\x1b[31mred")
    Live(chatty=True)(kinds.ToolRan(run=run))
    assert "\x1b" not in capsys.readouterr().err
