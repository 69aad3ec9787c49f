"""web_search asks who is configured, and takes any answer."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Asked, serving

from nexdiag.agent.config import WebSearch as Backend
from nexdiag.agent.tools.web_search import HITS, SIZE, SNIPPET, WebSearch, _hits
from nexdiag.core.errors import ToolError

SEARXNG = Backend(kind="searxng", url="http://127.0.0.1:1/searx/")
BRAVE = Backend(kind="brave", api_key_env="BRAVE")


def search(  # noqa: PLR0913 - each test names the few that it needs
    backend: Backend | None,
    body: object = None,
    *,
    status: int = 200,
    environ: Mapping[str, str] | None = None,
    query: str = "q",
    sent: list[httpx.Request] | None = None,
) -> str:
    """What the tool says if the service answers so."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        if sent is not None:
            sent.append(request)
        return httpx.Response(status, stream=httpx.ByteStream(raw), headers={"location": "http://elsewhere/"})

    tool = WebSearch(backend, httpx.MockTransport(answer), environ=environ or {})
    return asyncio.run(tool.run({"query": query}))


def refusal(*arguments: Any, **more: Any) -> ToolError:  # noqa: ANN401 - those of `search`
    with pytest.raises(ToolError) as caught:
        search(*arguments, **more)
    return caught.value


HIT = {"title": "A  title", "url": "http://a/", "content": "some\nwords"}


def test_hits_are_numbered_lines() -> None:
    """Title, address, excerpt; white space made even (reference fault 40: the words themselves, no handle)."""
    sent: list[httpx.Request] = []
    assert search(SEARXNG, {"results": [HIT, HIT]}, query=" a  b ", sent=sent) == (
        "1. A title\n   http://a/\n   some words\n2. A title\n   http://a/\n   some words"
    )
    assert str(sent[0].url) == "http://127.0.0.1:1/searx/search?q=a+b&format=json"


def test_brave_gets_its_key_and_no_other_gets_it() -> None:
    """The key stands in a header, in no error, and is not sent after a redirect."""
    sent: list[httpx.Request] = []
    body = {"web": {"results": [{"title": "t", "url": "http://a/", "description": "d"}]}}
    assert search(BRAVE, body, environ={"BRAVE": "k3y"}, sent=sent) == "1. t\n   http://a/\n   d"
    assert sent[0].url.host == "api.search.brave.com"
    assert sent[0].headers["x-subscription-token"] == "k3y"
    error = refusal(BRAVE, {}, environ={"BRAVE": "k3y"}, status=302, sent=sent)
    assert error.what == "the search service answered HTTP 302"
    assert len(sent) == 2
    assert "k3y" not in str(error)


def test_without_a_backend_the_lines_to_write_are_told() -> None:
    """The model can tell the user what to do."""
    error = refusal(None)
    assert error.what == "no search service is configured"
    assert '[tools.web_search]\nkind = "searxng"\nurl = ' in error.hint


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        (Backend(kind="searxgn"), "unknown kind: 'searxgn'"),
        (Backend(kind="searxng"), "needs url with http:// or https://, found ''"),
        (Backend(kind="searxng", url="file:///etc"), "needs url"),
        (Backend(kind="brave"), "names no api_key_env"),
        (BRAVE, "the variable BRAVE is empty"),
    ],
)
def test_a_faulty_setting_is_told(backend: Backend, told: str) -> None:
    """By its place in the config."""
    assert told in refusal(backend).what


def test_a_key_that_no_header_can_carry_is_told_and_not_shown() -> None:
    """A line break in a variable is a mistake of whoever set it."""
    error = refusal(BRAVE, environ={"BRAVE": "k3y\n"})
    assert "empty or no key" in error.what
    assert "k3y" not in error.what


def test_a_searxng_that_refuses_json_is_explained() -> None:
    """Its default: only HTML is served."""
    assert "search.formats" in refusal(SEARXNG, status=403).hint
    assert refusal(SEARXNG, status=500).hint == ""


@pytest.mark.parametrize("raw", [b"<html>", b"", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_told(raw: bytes) -> None:
    """A page in place of an answer is not shown to the model."""
    assert refusal(SEARXNG, raw).what == "the search service did not answer with JSON"


def test_hits_are_bounded() -> None:
    """Twenty, each with a short excerpt, without control characters."""
    long = {"title": "t\x1b[31m" * 999, "url": "http://a/" + "x" * 9999, "content": "w " * 9999}
    text = search(SEARXNG, {"results": [long] * 30})
    assert text.count("http://a/") == HITS
    assert max(len(line) for line in text.splitlines()) < 600
    assert all(len(line) <= SNIPPET + 3 for line in text.splitlines()[2::3])
    assert "\x1b" not in text


def test_too_large_an_answer_is_not_read() -> None:
    """Memory is bounded."""
    assert "more than 2 MiB" in refusal(SEARXNG, b"x" * (SIZE + 1)).what


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["results", "web", "url", "title", "content"]), inner)
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([SEARXNG, BRAVE]))
def test_any_json_is_some_hits_or_none(body: object, backend: Backend) -> None:
    """Wrong types anywhere are passed over."""
    assert all(isinstance(hit, str) for hit in _hits(body, backend.kind))


@pytest.mark.parametrize("query", ["", " \n", "x" * 501])
def test_a_senseless_query_is_refused(query: str) -> None:
    """Nobody is asked."""
    assert "query must have 1 to 500 characters" in refusal(SEARXNG, query=query).what


def test_a_service_that_hangs_or_is_down_is_told(tmp_path: Path) -> None:
    """The turn goes on (reference fault 29)."""

    async def main() -> None:
        over = asyncio.Event()

        async def never(asked: Asked) -> None:
            await over.wait()

        async with serving(never) as url:
            tool = WebSearch(Backend(url=url), httpx.AsyncHTTPTransport(), environ={}, seconds=0.1)
            with pytest.raises(ToolError, match=r"gave no answer within 0\.1 s"):
                await tool.run({"query": "q"})
            over.set()
            for _ in range(5):  # the server closes its side
                await asyncio.sleep(0)
        down = WebSearch(Backend(url="http://127.0.0.1:9"), httpx.AsyncHTTPTransport(), environ={})
        with pytest.raises(ToolError, match="cannot be reached"):
            await down.run({"query": "q"})

    asyncio.run(main())
