"""What can be kept of a damaged recording."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept import recording
from msgspec import structs
from strategies_wire import cassettes

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import FORMAT, Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.report.answers import answer
from nexdiag.runner.cassettes.salvage import kind, salvage

RAW = codec.encode(recording("hello", "which day", "bye"))
LINES = RAW.split(b"\n")[:-1]
SHIPPED = sorted((Path(__file__).parents[3] / "cassettes").rglob("*.cassette.jsonl"))


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@pytest.mark.parametrize("raw", [RAW, *(path.read_bytes() for path in SHIPPED)], ids=lambda raw: str(len(raw)))
def test_a_whole_file_is_kept_byte_for_byte(raw: bytes) -> None:
    """In each format that this nexdiag reads."""
    kept = salvage(raw)
    assert kept.whole
    assert kept.raw == raw


def test_blank_lines_and_line_ends_of_editors_stay() -> None:
    """A reader leaves them alone, and so does the one who mends."""
    raw = RAW.replace(b"\n", b"\r\n\n", 3)
    assert salvage(raw).raw == raw


def test_every_cut_leaves_what_stands_before_it() -> None:
    """Cut anywhere after the header, the whole lines before the cut are kept, and the torn one is told."""
    for cut in range(len(LINES[0]) + 1, len(RAW), 7):
        raw = RAW[:cut]
        kept = salvage(raw)
        assert codec.decode(kept.raw).tear is None
        whole = raw.rfind(b"\n") + 1
        assert kept.raw.startswith(raw[:whole])
        assert {one.line for one in kept.left_out} <= {raw.count(b"\n") + 1}


@pytest.mark.parametrize("place", range(1, len(LINES)))
def test_a_broken_line_costs_what_needs_it_and_no_more(place: int) -> None:
    """Whatever line is damaged: all exchanges that do not need it stay, exactly; the others are told by line."""
    lines = [*LINES]
    lines[place] = lines[place][: len(lines[place]) // 2]
    kept = salvage(joined(lines))
    again = codec.decode(kept.raw)
    assert kept.left_out[0].line == place + 1
    stood_in = kind(LINES[place]) == "headers"
    assert len(kept.raw.split(b"\n")) - 1 + len(kept.left_out) == len(LINES) + stood_in
    whole = {one.id: one for one in codec.decode(RAW).exchanges}
    for one in again.exchanges:
        assert one.request.body.join() == whole[one.id].request.body.join()
        assert one.response is not None
        assert structs.replace(one.response, headers=()) == structs.replace(whole[one.id].response, headers=())
    lost = sum(kind(LINES[one.line - 1]) == "exchange" for one in kept.left_out)
    assert len(again.exchanges) + lost == len(whole)


def test_a_conversation_survives_without_its_headers() -> None:
    """Lists of headers that are lost, garbled or cut out, cost no exchange: each that needed one is kept and told.

    What was said reads as before; a second repair finds nothing to mend.
    """
    whole = codec.decode(RAW)
    lines = [line for line in LINES if kind(line) != "headers"]
    for damaged in (lines, [*lines[:1], b'{"headers":0,"pairs":[["content-ty', *lines[1:]]):
        kept = salvage(joined(damaged))
        exchanges = {number for number, line in enumerate(damaged, start=1) if kind(line) == "exchange"}
        assert {one.line for one in kept.bared} == exchanges
        assert kept.bared[0].why == "the exchange is kept without its headers, which are lost (list 0, 1)"
        assert not kept.whole
        assert not any(kind(damaged[one.line - 1]) == "exchange" for one in kept.left_out)
        read = codec.decode(kept.raw)
        assert [turn.reply for turn in read.turns] == [turn.reply for turn in whole.turns]
        assert [answer(one).text for one in read.exchanges] == [answer(one).text for one in whole.exchanges]
        assert {one.request.headers for one in read.exchanges} == {()}
        assert salvage(kept.raw).whole


def test_nothing_stands_in_for_the_headers_of_what_is_lost_anyway() -> None:
    """An exchange whose messages are lost too is left out, and no list is made for it."""
    line = b'{"exchange":0,"request":{"method":"GET","url":"/","headers":{"as":7},"body":{"messages":{"$link":9}}}}'
    kept = salvage(joined([LINES[0], line]))
    assert kept.raw == joined(LINES[:1])
    assert [one.line for one in kept.left_out] == [2]
    assert kept.bared == ()


def test_marks_of_a_merge_and_what_stands_twice_are_left_out() -> None:
    """Of two sides of a merge the first stays whole."""
    lines = [*LINES[:3], b"<<<<<<< HEAD", *LINES[3:], b"=======", *LINES[3:], b">>>>>>> theirs"]
    kept = salvage(joined(lines))
    assert len(kept.cassette.exchanges) == len(codec.decode(RAW).exchanges)
    assert {1 + 3, 4 + len(LINES[3:]) + 1} <= {one.line for one in kept.left_out}
    assert any("merge" in one.why for one in kept.left_out)
    assert any("was there before" in one.why for one in kept.left_out)


@pytest.mark.parametrize("first", [b"", b"nonsense", b"{", b'{"tool":1}', b"\xff", b'{"cassette":"two"}'])
def test_a_lost_header_is_replaced(first: bytes) -> None:
    """The exchanges are worth more than the header: it is told what is not known any more."""
    kept = salvage(joined([first, *LINES[1:]]), name="x")
    assert kept.left_out[0].line == 1
    assert "header is lost" in kept.left_out[0].why
    assert len(codec.decode(kept.raw).exchanges) == len(codec.decode(RAW).exchanges)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_lost_header_costs_no_format_its_lines(path: Path) -> None:
    """Lines of an older format are read under a header of the newest."""
    raw = path.read_bytes()
    kept = codec.decode(salvage(b"?" + raw).raw)
    was = codec.decode(raw)
    assert codec.encode(structs.replace(kept, header=was.header)) == codec.encode(was)


def test_a_missing_header_costs_no_other_line() -> None:
    """The first line is an ordinary one: it is kept."""
    kept = salvage(joined(LINES[1:]))
    assert len(kept.cassette.exchanges) == len(codec.decode(RAW).exchanges)
    assert kept.raw.split(b"\n")[1:] == [*LINES[1:], b""]


def test_a_newer_format_is_not_mended() -> None:
    """It is not broken: it wants a newer nexdiag."""
    with pytest.raises(CassetteError, match="format"):
        salvage(joined([json.dumps({"cassette": FORMAT + 1}).encode(), *LINES[1:]]))


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"# a readme\n", b"{}\n", b"\0" * 50, b"[" * 9999])
def test_what_is_no_cassette_is_said_so(raw: bytes) -> None:
    with pytest.raises(CassetteError, match=r"^x is no cassette: (it is empty|its first line )"):
        salvage(raw, name="x")


def test_lines_of_a_later_version_stay() -> None:
    later = b'{"later":1,"cassette_line":true}'
    assert later in salvage(joined([*LINES[:2], later, b"broken", *LINES[2:]])).raw
    assert kind(later) == kind(b"nonsense") == "other"


@settings(max_examples=40)
@given(cassettes(), st.data())
def test_damage_anywhere_leaves_a_whole_recording(cassette: Cassette, data: st.DataObject) -> None:
    """Bytes overwritten at any place after the header: what is kept can be read, and is kept again as it is."""
    raw = codec.encode(cassette)
    start = raw.index(b"\n") + 1
    place = data.draw(st.integers(start, len(raw)))
    damage = data.draw(st.binary(min_size=1, max_size=5) | st.sampled_from([b"\n", b'"', b"}\n{", b"null"]))
    kept = salvage(raw[:place] + damage + raw[place + len(damage) :])
    assert codec.decode(kept.raw).tear is None
    again = salvage(kept.raw)
    assert again.whole
    assert again.raw == kept.raw
