"""Promises of `nexdiag.runner.foreign.through_vcr`: our cassettes, through vcrpy, for clients that are not httpx."""

import asyncio
import itertools
import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
import vcr as vcrpy
from counting_server import counting
from vcr.errors import CannotOverwriteExistingCassetteException

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.turn import LogLine, Turn
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.player import Player
from nexdiag.runner.cleaned import Cleaner
from nexdiag.runner.foreign.through_vcr import Cleaning, Matching, Serializer, through_vcr, with_suffix
from nexdiag.runner.load import load

KEY = "sk-proj-0123456789abcdefghijklmnop"
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
Ask = Callable[[str, str], Any]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with counting() as address:
        yield f"{address}/v1/chat/completions"


def body_of(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def with_requests(url: str, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    with requests.Session() as session:
        return session.post(url, json=body_of(text), headers=HEADERS, timeout=10).json()


def with_urllib3(url: str, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Its keys in another order: that means the same."""
    raw = json.dumps(dict(reversed(body_of(text).items()))).encode()
    with urllib3.PoolManager() as pool:
        return pool.request("POST", url, body=raw, headers=HEADERS | {"accept-encoding": "gzip"}).json()


def with_aiohttp(url: str, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    async def ask() -> Any:  # noqa: ANN401 - JSON is anything
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json=body_of(text), headers=HEADERS) as response,
        ):
            return json.loads(await response.read())

    return asyncio.run(ask())


def with_httpx(url: str, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    with httpx.Client(trust_env=False) as client:
        return client.post(url, json=body_of(text), headers=HEADERS).json()


def with_httpx2(url: str, text: str) -> Any:  # noqa: ANN401 - JSON is anything
    with httpx2.Client(trust_env=False) as client:
        return client.post(url, json=body_of(text), headers=HEADERS).json()


CLIENTS = {
    "requests": with_requests,
    "urllib3": with_urllib3,
    "aiohttp": with_aiohttp,
    "httpx": with_httpx,
    "httpx2": with_httpx2,
}
each_client = pytest.mark.parametrize("ask", CLIENTS.values(), ids=CLIENTS)


@each_client
def test_what_one_client_recorded_every_client_plays(ask: Ask, url: str, tmp_path: Path) -> None:
    """Equal requests in the order recorded; compressed or not; no key is in the file, which is its owner's alone."""
    path = tmp_path / "a.cassette.jsonl"
    texts = ["one", f"two {KEY}", "one"]
    with through_vcr().use_cassette(str(path)):
        live = [ask(url, text)["n"] for text in texts]
    assert KEY.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for play in CLIENTS.values():
        with through_vcr().use_cassette(str(path), record_mode="none") as tape:
            assert [play("http://elsewhere.invalid/v1/chat/completions", text)["n"] for text in texts] == live
        assert tape.all_played


@each_client
def test_a_request_that_was_not_recorded_is_refused(ask: Ask, url: str, tmp_path: Path) -> None:
    """A body that means something else, or another path; and the error says what differs, without the key."""
    path = tmp_path / "a.cassette.jsonl"
    with through_vcr().use_cassette(str(path)):
        ask(url, "one")
    with through_vcr().use_cassette(str(path), record_mode="none"):
        with pytest.raises(CannotOverwriteExistingCassetteException, match="a body with 1 message is not the recorded"):
            ask(url, "other")
        with pytest.raises(CannotOverwriteExistingCassetteException, match="/v1/other is not /v1/chat/completions"):
            ask(url.replace("chat/completions", "other"), "one")


def test_all_record_modes_mean_what_vcrpy_means(url: str, tmp_path: Path) -> None:
    """Once records a file that is not there, and nothing more; new_episodes adds; all replaces; none never records."""
    path = tmp_path / "a.cassette.jsonl"

    def asked(mode: str, *texts: str) -> list[int]:
        with through_vcr(record_mode=mode).use_cassette(str(path)):
            return [with_requests(url, text)["n"] for text in texts]

    with pytest.raises(CannotOverwriteExistingCassetteException):
        asked("none", "one")
    assert not path.exists()
    first = asked("once", "one")
    assert asked("once", "one") == first
    with pytest.raises(CannotOverwriteExistingCassetteException):
        asked("once", "two")
    both = asked("new_episodes", "one", "two")
    assert both[0] == first[0]
    assert asked("none", "one", "two") == both
    again = asked("all", "one")
    assert again > both
    assert asked("none", "one", "two") == [*again, both[1]]
    assert len(load(path).exchanges) == 2


def test_what_vcrpy_does_not_know_survives_it(url: str, tmp_path: Path) -> None:
    """Chunks and times, turn and log of our own recorder: all there after vcrpy played and extended the cassette."""
    path = tmp_path / "a.cassette.jsonl"
    recorder = Recorder(Writer(path, Header(tool="t", created=7.0, model="m")), Redactor())
    recorder.turn_started(Turn(number=1, said="one", started=8.0))

    async def record() -> None:
        async with httpx.AsyncClient(transport=RecordingTransport(httpx.AsyncHTTPTransport(), recorder)) as client:
            request = client.build_request("POST", url, json=body_of("one"), extensions={"nexdiag.turn": 1})
            await client.send(request)
            with pytest.raises(httpx.ConnectError):
                await client.post("http://127.0.0.1:1/v1", json={})

    asyncio.run(record())
    recorder.log_line(LogLine(at=9.0, text="a line"))
    recorder.close()
    was = load(path)
    with through_vcr(record_mode="new_episodes").use_cassette(str(path)) as tape:
        with_aiohttp(url, "one")
        with_requests(url, "two")
    assert tape.play_count == 1
    now = load(path)
    assert [exchange.id for exchange in now.exchanges] == [0, 1, 2]
    for before, after in zip(was.exchanges, now.exchanges, strict=False):
        assert (before.response, before.failure, before.turn) == (after.response, after.failure, after.turn)
        assert (before.started, before.duration, before.attempt) == (after.started, after.duration, after.attempt)
    assert (now.header, now.log) == (was.header, was.log)
    assert [turn.said for turn in now.turns] == ["one"]


def test_our_player_plays_what_vcrpy_recorded(url: str, tmp_path: Path) -> None:
    """Also where the client asked through aiohttp, whose bodies vcrpy sees plain under the headers of the wire."""
    path = tmp_path / "a.cassette.jsonl"
    for text, ask in (("one", with_aiohttp), ("two", with_requests)):
        with through_vcr(record_mode="new_episodes").use_cassette(str(path)):
            live = ask(url, text)
        player = Player(Answers(Matcher(load(path).exchanges), clean=Cleaner().request))

        async def play(player: Player, text: str) -> object:
            async with httpx.AsyncClient(transport=player) as client:
                return (await client.post(url, json=body_of(text), headers=HEADERS)).json()

        assert asyncio.run(play(player, text)) == live


def test_turns_are_found(url: str, tmp_path: Path) -> None:
    """By what each request adds; found anew when the recording grows."""
    path = tmp_path / "a.cassette.jsonl"
    for texts in (["one"], ["one", "two"]):
        with through_vcr(record_mode="new_episodes").use_cassette(str(path)):
            for text in texts:
                with_requests(url, text)
    cassette = load(path)
    assert [turn.said for turn in cassette.turns] == ["one", "two"]
    assert all(exchange.turn is not None for exchange in cassette.exchanges)


def test_times_are_kept(url: str, tmp_path: Path) -> None:
    """When the request was first looked up, and how long the answer took; one chunk, at its end."""
    ticks = itertools.count(1000.0, 0.5)
    path = tmp_path / "a.cassette.jsonl"
    with through_vcr(clock=lambda: next(ticks)).use_cassette(str(path)):
        with_requests(url, "one")
    (exchange,) = load(path).exchanges
    assert exchange.started == 1000.0
    assert exchange.duration >= 0.5
    assert exchange.response is not None
    assert len(exchange.response.chunks) == 1
    header = load(path).header
    assert (header.origin, header.model, set(header.libraries)) == (
        url.removesuffix("/chat/completions"),
        "m",
        {"python", "vcrpy"},
    )


def test_vcrpys_own_formats_are_written_redacted(url: str, tmp_path: Path) -> None:
    """By their suffix; the plain vcrpy plays them."""
    for suffix in ("yaml", "json"):
        path = tmp_path / f"a.{suffix}"
        with through_vcr().use_cassette(str(path)):
            live = with_requests(url, KEY)
        assert KEY not in path.read_text()
        with vcrpy.VCR(serializer=suffix).use_cassette(str(path), record_mode="none"):
            played = with_requests(url, KEY)
        assert played["n"] == live["n"]
        assert played["echo"].startswith("[redacted ")


def test_a_broken_cassette_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    """Vcrpy would take what it cannot read for empty, and write over it."""
    path = tmp_path / "a.cassette.jsonl"
    path.write_text("no cassette")
    with pytest.raises(CassetteError), through_vcr(record_mode="all").use_cassette(str(path)):
        pass
    assert path.read_text() == "no cassette"


@pytest.mark.parametrize(
    "before", ["import sys; sys.modules['vcr'] = None", "import vcr.cassette; del vcr.cassette.Cassette.get_metadata"]
)
def test_without_a_vcrpy_that_will_do_it_says_what_to_install(before: str) -> None:
    """None, or one that is too old: one line, and a hint."""
    program = (
        f"{before}\n"
        "from nexdiag.core.errors import UsageError\n"
        "try: import nexdiag.runner.foreign.through_vcr\n"
        "except UsageError as error: print(error.hint)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'vcrpy>=9.4'" in told.stdout


def test_an_empty_file_is_recorded_to(url: str, tmp_path: Path) -> None:
    """As vcrpy has it."""
    path = tmp_path / "a.cassette.jsonl"
    path.write_text("\n")
    with through_vcr().use_cassette(str(path)):
        with_requests(url, "one")
    assert len(load(path).exchanges) == 1


def test_a_request_that_grows_is_looked_at_again() -> None:
    """Vcrpy builds some requests piece by piece."""
    matching = Matching(Cleaning())
    asked, recorded = (vcrpy.request.Request("POST", "http://h/", text, {}) for text in (b'{"a":', b'{"a":1}'))
    with pytest.raises(AssertionError):
        matching.body(asked, recorded)
    asked.body = b'{ "a": 1 }'
    matching.body(asked, recorded)


def test_the_users_hooks_and_patterns_count(url: str, tmp_path: Path) -> None:
    """Hooks of vcrpy run as ever; what they let through is redacted all the same."""
    path = tmp_path / "a.cassette.jsonl"

    def drop(request: Any) -> Any:  # noqa: ANN401 - vcrpy has no types
        return None if b"secret" in request.body else request

    recording = through_vcr(redact=r"customer-\d+", before_record_request=drop)
    with recording.use_cassette(str(path)):
        with_requests(url, "a secret")
        with_requests(url, "customer-7")
    (exchange,) = load(path).exchanges
    assert b"customer-7" not in path.read_bytes()
    with recording.use_cassette(str(path), record_mode="none"):
        assert with_requests(url, "customer-7")["echo"].startswith("[redacted ")
    assert exchange.response is not None


@pytest.mark.parametrize("mode", ["new_episodes", "all"])
@pytest.mark.parametrize("suffix", [".cassette.jsonl", ".yaml"])
def test_what_a_file_names_as_secret_is_so_in_all_that_is_added(
    url: str, tmp_path: Path, mode: str, suffix: str
) -> None:
    """By another `VCR`, which was told of no pattern; and what is asked is found by what it was recorded as."""
    path = tmp_path / f"a{suffix}"
    with through_vcr(redact=r"customer-\d+").use_cassette(str(path)):
        with_requests(url, "customer-7")
    with through_vcr().use_cassette(str(path), record_mode="none"):
        assert with_requests(url, "customer-7")["echo"].startswith("[redacted ")
    with through_vcr().use_cassette(str(path), record_mode=mode):
        with_requests(url, "customer-8")
    assert b"customer-8" not in path.read_bytes()


def test_a_function_gives_its_cassette_the_name(url: str, tmp_path: Path) -> None:
    """As with vcrpy; with our suffix."""

    @through_vcr(
        cassette_library_dir=str(tmp_path), func_path_generator=lambda function: function.__name__
    ).use_cassette
    def greeting() -> None:
        with_requests(url, "one")

    greeting()
    assert [path.name for path in tmp_path.iterdir()] == ["greeting.cassette.jsonl"]
    assert [with_suffix(name) for name in ("a", "a.yaml", "a.json")] == ["a.cassette.jsonl", "a.yaml", "a.json"]


def test_our_serializer_serves_a_plain_vcrpy(url: str, tmp_path: Path) -> None:
    """With vcrpy's own persister and matchers."""
    plain = vcrpy.VCR(serializer="nexdiag", match_on=("method", "path", "body"))
    plain.register_serializer("nexdiag", Serializer())
    path = tmp_path / "a.cassette.jsonl"
    with plain.use_cassette(str(path)):
        live = with_requests(url, "one")
    assert KEY.encode() not in path.read_bytes()
    assert len(load(path).exchanges) == 1
    with plain.use_cassette(str(path), record_mode="none"):
        assert with_requests(url, "one") == live
