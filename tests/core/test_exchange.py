"""Promises of `nexdiag.core.exchange`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.exchange import Chunk, Request, Response


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


def test_headers_are_found_by_name() -> None:
    """The first of that name; an empty text if there is none."""
    response = Response(status=200, headers=(("a", "1"), ("a", "2")))
    assert (response.header("a"), response.header("b")) == ("1", "")


@pytest.mark.parametrize(
    ("kind", "streamed"),
    [("text/event-stream", True), ("text/event-stream; charset=utf-8", True), ("application/json", False), ("", False)],
)
def test_an_event_stream_is_known_by_its_type(kind: str, streamed: bool) -> None:
    """Whatever parameters follow."""
    assert Response(status=200, headers=(("content-type", kind),)).streamed == streamed
