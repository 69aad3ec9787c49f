"""What is told while a command runs, and when."""

import os
import pty
import subprocess
import termios
import threading
from pathlib import Path

import pytest

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.runner.wrapped.teller import Teller, terminal_taken


def exchange(number: int = 0, turn: int | None = None, session: str = "") -> Exchange:
    request = Request(method="GET", url=f"http://h/v1/models/{number}", body=Body.of(b""))
    return Exchange(id=number, started=0.0, request=request, response=Response(status=200), turn=turn, session=session)


def test_each_exchange_is_a_line_in_order() -> None:
    told: list[str] = []
    teller = Teller(told.append)
    teller.say("first")
    for number in range(20):
        teller.exchange(exchange(number))
    teller.close()
    assert [line.split()[1] for line in told[1:]] == [f"/v1/models/{number}" for number in range(20)]
    assert told[0] == "first"


def test_a_turn_is_named_on_its_first_line() -> None:
    """And again where another one came between; a side request of none names none."""
    told: list[str] = []
    teller = Teller(told.append)
    for turn, session in ((1, ""), (1, ""), (None, ""), (1, ""), (2, ""), (1, "2"), (2, "")):
        teller.exchange(exchange(turn=turn, session=session))
    teller.close()
    heads = [line.partition("GET")[0].strip() for line in told]
    assert heads == ["turn 1", "", "", "", "turn 2", "chat 2 turn 1", "turn 2"]
    assert teller.turn == 2


def test_lines_wait_while_somebody_else_has_the_terminal() -> None:
    """And come all, in order, when it is ours again."""
    told: list[str] = []
    looked = threading.Semaphore(0)

    def taken() -> bool:
        looked.release()
        return True

    teller = Teller(told.append, taken=taken)
    teller.say("a")
    teller.say("b")
    looked.acquire()
    looked.acquire()
    assert told == []
    teller.close()
    assert told == ["a", "b"]


def test_nobody_waits_for_a_reader_that_does_not_read() -> None:
    """Whoever hands an exchange in goes on at once; what was not told is counted, and memory is bounded."""
    told: list[str] = []
    stuck = threading.Event()

    def slow(line: str) -> None:
        stuck.wait()
        told.append(line)

    teller = Teller(slow)
    for number in range(3000):
        teller.exchange(exchange(number))
    stuck.set()
    teller.close()
    shown = len(told) - 1
    assert shown < 1100
    assert told[-1] == f"and {3000 - shown} more exchanges: nobody read these lines fast enough"


def test_a_reader_that_has_gone_ends_nothing() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    teller = Teller(gone)
    teller.exchange(exchange())
    teller.close()


def test_without_live_lines_the_turn_is_still_known() -> None:
    told: list[str] = []
    teller = Teller(told.append, live=False)
    teller.exchange(exchange(turn=3))
    teller.say("● recording")
    teller.close()
    assert told == ["● recording"]
    assert teller.turn == 3


@pytest.mark.parametrize("words", ["raw", "-icanon", "-echo"])
def test_a_full_screen_or_a_prompt_takes_the_terminal(words: str) -> None:
    """It is told by the mode that such a program sets, and given back with it."""
    ours, its = pty.openpty()
    with os.fdopen(its, "w") as terminal:
        taken = terminal_taken(terminal)
        assert not taken()
        before = termios.tcgetattr(its)
        subprocess.run(["stty", words], stdin=its, check=True)
        assert taken()
        termios.tcsetattr(its, termios.TCSANOW, before)
        assert not taken()
    os.close(ours)


def test_without_a_terminal_nobody_has_it(tmp_path: Path) -> None:
    """Lines go into a file, or nowhere."""
    with (tmp_path / "log").open("w") as log:
        assert not terminal_taken(log)()
    assert not terminal_taken(log)()
    assert not terminal_taken(None)()
