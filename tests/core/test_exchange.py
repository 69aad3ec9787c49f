"""Promises of `nexdiag.core.exchange`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.exchange import Chunk, Chunks, Request, Response, client_left, unfinished


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h:1/v1/chat?a=b", "/v1/chat?a=b"),
        ("https://h", "/"),
        ("https://h/", "/"),
        ("http://h/a?next=http://x/y", "/a?next=http://x/y"),
        ("/v1", "/v1"),
        ("", "/"),
    ],
)
def test_the_path_is_what_comes_after_the_host(url: str, path: str) -> None:
    """With its query: what matching looks at."""
    assert Request(method="GET", url=url).path == path


@given(st.lists(st.binary()))
def test_a_body_is_its_chunks_joined(pieces: list[bytes]) -> None:
    """Every byte, in the order in which it came."""
    response = Response(status=200, chunks=tuple(Chunk(at=0.0, bytes=piece) for piece in pieces))
    assert response.body == b"".join(pieces)


@given(st.lists(st.binary()))
def test_the_bytes_of_chunks_need_no_chunks(pieces: list[bytes]) -> None:
    """They are the same whether somebody has looked at the chunks or not, and whoever gives them."""
    made = tuple(Chunk(at=0.0, bytes=piece) for piece in pieces)
    plain, quick = Chunks(len(made), lambda: made), Chunks(len(made), lambda: made, lambda: list(pieces))
    assert plain.raws == quick.raws == pieces
    assert quick == made
    assert quick.raws == pieces


def test_headers_are_found_by_name() -> None:
    """The first of that name; an empty text if there is none."""
    headers = (("a", "1"), ("a", "2"))
    for word in (Request(method="GET", url="", headers=headers), Response(status=200, headers=headers)):
        assert (word.header("a"), word.header("b")) == ("1", "")


@pytest.mark.parametrize(
    ("failure", "left", "cut"),
    [
        (None, False, False),
        ("", False, False),
        ("ReadError: the client left", False, False),
        ("ClientClosedElsewhere", False, False),
        ("ClientClosed: early", True, False),
        ("asyncio.exceptions.CancelledError", True, False),
        ("KeyboardInterrupt", True, False),
        ("Unfinished: the recording ended first", False, True),
    ],
)
def test_a_failure_tells_whose_doing_it_was(failure: str | None, left: bool, cut: bool) -> None:
    assert (client_left(failure), unfinished(failure)) == (left, cut)


@pytest.mark.parametrize(
    ("kind", "streamed"),
    [("text/event-stream", True), ("text/event-stream; charset=utf-8", True), ("application/json", False), ("", False)],
)
def test_an_event_stream_is_known_by_its_type(kind: str, streamed: bool) -> None:
    """Whatever parameters follow."""
    assert Response(status=200, headers=(("content-type", kind),)).streamed == streamed
