"""Promises of `nexdiag.runner.tape.watch`: whoever goes past a tape is named, with the line and the remedy."""

import asyncio
import http.client
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import urllib3
from tape_server import Counting, counting

from nexdiag.core.errors import NothingToDo
from nexdiag.runner.tape import record, use_cassette

VCR, PROXY, CAPTURE = "nexdiag.vcr()", "nexdiag proxy --upstream", "nexdiag capture -- COMMAND"


@pytest.fixture(scope="module")
def server() -> Iterator[Counting]:
    with counting() as serving:
        yield serving


def by_requests(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.get(url)


def by_urllib3(url: str) -> None:
    with urllib3.PoolManager() as pool:
        pool.request("GET", url)


def by_urllib(url: str) -> None:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - a loopback address
        answer.read()


def by_http_client(url: str) -> None:
    connection = http.client.HTTPConnection(url.partition("://")[2])
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def by_aiohttp(url: str) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            await answer.read()

    asyncio.run(ask())


def by_streams(url: str) -> None:
    async def ask() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.close()
        await writer.wait_closed()

    asyncio.run(ask())


def by_socket(url: str) -> None:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
        pass


def by_a_program(url: str) -> None:
    subprocess.run([sys.executable, "-S", "-c", ""], check=True)


def by_a_program_of_a_loop(url: str) -> None:
    async def run() -> None:
        await (await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", "")).wait()

    asyncio.run(run())


STRANGERS = [
    (by_requests, "requests", VCR),
    (by_urllib3, "urllib3", VCR),
    (by_urllib, "urllib.request", VCR),
    (by_http_client, "http.client", VCR),
    (by_aiohttp, "aiohttp", VCR),
    (by_streams, "asyncio", PROXY),
    (by_socket, "socket", PROXY),
    (by_a_program, "subprocess", CAPTURE),
    (by_a_program_of_a_loop, "subprocess", CAPTURE),
]


@pytest.mark.parametrize(("go", "name", "hint"), STRANGERS)
def test_who_went_past_is_named(
    server: Counting, tmp_path: Path, go: Callable[[str], None], name: str, hint: str
) -> None:
    """Library, file, line, function; and how it can be caught."""
    with pytest.raises(NothingToDo, match="no exchange was recorded") as error, record(tmp_path / "c"):
        go(server.url)
    assert f"past it went {name} at {__file__}:" in error.value.what
    assert go.__name__ in error.value.what
    assert f"{name}: " in error.value.hint
    assert hint in error.value.hint


def test_a_connection_that_was_open_before_is_seen(server: Counting, tmp_path: Path) -> None:
    """It connects no more, and goes past all the same."""
    with requests.Session() as session:
        session.trust_env = False
        session.get(server.url)
        with pytest.raises(NothingToDo, match="past it went requests at"), record(tmp_path / "c"):
            session.get(server.url)


def test_ours_are_no_strangers(server: Counting, tmp_path: Path) -> None:
    """A client of httpx connects through sockets too, sync and async; unix sockets are no network."""

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(server.url)

    with record(tmp_path / "c") as tape:
        httpx.get(server.url, trust_env=False)
        asyncio.run(ask())
        with socket.socket(socket.AF_UNIX) as opened:
            opened.connect_ex(str(tmp_path / "nobody"))
    assert tape.strangers == []


def test_a_replay_that_nobody_asked_is_told_who_went_live(server: Counting, tmp_path: Path) -> None:
    """In mode none too: a client that is not covered must not look like a replay."""
    with record(tmp_path / "c"):
        httpx.get(server.url, trust_env=False)
    with pytest.raises(NothingToDo, match=r"of .*c was played: past it went requests"), use_cassette(tmp_path / "c"):
        by_requests(server.url)


def test_everything_is_put_back(server: Counting, tmp_path: Path) -> None:
    """The methods that were watched are those that were there."""
    watched = [
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
        (http.client.HTTPConnection, "putrequest"),
        (subprocess.Popen, "__init__"),
        (aiohttp.BaseConnector, "connect"),
    ]
    before = [vars(owner).get(name) for owner, name in watched]  # type: ignore[arg-type]
    with record(tmp_path / "c"):
        httpx.get(server.url, trust_env=False)
        assert [vars(owner).get(name) for owner, name in watched] != before  # type: ignore[arg-type]
    assert [vars(owner).get(name) for owner, name in watched] == before  # type: ignore[arg-type]


def test_few_of_many_are_kept(server: Counting, tmp_path: Path) -> None:
    """The same line a hundred times is told once."""
    with pytest.raises(NothingToDo) as error, record(tmp_path / "c"):  # noqa: PT012 - the end raises
        for _ in range(100):
            by_socket(server.url)
    assert error.value.what.count(__file__) == 1
