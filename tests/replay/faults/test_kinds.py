"""Promises of `nexdiag.replay.faults.kinds`: what each kind makes of an answer, on each wire, streamed and not."""

import json
from collections.abc import Sequence

import msgspec
import pytest
from answers_to_strike import STREAM, STREAMS, answered, whole
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.codec.fault import decode
from nexdiag.core import fault as words
from nexdiag.core.exchange import Exchange, Headers, header
from nexdiag.core.fault import Fault
from nexdiag.replay.faults.blocks import read
from nexdiag.replay.faults.kinds import KINDS, RESET, CannotStrikeError, draw, settle, strike
from nexdiag.replay.playback import STALLED, Playback, playback

WIRES = sorted(STREAMS)


def struck(text: str, exchange: Exchange, *, seed: int = 0) -> Playback:
    """The answer under that fault."""
    recorded = read(playback(exchange))
    return strike(settle(decode(text), recorded, seed=seed), recorded)


def sent(answer: Playback) -> bytes:
    """All its bytes."""
    return b"".join(piece.bytes for piece in answer.pieces)


def is_lawful(answer: Playback) -> bool:
    """Whether it ends well, and with as many bytes as it announces."""
    length = header(answer.headers, "content-length")
    return answer.failure is None and (not length or int(length) == len(sent(answer)))


def test_every_kind_has_its_row() -> None:
    """And no other."""
    assert tuple(KINDS) == words.KINDS


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("make", [answered, whole])
def test_a_status_is_a_refusal_in_the_words_of_the_wire(wire: str, make: type[Exchange]) -> None:
    """With Retry-After if wanted; nothing is left of the headers that told of the recorded body."""
    answer = struck("status:429,retry-after=1.5", make(0, wire))
    assert (answer.status, header(answer.headers, "retry-after")) == (429, "1.5")
    assert json.loads(sent(answer))["error"]["message"]
    assert {name for name, _ in answer.headers} - {"server"} == {"content-type", "content-length", "retry-after"}
    assert is_lawful(answer)
    assert header(struck("status:500", make(0, wire)).headers, "retry-after") == ""


def test_a_status_takes_the_place_of_what_was_never_answered() -> None:
    """It needs nothing of a recording; nor does a connection that is reset. Every other kind does."""
    silent = msgspec.structs.replace(answered(), response=None, failure="ReadTimeout")
    assert struck("status:503", silent).status == 503
    assert struck("reset", silent).failure == RESET
    for kind in set(words.KINDS) - {"status", "reset"}:
        with pytest.raises(CannotStrikeError, match="no answer was recorded there"):
            struck(kind, silent)


@pytest.mark.parametrize("wire", WIRES)
def test_an_error_is_the_only_event_of_a_200(wire: str) -> None:
    """Or comes behind a chunk; nothing of the recorded stream follows."""
    answer = struck("error:529", answered(wire=wire))
    assert (answer.status, answer.failure, sent(answer).count(b"data: ")) == (200, None, 1)
    assert b"verloaded" in sent(answer)
    behind = sent(struck("error#1", answered(wire=wire)))
    assert behind.startswith(STREAMS[wire][0])
    assert STREAMS[wire][-1] not in behind
    assert b"error" in behind


@pytest.mark.parametrize("wire", WIRES)
def test_an_error_is_the_body_of_a_200(wire: str) -> None:
    """Where no stream was asked for."""
    answer = struck("error", whole(0, wire))
    assert (answer.status, list(json.loads(sent(answer)))[-1], is_lawful(answer)) == (200, "error", True)


def test_a_gateway_s_page_comes_as_a_200() -> None:
    """Where no content type is named; else the recorded bytes come under that one."""
    page = struck("content-type", answered())
    assert (page.status, header(page.headers, "content-type"), is_lawful(page)) == (200, "text/html", True)
    assert sent(page).startswith(b"<html>")
    other = struck("content-type:text/plain", answered())
    assert sent(other) == b"".join(STREAMS["chat"])
    assert [value for name, value in other.headers if name == "content-type"] == ["text/plain"]


