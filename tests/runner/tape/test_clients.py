"""Promises of `nexdiag.runner.tape.clients`: each request meets one tape once."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from tape_server import Counting, counting

from nexdiag.runner.tape import record, use_cassette
from nexdiag.runner.tape.clients import cover, goes_live
from nexdiag.runner.tape.patching import release


@pytest.fixture(scope="module")
def server() -> Iterator[Counting]:
    with counting() as serving:
        yield serving


def covered() -> set[tuple[Any, str]]:
    """What a scope would cover."""
    held = list(cover())
    for owner, name in held:
        release(owner, name)
    return set(held)


def test_both_libraries_are_covered() -> None:
    """Sync and async."""
    names = ("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request")
    assert covered() == {(getattr(library, kind), name) for library in (httpx, httpx2) for kind, name in names}


def test_httpx2_is_not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, httpx is covered; and where it stands under the name of httpx, it is once."""
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert {owner for owner, _ in covered()} == {httpx.HTTPTransport, httpx.AsyncHTTPTransport}
    monkeypatch.setitem(sys.modules, "httpx2", httpx)
    assert len(list(covered())) == 2


def test_a_derived_transport_is_recorded_once(server: Counting, tmp_path: Path) -> None:
    """One that calls its parent's method, also where it is named itself."""

    class Derived(httpx.HTTPTransport):
        """As users write them, to add a header."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            """Send it on."""
            request.headers["x-own"] = "1"
            return super().handle_request(request)

    class AsyncDerived(httpx2.AsyncHTTPTransport):
        """The same."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            """Send it on."""
            return await super().handle_async_request(request)

    async def ask() -> None:
        async with httpx2.AsyncClient(transport=AsyncDerived()) as client:
            await client.get(server.url)

    for number, transports in enumerate(([], [Derived, AsyncDerived])):
        with record(tmp_path / f"{number}", transports=transports) as tape:
            with httpx.Client(transport=Derived()) as client:
                client.get(server.url)
            asyncio.run(ask())
        assert len(tape.recorded) == 2


def test_whoever_guards_the_network_can_see_what_is_recorded(tmp_path: Path) -> None:
    """True while a request that a tape has sent on is under way, and at no other time."""
    seen: list[bool] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(goes_live())
        return httpx.Response(200)

    sent = httpx.MockTransport(answer)
    with httpx.Client(transport=sent) as client:
        client.get("http://h/a")
        with record(tmp_path / "x", transports=[httpx.MockTransport]):
            assert not goes_live()
            client.get("http://h/a")
        assert not goes_live()
    assert seen == [False, True]


def test_a_redirect_is_two_exchanges(tmp_path: Path) -> None:
    """As it is on the wire; and it is followed in the replay."""
    sent = httpx.MockTransport(
        lambda request: (
            httpx.Response(200, text="there")
            if request.url.path == "/b"
            else httpx.Response(302, headers={"location": "/b"})
        )
    )
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "x", mode, transports=[httpx.MockTransport]) as tape:  # noqa: SIM117
            with httpx.Client(transport=sent, follow_redirects=True) as client:
                assert client.get("http://h/a").text == "there"
    assert len(tape.played) == 2


def test_one_scope_within_another_has_it_all(server: Counting, tmp_path: Path) -> None:
    """What the inner one records, the outer one does not see; sync and async."""

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(server.url + "/inner")

    with record(tmp_path / "outer") as outer:
        with record(tmp_path / "inner") as inner:
            asyncio.run(ask())
        httpx.get(server.url + "/outer", trust_env=False)
    assert [one.request.path for one in inner.recorded] == ["/inner"]
    assert [one.request.path for one in outer.recorded] == ["/outer"]
    assert outer.strangers == []  # also git, which the inner one asks for the commit, is none
