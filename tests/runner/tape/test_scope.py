"""Promises of `nexdiag.runner.tape.scope`: what a user of `use_cassette` and `record` sees, against a real server."""

import asyncio
import contextlib
import inspect
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from tape_server import Counting, counting
from ways import Way, every_way

from nexdiag.core.errors import CassetteError, NothingToDo, Unmatched, UsageError
from nexdiag.replay.closed import network_closed
from nexdiag.runner.load import load
from nexdiag.runner.provenance import commit
from nexdiag.runner.tape import record, use_cassette

NOWHERE = "http://127.0.0.1:9"
TRANSPORTS = [
    (owner, name)
    for library in (httpx, httpx2)
    for owner, name in (
        (library.HTTPTransport, "handle_request"),
        (library.AsyncHTTPTransport, "handle_async_request"),
    )
]


@pytest.fixture(scope="module")
def server() -> Iterator[Counting]:
    with counting() as serving:
        yield serving


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "x.cassette.jsonl"


def get(url: str) -> str:
    """What the server says to a plain GET."""
    return httpx.get(url, trust_env=False).text


def paths(exchanges: Any) -> list[str]:  # noqa: ANN401 - exchanges
    return [one.request.path for one in exchanges]


@every_way
def test_what_was_recorded_is_played_with_the_network_closed(server: Counting, path: Path, way: Way) -> None:
    """By every sort of client, also one that was made before the scope; the server is asked once."""

    async def ask(url: str) -> Any:  # noqa: ANN401 - statuses and bodies
        async with way.client() as client:
            with pytest.raises(way.library.ConnectError):
                await client.body("GET", NOWHERE)
            before = len(server.asked)
            with record(path) as tape:
                live = [await client.body("POST", f"{url}/a", content=b"1"), await client.body("GET", f"{url}/b")]
            assert (paths(tape.recorded), tape.played, tape.unplayed) == (["/a", "/b"], (), ())
            with network_closed(), use_cassette(path, all_played=True) as tape:
                again = [
                    await client.body("POST", f"{NOWHERE}/a", content=b"1"),
                    await client.body("GET", NOWHERE + "/b"),
                ]
            assert (paths(tape.played), tape.recorded, tape.unplayed) == (["/a", "/b"], (), ())
            assert len(server.asked) == before + 2
            return live, again

    live, again = asyncio.run(ask(server.url))
    assert live == again
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_everything_is_as_before_afterwards(server: Counting, path: Path) -> None:
    """The libraries' methods are the very same, however the block ends."""
    before = [vars(owner)[name] for owner, name in TRANSPORTS]
    with record(path):
        assert [vars(owner)[name] for owner, name in TRANSPORTS] != before
        get(server.url)
    assert [vars(owner)[name] for owner, name in TRANSPORTS] == before
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        raise ZeroDivisionError
    assert [vars(owner)[name] for owner, name in TRANSPORTS] == before


def test_a_miss_raises_in_the_client(server: Counting, path: Path) -> None:
    """With the nearest recording, the file, the mode and what to do; nothing goes live."""
    with record(path):
        get(server.url + "/a")
    before = len(server.asked)
    with (
        pytest.raises(Unmatched, match="GET /b: no recording of this request; exchange 0") as error,
        use_cassette(path),
    ):
        get(server.url + "/b")
    assert str(path) in error.value.what
    assert "record mode none" in error.value.what
    assert "new_episodes" in error.value.hint
    assert len(server.asked) == before


def test_a_miss_that_was_swallowed_is_raised_at_the_end(server: Counting, path: Path) -> None:
    """A client, or the code under test, that catches it does not make it good."""
    with record(path):
        get(server.url + "/a")
    went_on = False
    with pytest.raises(Unmatched, match=r"GET /b: .*; and 1 more"), use_cassette(path) as tape:  # noqa: PT012 - the end raises
        for way in ("/b", "/b", "/c"):
            with contextlib.suppress(Exception):
                get(server.url + way)
        went_on = True
    assert went_on
    assert len(tape.misses) == 3


def test_once_records_once(server: Counting, path: Path) -> None:
    """Then it plays, and what is new is refused."""
    with use_cassette(path, "once") as tape:
        first = get(server.url)
    assert paths(tape.recorded) == ["/"]
    with use_cassette(path, "once") as tape:
        assert get(NOWHERE) == first
    with pytest.raises(Unmatched, match="already been played"), use_cassette(path, "once"):  # noqa: PT012 - two requests
        get(NOWHERE)
        get(NOWHERE)


def test_new_episodes_adds_what_is_new(server: Counting, path: Path) -> None:
    """What is known is played, what is not goes live and is appended; the next time all of it is played."""
    with use_cassette(path, "new_episodes"):
        a = get(server.url + "/a")
    written = path.read_bytes()
    with use_cassette(path, "new_episodes") as tape:
        assert get(server.url + "/a") == a
        b = get(server.url + "/b")
        assert paths(tape.recorded) == ["/b"]
    assert (paths(tape.played), paths(tape.recorded), paths(tape.cassette.exchanges)) == (["/a"], ["/b"], ["/a", "/b"])
    assert path.read_bytes().startswith(written)
    with network_closed(), use_cassette(path, "new_episodes", all_played=True) as tape:
        assert [get(NOWHERE + "/b"), get(NOWHERE + "/a")] == [b, a]
    assert tape.recorded == ()


