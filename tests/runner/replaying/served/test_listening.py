"""`--serve` below its door: it listens, tells what passes, and ends with the verdict when it is told to."""

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from for_serving import ask, body, cassette, exchange, outcomes, write

from nexdiag.core.errors import NothingToDo
from nexdiag.core.run import Replayed
from nexdiag.replay.serving.served import AWAY, Served
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.listening import Inbox, line, listen, signals
from nexdiag.runner.replaying.served.together import Recording, Together

A, B = exchange(0, "a"), exchange(1, "a", "answer 0", "b", turn=2)


def play(
    paths: list[Path], meanwhile: Callable[[str], object], tell: Callable[[str], None] | None = None
) -> tuple[tuple[Replayed, ...], list[str]]:
    """What came of it, and what was told, while this is done with the address."""
    told: list[str] = []
    inboxes: list[Inbox] = []
    threads: list[threading.Thread] = []

    @contextlib.contextmanager
    def until(inbox: Inbox) -> Iterator[None]:
        inboxes.append(inbox)
        yield

    def listening(url: str) -> None:
        def work() -> None:
            try:
                meanwhile(url)
            finally:
                inboxes[0].put(None)

        threads.append(threading.Thread(target=work))
        threads[0].start()

    try:
        tell = tell or (lambda text: told.extend(text.splitlines()))  # what comes at once is told at once
        return listen(paths, How(), told=tell, listening=listening, environ={}, until=until), told
    finally:
        threads[0].join()


def test_each_request_is_a_line_and_the_end_is_a_verdict(tmp_path: Path) -> None:
    """Turn, what was asked, status, which exchange; for a miss, what is missing."""
    path = write(tmp_path / "x.cassette.jsonl", A, B)
    done, told = play([path], lambda url: [ask(url, body("a")), ask(url, body("a", "answer 0", "B"))])
    assert told[0] == "turn 1    POST /v1/chat/completions   200   exchange 0"
    assert told[1].startswith("          ✗ POST /v1/chat/completions   599   unmatched: ")
    assert "/messages/2/content" in told[1]
    assert done[0].run is not None
    assert outcomes(done[0].run.replayed) == ["1 exact", "2 changed"]


def test_clients_are_served_though_nobody_reads_the_lines_any_more(tmp_path: Path) -> None:
    """`2>&1 | head`."""

    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    path = write(tmp_path / "x.cassette.jsonl", A, B)
    answers: list[int] = []
    asked = (body("a"), body("a", "answer 0", "b"))
    done, _ = play([path], lambda url: answers.extend(ask(url, value)[0] for value in asked), gone)
    assert answers == [200, 200]
    assert done[0].run is not None
    assert not done[0].run.differs


def test_no_request_is_nothing_done(tmp_path: Path) -> None:
    path = write(tmp_path / "x.cassette.jsonl", A)
    with pytest.raises(NothingToDo, match="no request came"):
        play([path], lambda url: None)


def test_a_line_shows_what_a_terminal_would_obey() -> None:
    """Of several recordings it names the one; hosts and paths may be anything."""
    two = [Recording(path=Path(f"\x1b{at}.c"), cassette=cassette(A)) for at in range(2)]
    served = Served(what="answered", method="PO\x1bST", target="/\x1b[2J?key=swordfish", status=200, exchange=1)
    told = line(served, Together(two))
    assert "\x1b" not in told
    assert "swordfish" not in told
    assert "exchange 0 of ⟨ESC⟩1.c" in told
    away = Served(what=AWAY, method="CONNECT", target="h:443", status=403, host="h:443", why="closed\x1b")
    assert line(away, Together(two)) == "          ✗ CONNECT h:443   403   away: closed⟨ESC⟩"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_no_second_one_breaks_anything_off(number: signal.Signals) -> None:
    """Whoever heard them before hears them again."""
    before = signal.getsignal(number)
    inbox: Inbox = queue.SimpleQueue()
    with signals(inbox):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert (inbox.get(), inbox.get()) == (None, None)
    assert signal.getsignal(number) is before