@pytest.mark.parametrize("wire", WIRES)
def test_a_cut_ends_cleanly_behind_its_chunk(wire: str) -> None:
    """Chunk 0 is the last that comes, at its own time."""
    answer = struck("cut#0", answered(wire=wire))
    assert (sent(answer), is_lawful(answer)) == (STREAMS[wire][0], True)
    assert [piece.after for piece in answer.pieces] == [1]
    assert sent(struck("cut#-2", answered(wire=wire))) == b"".join(STREAMS[wire][:-1])


def test_a_body_is_cut_at_a_quarter() -> None:
    """And its length is what then comes: a body that is half, and says so of itself nowhere."""
    body = sent(playback(whole()))
    answer = struck("cut#1", whole())
    assert (sent(answer), is_lawful(answer)) == (body[: len(body) * 2 // 4], True)


def test_a_reset_breaks_off_before_the_head_or_behind_a_chunk() -> None:
    """With the length that was announced."""
    before = struck("reset", answered())
    assert (before.status, before.failure, before.after, len(before.pieces)) == (None, RESET, 1.0, 0)
    behind = struck("reset#-1", answered())
    assert (behind.status, behind.failure, sent(behind)) == (200, RESET, b"".join(STREAMS["chat"]))
    body = struck("reset#0", whole())
    assert int(header(body.headers, "content-length")) > len(sent(body)) > 0


def test_a_stall_says_nothing_more() -> None:
    """Behind a chunk, or before the head."""
    behind = struck("stall#0", answered())
    assert (behind.failure, sent(behind)) == (STALLED, STREAMS["chat"][0])
    head = struck("stall:head", answered())
    assert (head.status, head.failure, len(head.pieces)) == (None, STALLED, 0)


def test_slow_holds_the_first_token_back() -> None:
    """At any speed: of a stream the first event, of a body the head. Nothing else is changed."""
    stream = struck("slow:10s", answered())
    assert [piece.held for piece in stream.pieces] == [10, 0, 0, 0, 0]
    assert (stream.held, sent(stream), stream.headers) == (0, b"".join(STREAMS["chat"]), STREAM)
    body = struck("slow:10s", whole())
    assert (body.held, [piece.held for piece in body.pieces]) == (10, [0])
    assert struck("slow", answered()).pieces[0].held == 30
    late = answered(pieces=(b": ping\n\n", b"data: 1\n\n"))
    assert [piece.held for piece in struck("slow:1s", late).pieces] == [0, 1]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("way", ["brace", "half", "bytes"])
def test_one_event_is_garbled(wire: str, way: str) -> None:
    """The others are as they were."""
    answer = struck(f"garble:{way}#1", answered(wire=wire))
    events = [event for event in STREAMS[wire] if event.startswith((b"data", b"event"))]
    assert events[1] not in sent(answer)
    assert all(event in sent(answer) for event in (*events[:1], *events[2:]))
    assert is_lawful(answer)


def test_a_body_is_garbled_as_a_whole() -> None:
    """Its length is what it then has; a chunk of it cannot be named."""
    answer = struck("garble:brace", whole())
    assert (sent(answer), is_lawful(answer)) == (sent(playback(whole()))[:-1], True)
    for text in ("garble#1", "error#1"):
        with pytest.raises(CannotStrikeError, match="its whole body: name no chunk"):
            struck(text, whole())


def test_a_chunk_comes_twice() -> None:
    """The second at once."""
    answer = struck("duplicate#1", answered())
    first, ping, second, *rest = STREAMS["chat"]
    assert [piece.bytes for piece in answer.pieces] == [first, ping, second, second, *rest]
    assert [piece.after for piece in answer.pieces] == [1, 1, 1, 0, 1, 1]


def test_a_chunk_is_missing() -> None:
    """What follows comes when it came."""
    answer = struck("drop#1", answered())
    first, ping, _, *rest = STREAMS["chat"]
    assert [piece.bytes for piece in answer.pieces] == [first, ping, *rest]
    assert [piece.after for piece in answer.pieces] == [1, 1, 2, 1]
    assert is_lawful(struck("drop#1", whole()))
    assert sent(struck("drop#-1", answered())) == b"".join(STREAMS["chat"][:-1])


@pytest.mark.parametrize("wire", WIRES)
def test_a_stream_ends_without_its_end(wire: str) -> None:
    """Else it is whole."""
    answer = struck("no-done", answered(wire=wire))
    assert (sent(answer), is_lawful(answer)) == (b"".join(STREAMS[wire][:-1]), True)


@pytest.mark.parametrize(
    ("text", "exchange", "why"),
    [
        ("no-done", whole(), "it is no event stream"),
        ("no-done", answered(pieces=STREAMS["chat"][:-1]), "no end that is told"),
        ("cut#4", answered(), "has 4 chunks, and none is number 4"),
        ("cut#-5", answered(), "none is number -5"),
        ("cut#3", answered(), "number 3 of its 4 chunks is the last"),
        ("stall#-1", answered(), "is the last"),
        ("garble#-1", answered(), "holds no JSON"),
        ("garble", answered(pieces=(b"data: [DONE]\n\n",)), "holds no JSON"),
        ("garble", answered(pieces=(b"no",), headers=()), "holds no JSON"),
        ("cut", answered(pieces=(b"data: 1\n\n",)), "no two chunks"),
        ("drop", answered(pieces=()), "has no body"),
        ("cut#9", whole(), "4 quarters of a body"),
    ],
)
def test_where_a_fault_cannot_strike_that_is_told(text: str, exchange: Exchange, why: str) -> None:
    """In words that name the chunks that there are."""
    with pytest.raises(CannotStrikeError, match=why):
        struck(text, exchange)


def test_what_is_left_open_is_drawn_by_the_seed() -> None:
    """The same for the same seed; with others, every chunk that makes sense, never the end of the stream."""
    recorded = read(playback(answered()))

    def chunks(kind: str) -> set[int | None]:
        return {settle(Fault(kind=kind), recorded, seed=seed).chunk for seed in range(50)}

    assert settle(Fault(kind="cut"), recorded, seed=7) == settle(Fault(kind="cut"), recorded, seed=7)
    assert [chunks(kind) for kind in ("cut", "stall", "drop", "duplicate")] == [{0, 1, 2}] * 4
    assert chunks("garble") == {0, 1, 2}
    assert {settle(Fault(kind="garble"), recorded, seed=seed).value for seed in range(50)} == {"brace", "half", "bytes"}
    assert (chunks("error"), chunks("reset")) == ({None}, {None})
    assert draw(1000, 3, "cut", 5) == 160


@given(exchanges(), st.sampled_from(words.KINDS), st.integers(0, 3))
def test_a_fault_strikes_any_answer_or_says_why_not(found: Sequence[Exchange], kind: str, seed: int) -> None:
    """Whatever was recorded, nothing else is raised, and the settled fault makes the same again; lawfully."""
    for exchange in found:
        recorded = read(playback(exchange))
        fault = Fault(kind=kind, value="503" if kind == "status" else "")
        try:
            settled = settle(fault, recorded, seed=seed)
        except CannotStrikeError:
            continue
        answer = strike(settled, recorded)
        assert sent(answer) == sent(strike(settle(settled, recorded), recorded))
        assert answer.exchange == exchange


@pytest.mark.parametrize("kind", ["cut#1", "garble", "duplicate#0", "drop#0", "status:500", "error", "content-type"])
def test_a_squeezed_answer_stays_lawful(kind: str) -> None:
    """What is sent is plain, and says so."""
    from nexdiag.codec.encodings import encoded  # noqa: PLC0415 - one test needs it

    squeezed = encoded(b"".join(STREAMS["chat"]), "gzip")
    assert squeezed is not None
    headers: Headers = (*STREAM[:2], ("content-encoding", "gzip"), ("content-length", str(len(squeezed))))
    answer = struck(kind, answered(pieces=(squeezed,), headers=headers))
    assert header(answer.headers, "content-encoding") == ""
    assert is_lawful(answer)