def test_all_records_again_and_keeps_the_rest(server: Counting, path: Path) -> None:
    """What was recorded again replaces all that equals it; what was not is kept."""
    with record(path):
        old = [get(server.url + way) for way in ("/a", "/b", "/a")]
    with use_cassette(path, "all") as tape:
        new = get(server.url + "/a")
        assert load(path).exchanges[0].response is not None  # until the end, the old file is there
        assert paths(load(path).exchanges) == ["/a", "/b", "/a"]
    assert new not in old
    assert (paths(tape.recorded), paths(tape.cassette.exchanges)) == (["/a"], ["/a", "/b"])
    with use_cassette(path, all_played=True):
        assert [get(NOWHERE + "/a"), get(NOWHERE + "/b")] == [new, old[1]]


def test_rewrite_drops_what_was(server: Counting, path: Path) -> None:
    """If the block ends well: also by `sys.exit()`."""
    with record(path):
        get(server.url + "/a")
    for way, ending in (("/b", None), ("/c", SystemExit())):
        try:
            with use_cassette(path, "rewrite"):
                get(server.url + way)
                if ending is not None:
                    raise ending
        except SystemExit:
            pass
        assert paths(load(path).exchanges) == [way]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit(2)])
def test_rewrite_keeps_the_old_file_when_the_block_raises(server: Counting, path: Path, error: Any) -> None:  # noqa: ANN401 - any error
    """Byte for byte, and nothing is left beside it. A first recording stays even then: it may tell why."""
    with pytest.raises(error if isinstance(error, type) else type(error)), use_cassette(path, "rewrite"):  # noqa: PT012
        get(server.url + "/a")
        raise error
    before = path.read_bytes()
    assert paths(load(path).exchanges) == ["/a"]
    with pytest.raises(error if isinstance(error, type) else type(error)), use_cassette(path, "rewrite"):  # noqa: PT012
        get(server.url + "/b")
        raise error
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_record_never_touches_a_file_that_exists(path: Path) -> None:
    """That is where it differs from the mode `all`."""
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(CassetteError, match="it exists") as error, record(path):
        pass
    assert 'record_mode="all"' in error.value.hint
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "mode", "error", "says"),
    [
        ("gone.cassette.jsonl", "none", CassetteError, "no cassette at"),
        ("gone.cassette.jsonl", "onse", UsageError, "no such record mode: 'onse'"),
        ("x.yaml", "none", UsageError, "x.yaml is no name for a cassette"),
        ("torn.cassette.jsonl", "none", CassetteError, "torn.cassette.jsonl"),
        ("torn.cassette.jsonl", "once", CassetteError, "torn.cassette.jsonl"),
        ("torn.cassette.jsonl", "all", CassetteError, "torn.cassette.jsonl"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(
    tmp_path: Path, name: str, mode: str, error: type[Exception], says: str
) -> None:
    """With a hint, and with nothing patched or written."""
    (tmp_path / "torn.cassette.jsonl").write_text("what?\n{}\n")
    with pytest.raises(error, match=says) as raised, use_cassette(tmp_path / name, mode):
        pytest.fail("not reached")
    assert raised.value.hint  # type: ignore[attr-defined]
    assert (tmp_path / "torn.cassette.jsonl").read_text() == "what?\n{}\n"


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_a_recording_of_nothing_is_an_error(path: Path, mode: str) -> None:
    """With what to look at; and leaves no file."""
    with pytest.raises(NothingToDo, match="no exchange was recorded") as error, use_cassette(path, mode):
        pass
    assert "httpx2" in error.value.hint
    assert error.value.exit_code == 4
    assert not path.exists()


def test_what_nobody_asked_for_is_told_if_wanted(server: Counting, path: Path) -> None:
    """Always in `unplayed`; as an error with `all_played`."""
    with record(path):
        get(server.url + "/a")
        get(server.url + "/b")
    with use_cassette(path) as tape:
        get(NOWHERE + "/b")
        assert paths(tape.unplayed) == ["/a"]
    with pytest.raises(CassetteError, match=r"1 recorded exchanges .* exchange 0 .GET /a"):  # noqa: SIM117
        with use_cassette(path, all_played=True):
            get(NOWHERE + "/b")


def test_a_scope_is_async_too(server: Counting, path: Path) -> None:
    """`async with` is the same."""

    async def play() -> None:
        async with record(path), httpx.AsyncClient(trust_env=False) as client:
            live = (await client.get(server.url)).text
        async with use_cassette(path) as tape, httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(NOWHERE)).text == live
        assert len(tape.played) == 1

    asyncio.run(play())


def test_a_scope_is_a_decorator(server: Counting, path: Path) -> None:
    """Of functions, coroutine functions and generators of both kinds: each call plays from the beginning."""
    with record(path):
        live = get(server.url)

    @use_cassette(path)
    def plain(url: str) -> str:
        """Ask."""
        return get(url)

    @use_cassette(path)
    async def coroutine(url: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).text

    @use_cassette(path)
    def generator(url: str) -> Iterator[str]:
        yield get(url)

    @use_cassette(path)
    async def async_generator(url: str) -> AsyncIterator[str]:
        yield get(url)

    async def all_of(coming: AsyncIterator[str]) -> list[str]:
        return [one async for one in coming]

    for _ in range(2):
        assert plain(NOWHERE) == live
        assert asyncio.run(coroutine(NOWHERE)) == live
        assert list(generator(NOWHERE)) == [live]
        assert asyncio.run(all_of(async_generator(NOWHERE))) == [live]
    assert (plain.__name__, plain.__doc__, list(inspect.signature(plain).parameters)) == ("plain", "Ask.", ["url"])
    assert inspect.iscoroutinefunction(coroutine)


def test_a_scope_is_entered_once_at_a_time(server: Counting, path: Path) -> None:
    """One that is open says so; when it is over it can be used again."""
    scope = use_cassette(path, "once")
    with scope:
        get(server.url)
        with pytest.raises(UsageError, match="is open already"), scope:
            pass
    with scope as tape:
        get(NOWHERE)
    assert len(tape.played) == 1


def test_no_key_in_use_is_written(server: Counting, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment's nor what `redact` names; and a replay finds what was recorded under them."""
    monkeypatch.setenv("OPENAI_API_KEY", "zebra-stripes-77")
    body = b'{"model":"m","messages":[{"role":"user","content":"zebra-stripes-77 and tiger-4711"}]}'

    def ask(url: str) -> bytes:
        headers = {"authorization": "Bearer zebra-stripes-77", "x-own": "zebra-stripes-77"}
        return httpx.post(url + "/v1/chat/completions", content=body, headers=headers, trust_env=False).content

    with record(path, redact=r"tiger-\d+"):
        assert b"zebra" in ask(server.url)
    written = path.read_bytes()
    assert b"zebra-stripes" not in written
    assert b"tiger-4711" not in written
    with use_cassette(path) as tape:
        assert b"[redacted" in ask(NOWHERE)
    assert (tape.cassette.header.origin, tape.cassette.header.model) == (f"{server.url}/v1", "m")
    assert tape.cassette.header.redactions == (r"tiger-\d+",)


def test_a_disk_that_fails_costs_the_client_nothing(server: Counting, path: Path) -> None:
    """The request goes on, and the scope warns at its end."""
    path.parent.mkdir()
    with pytest.warns(RuntimeWarning, match="cannot record to"), use_cassette(path, "once") as tape:  # noqa: PT031 - the end warns
        path.mkdir()  # in the way
        assert '"path":"/a"' in get(server.url + "/a")
    assert "cannot record to" in (tape.trouble or "")


def test_other_transports_are_covered_where_they_are_named(path: Path) -> None:
    """Mocks are left alone, unless a scope names their class."""
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(201, text="mock"))) as client:
        with pytest.raises(NothingToDo), record(path):
            client.get(NOWHERE)
        with record(path, transports=[httpx.MockTransport]):
            client.get(NOWHERE)
        with use_cassette(path, transports=[httpx.MockTransport]) as tape:
            assert client.get(NOWHERE).text == "mock"
    assert len(tape.played) == 1


