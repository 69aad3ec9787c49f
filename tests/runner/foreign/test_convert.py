"""Promises of `nexdiag.runner.foreign.convert`: from each format into each, by name and content, losing nothing."""

import fcntl
import json
import stat
from pathlib import Path

import pytest
import requests
import vcr as vcrpy
from counting_server import BINARY, counting

from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo, UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.runner.foreign.convert import convert, decode, read
from nexdiag.runner.load import load

ROOT = Path(__file__).parents[3]
OURS = ROOT / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
BROWSER = ROOT / "tests" / "data" / "browser.har"
SECRETS = (b"abcdef0123456789", b"sk-test-0123456789")
"""What stands in the browser's archive: a cookie, and a key."""


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "a.json", "a.har", "b.cassette.jsonl"])
def test_our_cassette_comes_back_through_every_format(name: str, tmp_path: Path) -> None:
    """Exchanges and turns are equal; what was lost has been told."""
    made = convert(OURS, tmp_path / name)
    convert(tmp_path / name, tmp_path / "back.cassette.jsonl")
    same = Splitter()  # equal lists of messages are the same objects
    was, back = load(OURS, splitter=same), load(tmp_path / "back.cassette.jsonl", splitter=same)
    assert back.exchanges == was.exchanges
    assert [turn.said for turn in back.turns] == [turn.said for turn in was.turns]
    lines = len(was.log) - len(back.log)
    assert [loss.rsplit(" for ", 1)[1] for loss in made.lost] == ([f"{lines} log lines"] if lines else [])


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.har", "a.cassette.jsonl", "a.exchanges.jsonl"])
def test_no_secret_of_a_browser_is_written(name: str, tmp_path: Path) -> None:
    """Whatever the format; and the file is its owner's alone."""
    made = convert(BROWSER, tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    assert not [secret for secret in SECRETS if secret in raw]
    assert made.secrets > 0
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_secret_is_counted_once_and_not_again(tmp_path: Path) -> None:
    """It stands in three requests; what was replaced before is not told as replaced."""
    rows = [{"request": {"messages": [{"role": "user", "content": f"{n} cust-123456"}]}} for n in range(3)]
    source, once = tmp_path / "a.exchanges.jsonl", tmp_path / "b.cassette.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert convert(source, once, patterns=["cust-[0-9]+"]).secrets == 1
    assert convert(once, tmp_path / "c.har", patterns=["cust-[0-9]+"]).secrets == 0


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.har"])
def test_a_browsers_recording_comes_back_through_every_format(name: str, tmp_path: Path) -> None:
    """Images and all; vcrpy has no place for the request that was never answered."""
    convert(BROWSER, tmp_path / "a.cassette.jsonl")
    convert(tmp_path / "a.cassette.jsonl", tmp_path / name)
    convert(tmp_path / name, tmp_path / "b.cassette.jsonl")
    same = Splitter()
    was = load(tmp_path / "a.cassette.jsonl", splitter=same).exchanges
    held = was if name.endswith(".har") else tuple(exchange for exchange in was if exchange.response is not None)
    assert load(tmp_path / "b.cassette.jsonl", splitter=same).exchanges == held


def test_a_foreign_recording_gets_turns(tmp_path: Path) -> None:
    """By what each request adds: a page, an image and a refusal are of none."""
    convert(BROWSER, tmp_path / "a.cassette.jsonl")
    cassette = load(tmp_path / "a.cassette.jsonl")
    assert [turn.said for turn in cassette.turns] == ["Héllo ☃", "Again"]
    assert [exchange.turn for exchange in cassette.exchanges] == [None, None, None, None, 1, 2, None, None]


def test_json_is_told_apart_by_its_content(tmp_path: Path) -> None:
    """vcrpy's, a HAR, a request, exchanges: all may be called .json; and a cassette whatever it likes."""
    convert(OURS, tmp_path / "vcr.json")
    (tmp_path / "har.json").write_bytes(BROWSER.read_bytes())
    (tmp_path / "request.json").write_text(json.dumps({"model": "m", "messages": []}, indent=1))
    (tmp_path / "exchange.json").write_text('{"status": 500, "request": {"messages": []}}')
    (tmp_path / "exchanges.json").write_text('{"status": 500}\n{"request": {"messages": []}}\n')
    (tmp_path / "ours.json").write_bytes(OURS.read_bytes())
    counts = {path.stem: len(read(path).exchanges) for path in tmp_path.iterdir()}
    assert counts == {"vcr": 5, "har": 8, "request": 1, "exchange": 1, "exchanges": 2, "ours": 5}


def test_one_request_is_written_by_its_number(tmp_path: Path) -> None:
    """Byte for byte."""
    made = convert(OURS, tmp_path / "a.request.json", request=3)
    assert (tmp_path / "a.request.json").read_bytes() == load(OURS).exchanges[3].request.body.join()
    assert made.exchanges == 1
    convert(OURS, tmp_path / "b.json", request=0)
    assert json.loads((tmp_path / "b.json").read_bytes())["messages"]


def test_a_file_is_written_over_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "a.har"
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        convert(OURS, target)
    assert target.read_text() == "mine"
    convert(OURS, target, force=True)
    assert target.read_text().startswith("{")


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """A wrong name, an empty recording, an unreadable one, a directory: nothing is made, and nothing is left behind."""
    target = tmp_path / "a.har"
    target.write_text("mine")
    empty = tmp_path / "empty.har"
    empty.write_text('{"log":{"entries":[]}}')
    wrong: list[tuple[Path, Path, type[NexdiagError]]] = [
        (OURS, tmp_path / "a.txt", UsageError),
        (empty, target, NothingToDo),
        (tmp_path / "nowhere", target, CassetteError),
        (tmp_path, target, CassetteError),
        (tmp_path / "a\0b", target, CassetteError),
        (Path(__file__), target, CassetteError),
        (OURS, target / "below" / "b.har", CassetteError),
    ]
    for source, to, error in wrong:
        with pytest.raises(error):
            convert(source, to, force=True)
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.har", "empty.har"]


def test_a_recording_under_way_is_not_written_over(tmp_path: Path) -> None:
    """Its writer holds the lock, and would go on writing into a file that has no name any more."""
    target = tmp_path / "a.cassette.jsonl"
    target.write_bytes(b"mine")
    with target.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CassetteError, match="is being recorded to"):
            convert(OURS, target, force=True)
    assert target.read_bytes() == b"mine"


