"""What to know of a recording before it is trusted."""

import gzip
from pathlib import Path

import pytest
from kept import NOON, answered, asked, recording, stream, with_exchange
from msgspec import structs

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Exchange, Response
from nexdiag.report.cassette.health import Health
from nexdiag.runner.cassettes.check import check, check_paths

TOKEN = "sk-" + "A1b2C3d4" * 5
SHIPPED = sorted((Path(__file__).parents[3] / "cassettes").rglob("*.cassette.jsonl"))
RAW = codec.encode(recording("hello", "which day"))


def weights(health: Health) -> set[str]:
    return {remark.weight for remark in health.remarks}


def answering(response: Response) -> Cassette:
    request = asked([{"role": "user", "content": "x"}], Splitter())
    return with_exchange(recording(), Exchange(id=0, started=NOON, request=request, response=response))


def test_a_whole_recording_has_no_remark() -> None:
    assert check(RAW, "x", mode=0o600) == Health(file="x", format=2, exchanges=3, turns=2, size=len(RAW))
    assert check(RAW, "x", mode=0o644).word == "whole"


def test_a_bomb_is_looked_into_as_far_as_its_beginning() -> None:
    """And that is told: a secret behind it would not be found."""
    bomb = gzip.compress(b"data: x\n\n" * 2_000_000)
    response = structs.replace(answered(bomb), headers=(("content-encoding", "gzip"),))
    (remark,) = check(codec.encode(answering(response)), "x").remarks
    assert remark.weight == "warning"
    assert remark.what.startswith("the answer of exchange 0: only its first 1 MiB was read")


def test_a_torn_tail_is_a_warning_with_its_line() -> None:
    """What stands before it is counted, and the command that mends it is named."""
    health = check(RAW[:-20], "x")
    assert health.word == "warning"
    (torn,) = (remark for remark in health.remarks if remark.weight == "warning")
    assert f"line {RAW.count(10)} is torn" in torn.what
    assert "nexdiag cassette repair" in torn.what
    assert health.exchanges == 3


def test_every_broken_line_is_told() -> None:
    """A reader stops at the first; here all are named, with those that need them."""
    lines = RAW.split(b"\n")
    lines[2] = b"{"
    broken = [remark.line for remark in check(b"\n".join(lines), "x").remarks if remark.weight == "broken"]
    assert broken[0] == 3
    assert len(broken) > 1


def test_what_is_no_cassette_is_broken() -> None:
    assert [check(raw, "x").word for raw in (b"", b"hello", b'{"cassette":99}')] == ["broken"] * 3


def test_a_flood_of_broken_lines_is_counted() -> None:
    health = check(RAW + b"{\n" * 500, "x")
    assert len(health.remarks) == 21
    assert "480 more" in health.remarks[-1].what


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(answered(*stream("my key is " + TOKEN)), id="in one piece"),
        pytest.param(
            answered(b"the key is sk-A1b2C3d4A1b2", b"C3d4A1b2C3d4A1b2", kind="text/plain"), id="cut by a chunk"
        ),
        pytest.param(answered(*stream("key sk-A1b2C3", "d4A1b2C3d4A1b2C3", "d4A1b2C3d4")), id="said piece by piece"),
        pytest.param(
            structs.replace(
                answered(gzip.compress(TOKEN.encode())),
                headers=(("content-type", "text/plain"), ("content-encoding", "gzip")),
            ),
            id="compressed",
        ),
    ],
)
def test_a_secret_is_found_wherever_it_stands(response: Response) -> None:
    """And is not repeated by the one who found it."""
    health = check(codec.encode(answering(response)), "x")
    assert health.word == "warning"
    assert "secret" in str(health.remarks)
    assert "sk-A1b2" not in str(health)


def test_placeholders_are_no_secrets() -> None:
    assert b"[redacted" in RAW
    assert check(RAW, "x").word == "whole"


def test_a_secret_between_bytes_is_found() -> None:
    """A body that is no text stands in the file in base64, where no line shows it."""
    whole = answering(answered(b""))
    request = structs.replace(whole.exchanges[0].request, body=Body.of(b"\xff\xfe " + TOKEN[:24].encode()))
    health = check(
        codec.encode(structs.replace(whole, exchanges=(structs.replace(whole.exchanges[0], request=request),))), "x"
    )
    assert health.word == "warning"
    assert "request of exchange 0" in str(health.remarks)
    assert "sk-A1b2" not in str(health)


@pytest.mark.parametrize(
    ("mode", "word"), [(0o600, "none"), (0o644, "none"), (0o664, "note"), (0o666, "warning"), (0o602, "warning")]
)
def test_a_file_that_anybody_may_write_is_a_warning(mode: int, word: str) -> None:
    """One that its group may write is a checkout of git: a note."""
    remarks = check(RAW, "x", mode=mode).remarks
    assert {remark.weight for remark in remarks} == ({word} - {"none"})
    assert all(f"{mode:04o}" in remark.what for remark in remarks)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_recording_of_this_repository_is_whole(path: Path) -> None:
    """Nothing torn, nothing secret."""
    assert check(path.read_bytes(), path.name).word == "whole"


def test_what_ended_early_is_a_note() -> None:
    """It may have happened so: the file is whole."""
    cassette = recording("a", "b")
    turns = (structs.replace(cassette.turns[0], outcome="unfinished"), cassette.turns[1])
    cut = structs.replace(cassette.exchanges[2], failure="ReadTimeout: x")
    health = check(codec.encode(structs.replace(cassette, turns=turns, exchanges=(cassette.exchanges[0], cut))), "x")
    assert health.word == "whole"
    assert [remark.what for remark in health.remarks] == [
        "unfinished: turn 1",
        "broke off: exchange 2",
        "1 numbers of exchanges are not there, the first is 1",
    ]
    named = structs.replace(turns[0], session="s-1")
    (note,) = check(
        codec.encode(structs.replace(cassette, turns=(named,), exchanges=cassette.exchanges[:1])), "x"
    ).remarks
    assert note.what == "unfinished: turn 1 of session s-1"
    assert check(b'{"cassette":1}\n', "x").remarks[0].what == "it holds no exchange"


def test_files_that_cannot_be_read_do_not_hide_the_others(tmp_path: Path) -> None:
    """A missing file, a directory within, a pipe: each is told as broken."""
    good, gone = tmp_path / "good.cassette.jsonl", tmp_path / "gone.cassette.jsonl"
    good.write_bytes(RAW)
    good.chmod(0o600)
    odd = tmp_path / "odd.cassette.jsonl"
    odd.mkdir()
    assert [one.word for one in check_paths([gone, good])] == ["broken", "whole"]
    with pytest.raises(NothingToDo):
        check_paths([odd])
    assert [one.word for one in check_paths([tmp_path])] == ["whole", "broken"]
