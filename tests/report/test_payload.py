"""Promises of nexdiag.report.payload."""

import json

import msgspec
from report import sample
from report.long import TURNS, long_run
from report.unpacked import Read

from nexdiag.core.exchange import Chunk


def test_each_request_can_be_read_whole() -> None:
    """From one number the page gets back every message of a request, byte for byte, in order."""
    run = sample.alternation()
    read = Read(run)
    for exchange in run.cassette.exchanges:
        link = exchange.request.body.last_link("messages")
        assert link is not None
        assert read.chain(read.exchanges()[exchange.id]["messages"]) == [entry.raw.decode() for entry in link.chain()]


def test_a_message_is_stored_once() -> None:
    """A conversation that resends its history grows with its length, not with its square."""
    small, large = (Read(sample.long_run(turns)).payload.size for turns in (60, 120))
    assert large < 2.1 * small
    read = Read(sample.long_run(50))
    assert len(set(read.all("messages"))) == len(read.all("messages")) == 102
    assert read.blocks["links"][0][0] == -1
    assert read.index["turns"]["messagesEnd"][0] == 4
    assert all(turn["said"] != "" and isinstance(turn["said"], int) for turn in read.all("turns"))


def test_the_index_is_small() -> None:
    """What is read before the first rows show is some two hundred bytes a turn, whatever the turn holds."""
    payload = Read(long_run()).payload
    assert len(payload.index) < 200 * TURNS + 2000


def test_one_clock() -> None:
    """Exchanges, turns, tool runs and log lines count milliseconds from the same moment."""
    read = Read(sample.healthy())
    first = read.all("turns")[0]
    assert read.index["turns"]["at"][0] == 0
    assert first["exchanges"][0]["at"] == 50
    assert first["tools"][0]["at"] == 1200
    assert read.all("log")[first["log"][0]][0] == 10


def test_findings_carry_their_place_and_message() -> None:
    """A finding names exchange, message and the message's number, so that later requests can point back to it."""
    read = Read(sample.alternation())
    rule, code, severity, kind, turn, exchange, message, link = read.index["findings"][0]
    assert (rule, code, severity, kind, turn, exchange, message) == (
        "role-alternation", "NX101", "error", "message", 1, 1, 4,
    )  # fmt: skip
    assert "Now run it again." in read.all("messages")[read.texts[link]]
    assert read.all("findings")[0]["pointer"] == "/messages/4/role"
    assert read.index["cause"] == 0


def test_chunks_are_cut_where_they_were() -> None:
    """The body stands once; lengths and gaps give back each chunk and its time, in the units in which scripts count."""
    run = sample.healthy()
    exchange = run.cassette.exchanges[0]
    pieces = ("data: 👩\n\n".encode(), "data: é".encode()[:-1], b"\xa9\n\n")
    chunks = tuple(Chunk(at=0.1 + place / 4, bytes=piece) for place, piece in enumerate(pieces))
    response = msgspec.structs.replace(exchange.response, chunks=chunks)
    changed = (msgspec.structs.replace(exchange, response=response), *run.cassette.exchanges[1:])
    read = Read(msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, exchanges=changed)))
    body, lengths, gaps = read.all("bodies")[0]
    assert body == "data: 👩\n\ndata: é\n\n"
    assert lengths == [10, 6, 3]
    assert gaps == [100, 250, 250]
    assert json.dumps(body)


def test_odd_times_and_bytes_are_carried_safely() -> None:
    """Times that are none become null or zero; bytes that are no UTF-8 keep their escapes, even cut between chunks."""
    read = Read(sample.hostile())
    exchanges = read.exchanges()
    assert exchanges[2]["duration"] == 0
    assert read.all("texts")[exchanges[2]["body"]] == "\\xff\\xfe<script>"
    assert read.all("bodies")[exchanges[3]["response"]["body"]] == ["data: {\\xff</script>\n\n", [22], [100]]
    assert any(line[0] is None for line in read.all("log"))