def test_a_torn_recording_is_converted_as_far_as_it_goes(tmp_path: Path) -> None:
    """And that is told."""
    torn = tmp_path / "a.cassette.jsonl"
    torn.write_bytes(OURS.read_bytes()[:-20])
    made = convert(torn, tmp_path / "a.har")
    assert made.lost[0].startswith("what stood after the tear: line ")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}" * 9, b"[" * 10**6, b'{"log": 1}', b"\0"])
@pytest.mark.parametrize("name", ["a", "a.json", "a.har", "a.yaml", "a.cassette.jsonl", "a.jsonl"])
def test_anything_else_is_one_line(raw: bytes, name: str) -> None:
    """Whatever it holds, and whatever it is called."""
    with pytest.raises(CassetteError) as told:
        decode(raw, name=name, losses=Losses())
    assert "\n" not in told.value.what
    assert name in told.value.what


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_the_real_vcrpy_plays_what_is_written(suffix: str, tmp_path: Path) -> None:
    """Its own default matchers find each recording, and its own serializers read it."""
    path = tmp_path / f"a.{suffix}"
    convert(OURS, path)
    plain = vcrpy.VCR(serializer=suffix, record_mode="none")
    with plain.use_cassette(str(path)) as tape:
        wanted = [(exchange.request.url, exchange.request.body.join()) for exchange in load(OURS).exchanges]
        assert [(request.uri, request.body) for request in tape.requests] == wanted
        bodies = [tape.play_response(request)["body"]["string"] for request in tape.requests]
    assert bodies == [exchange.response and exchange.response.body for exchange in load(OURS).exchanges]


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("through", ["a.cassette.jsonl", "a.har"])
def test_what_the_real_vcrpy_wrote_it_plays_again(suffix: str, through: str, tmp_path: Path) -> None:
    """There and back: compressed and binary bodies, and several recordings of one URL, in their order."""
    first, last = tmp_path / f"first.{suffix}", tmp_path / f"last.{suffix}"
    plain = vcrpy.VCR(serializer=suffix, match_on=("method", "uri", "body"))

    def talk(address: str) -> list[object]:
        with requests.Session() as session:
            url = f"{address}/v1/chat/completions"
            headers = {} if suffix == "yaml" else {"accept-encoding": "identity"}  # vcrpy's JSON knows no bytes
            told = [
                session.post(url, json={"messages": [{"content": text}]}, headers=headers, timeout=10).json()
                for text in ("Hé", "there", "Hé")
            ]
            binary = session.get(f"{address}/binary", headers=headers, timeout=10).content if suffix == "yaml" else b""
            return [*told, binary]

    with counting() as address, plain.use_cassette(str(first)):
        live = talk(address)
    assert live[-1] == (b"3:" + BINARY if suffix == "yaml" else b"")
    convert(first, tmp_path / through)
    convert(tmp_path / through, last)
    with plain.use_cassette(str(last), record_mode="none"):
        assert talk(address) == live


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_a_format_that_can_hold_none_of_it_is_not_written(name: str, tmp_path: Path) -> None:
    """A recording of requests that nobody answered, and vcrpy has no place for those: nothing to do, and no file."""
    source, target = tmp_path / "dead.cassette.jsonl", tmp_path / name
    writer = Writer(source, Header())
    request = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b"{}"))
    writer.exchange(Exchange(id=0, started=1.0, request=request, failure="ConnectError: refused"))
    writer.close()
    with pytest.raises(NothingToDo, match="no place for 1 request without a response"):
        convert(source, target)
    assert not target.exists()
    assert convert(source, tmp_path / "a.har").exchanges == 1