def test_the_header_tells_what_it_was_recorded_with(server: Counting, path: Path) -> None:
    """Server, versions, and the commit that is checked out."""
    with record(path) as tape:
        get(server.url)
    header = tape.cassette.header
    assert header.origin == server.url
    assert header.libraries["httpx"] == httpx.__version__
    assert header.commit == commit(Path())


def test_what_is_no_transport_is_told(path: Path) -> None:
    """Before anything is patched."""
    with pytest.raises(UsageError, match="is no class of a transport"):
        record(path, transports=[dict])


def test_turns_and_sessions_are_kept(server: Counting, path: Path) -> None:
    """A client's own turn and session go before those that are found; a name for the conversation names them."""
    chat = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
    own = {"nexdiag.turn": 7, "nexdiag.attempt": 2, "nexdiag.session": "s"}
    with record(path, session="mine") as tape, httpx.Client(trust_env=False) as client:
        client.post(server.url + "/v1/chat/completions", content=chat)
        client.post(server.url + "/v1/chat/completions", content=chat, extensions=own)
    found, said = tape.recorded
    assert (found.turn, found.session) == (1, "mine")
    assert (said.turn, said.attempt, said.session) == (7, 2, "mine/s")
    assert [(turn.said, turn.session) for turn in tape.cassette.turns if turn.number == 1] == [("hello", "mine")]
