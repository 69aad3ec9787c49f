"""Promises of `nexdiag.replay.serving.sending`: pace, patience, how an answer ends, on a connection of the test."""

from collections.abc import Callable

import msgspec
import pytest
from replayed import STREAM, HandTimer, recorded

from nexdiag.core.exchange import Exchange
from nexdiag.http1.heads import Asked
from nexdiag.replay.playback import STALLED, Piece, Playback, playback
from nexdiag.replay.serving.sending import Sending

ASKED = Asked(method="POST", target="/", headers=[])
OLD = Asked(method="POST", target="/", headers=[], modern=False, keep=False)
PIECES = (b"data: a\n\n", b"data: b\n\n", b"data: c\n\n")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNKS = [b"9\r\n" + piece + b"\r\n" for piece in PIECES]
LAST = b"0\r\n\r\n"


class Line:
    """The connection, and what it was told."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends: list[str] = []
        self.unsent = 0
        self.when_sent: Callable[[], None] = lambda: None

    def send(self, piece: bytes) -> None:
        self.sent.append(piece)
        self.when_sent()

    def finished(self, *, keep: bool) -> None:
        self.ends.append(f"finished, keep {keep}")

    def cut(self, *, hard: bool) -> None:
        self.ends.append("reset" if hard else "closed")


class Scene:
    """A sending under way."""

    def __init__(self, played: Playback | Exchange, *, speed: float | None = None, asked: Asked = ASKED) -> None:
        self.line = Line()
        self.timer = HandTimer()
        self.told: list[str] = []
        self.sending = Sending(
            played if isinstance(played, Playback) else playback(played),
            asked,
            self.line,
            self.timer,
            speed=speed,
            ended=lambda what, why: self.told.append(what),
        )

    def start(self) -> "Scene":
        self.sending.start()
        return self


def test_at_full_speed_all_goes_out_at_once() -> None:
    """One write for head, pieces and end, whatever time they took when they were recorded; nothing is waited for."""
    scene = Scene(recorded(pieces=PIECES, every=1.0)).start()
    assert scene.line.sent == [HEAD + b"".join(CHUNKS) + LAST]
    assert scene.line.ends == ["finished, keep True"]
    assert scene.told == ["answered"]
    assert not scene.timer.waiting


@pytest.mark.parametrize(("speed", "gap"), [(1.0, 1.0), (10.0, 0.1), (0.5, 2.0)])
def test_at_the_recorded_pace_each_piece_has_its_moment(speed: float, gap: float) -> None:
    """The head with its own, the end with the last piece: nobody waits for it."""
    scene = Scene(recorded(pieces=PIECES, every=1.0), speed=speed).start()
    assert scene.line.sent == [HEAD]
    for place, chunk in enumerate(CHUNKS):
        scene.timer.advance(gap * 0.99)
        assert len(scene.line.sent) == place + 1
        scene.timer.advance(gap * 0.011)
        assert scene.line.sent[-1] == chunk + (LAST if place == len(CHUNKS) - 1 else b"")
    assert scene.line.ends == ["finished, keep True"]


def test_late_timers_do_not_add_up() -> None:
    """What is due by now goes out with what was waited for."""
    scene = Scene(recorded(pieces=PIECES, every=1.0), speed=1.0).start()
    [due] = scene.timer.waiting
    scene.timer.waiting.clear()
    scene.timer.now = 2.5  # it fires a second and a half late
    due.callback()
    assert scene.line.sent == [HEAD, CHUNKS[0] + CHUNKS[1]]
    scene.timer.advance(0.5)
    assert scene.line.sent[-1] == CHUNKS[2] + LAST


def test_what_a_fault_holds_is_held_at_any_speed() -> None:
    """Before the head, and before a piece."""
    whole = playback(recorded(pieces=PIECES, every=1.0))
    pieces = (Piece(1.0, PIECES[0]), Piece(1.0, PIECES[1], held=5.0))
    scene = Scene(msgspec.structs.replace(whole, held=3.0, pieces=pieces)).start()
    assert scene.line.sent == []
    scene.timer.advance(3.0)
    assert scene.line.sent == [HEAD + CHUNKS[0]]
    scene.timer.advance(5.0)
    assert scene.line.sent[1:] == [CHUNKS[1] + LAST]


@pytest.mark.parametrize(
    ("failure", "asked", "end"),
    [
        ("RemoteProtocolError: cut", ASKED, "closed"),
        ("ReadError", ASKED, "reset"),
        ("RemoteProtocolError: cut", OLD, "reset"),
        ("strange", ASKED, "closed"),
    ],
)
def test_an_answer_that_broke_off_breaks_off(failure: str, asked: Asked, end: str) -> None:
    """After its last piece, without an end; where a close would be its end, with a reset."""
    scene = Scene(recorded(pieces=PIECES, failure=failure), asked=asked).start()
    assert b"".join(scene.line.sent).count(b"data: ") == 3
    assert not scene.line.sent[-1].endswith(LAST)
    assert scene.line.ends == [end]
    assert scene.told == ["answered"]


def test_the_time_until_it_broke_passes_at_the_recorded_pace() -> None:
    """And at full speed not."""
    exchange = recorded(pieces=PIECES, every=1.0, failure="RemoteProtocolError: cut")
    assert Scene(exchange).start().line.ends == ["closed"]
    scene = Scene(exchange, speed=1.0).start()
    scene.timer.advance(3.0)
    assert (len(scene.line.sent), scene.line.ends) == (4, [])
    scene.timer.advance(1.0)
    assert scene.line.ends == ["closed"]


@pytest.mark.parametrize(
    ("failure", "waits", "end"),
    [("ReadError", True, "reset"), ("RemoteProtocolError: x", True, "closed"), ("ConnectTimeout", False, "closed")],
)
def test_no_head_ever_came(failure: str, waits: bool, end: str) -> None:
    """Nothing is sent; a connection that was never had ends at once, whatever the pace."""
    scene = Scene(recorded(pieces=None, failure=failure, every=1.0), speed=1.0).start()
    assert scene.line.ends == ([] if waits else [end])
    scene.timer.advance(1.0)
    assert scene.line.ends == [end]
    assert scene.line.sent == []


def test_without_head_and_without_failure_nobody_waits_for_ever() -> None:
    """A playback that says nothing at all is a connection that is closed."""
    exchange = recorded()
    assert Scene(Playback(exchange=exchange, status=None)).start().line.ends == ["closed"]


@pytest.mark.parametrize("failure", [STALLED, "ReadTimeout"])
@pytest.mark.parametrize("pieces", [PIECES, None])
def test_a_stalled_answer_neither_goes_on_nor_ends(failure: str, pieces: tuple[bytes, ...] | None) -> None:
    """Until the client has had enough, in either of the two ways in which it can leave."""
    for leave in (Sending.client_gone, Sending.client_ended):
        scene = Scene(recorded(pieces=pieces, failure=failure)).start()
        sent = list(scene.line.sent)
        scene.timer.advance(10_000.0)
        scene.sending.resume()
        assert (scene.line.ends, scene.line.sent) == ([], sent)
        leave(scene.sending)
        assert scene.told == ["left"]
        assert scene.line.ends == ([] if leave is Sending.client_gone else ["closed"])


def test_a_client_that_leaves_while_it_waits_is_told() -> None:
    """Nothing is sent any more, and no timer runs on."""
    for leave in (Sending.client_gone, Sending.client_ended):
        scene = Scene(recorded(pieces=PIECES, every=1.0), speed=1.0).start()
        leave(scene.sending)
        assert scene.told == ["left"]
        assert not scene.timer.waiting
        scene.timer.advance(10.0)
        assert scene.line.sent == [HEAD]


def test_a_client_that_has_sent_all_gets_an_answer_that_needs_no_wait() -> None:
    """`printf … | nc` closes its sending side; at full speed it has its answer."""
    scene = Scene(recorded(pieces=PIECES))
    scene.sending.pause()
    scene.start()
    scene.sending.client_ended()
    scene.sending.resume()
    assert scene.line.ends == ["finished, keep True"]
    waiting = Scene(recorded(pieces=PIECES, every=1.0), speed=1.0)
    waiting.sending.client_ended()
    assert waiting.start().told == ["left"]


def test_a_client_that_reads_slowly_is_waited_for() -> None:
    """A large answer is made as it is taken: nothing is piled up for a client that does not read."""
    piece = b"a" * 50_000
    scene = Scene(recorded(pieces=[piece] * 20))
    scene.line.when_sent = scene.sending.pause
    scene.start()
    for round_ in range(1, 11):
        assert len(scene.line.sent) == round_
        assert sum(map(len, scene.line.sent)) <= round_ * 120_000
        scene.sending.resume()
    assert b"".join(scene.line.sent).count(piece) == 20
    assert scene.line.ends == ["finished, keep True"]


def test_a_pause_that_ends_while_a_moment_is_waited_for_does_not_hurry_it() -> None:
    """And one that lasts longer sends what is due by then."""
    scene = Scene(recorded(pieces=PIECES, every=1.0), speed=1.0).start()
    scene.sending.pause()
    scene.sending.resume()
    assert scene.line.sent == [HEAD]
    scene.sending.pause()
    scene.timer.advance(2.0)
    assert scene.line.sent == [HEAD]
    scene.sending.resume()
    assert scene.line.sent == [HEAD, CHUNKS[0] + CHUNKS[1]]


def test_a_reset_waits_until_the_client_has_what_it_is_to_have() -> None:
    """It would overtake it; but it does not wait for ever for a client that does not read."""
    scene = Scene(recorded(pieces=PIECES, failure="ReadError"))
    scene.line.unsent = 5
    scene.start()
    scene.timer.advance(1.0)
    assert scene.line.ends == []
    scene.line.unsent = 0
    scene.timer.advance(1.0)
    assert scene.line.ends == ["reset"]
    stuck = Scene(recorded(pieces=PIECES, failure="ReadError"))
    stuck.line.unsent = 5
    stuck.start()
    stuck.timer.advance(60.0)
    assert (stuck.line.ends, stuck.told) == (["reset"], ["answered"])


def test_a_playback_that_cannot_be_sent_ends_the_answer_and_not_the_server() -> None:
    """Whatever is wrong with it: the client sees it break, and it is told."""
    broken = Playback(exchange=recorded(), status=200, headers=STREAM, pieces=(Piece(0.0, b"a"), Piece(0.0, 7)))  # type: ignore[arg-type]
    scene = Scene(broken).start()
    assert (scene.line.ends, scene.told) == (["reset"], ["failed"])
