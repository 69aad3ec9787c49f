"""Promises of nexdiag.report.answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report import sample

from nexdiag.codec.encodings import encoded
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.report.answers import CUT, answer

REQUEST = Request(method="POST", url=sample.URL)


def exchange(response: Response | None, failure: str | None = None) -> Exchange:
    return Exchange(id=0, started=1.0, request=REQUEST, response=response, failure=failure)


def test_a_stream_is_put_together() -> None:
    """The chunks of a stream become one message with its calls, its reason to stop and its tokens."""
    found = answer(exchange(sample.streamed(sample.call("read_file", "{}"), tokens=(7, 3))))
    assert found.calls == ("read_file",)
    assert (found.finish_reason, found.usage.input_tokens, found.complete, found.refusal) == (
        "tool_calls",
        7,
        True,
        None,
    )
    assert '"arguments":"{}"' in (found.message or "")


def test_a_whole_body_is_read() -> None:
    """A reply that was not streamed gives the same facts."""
    found = answer(exchange(sample.whole(sample.assistant("hello"))))
    assert (found.text, found.usage.input_tokens, found.refusal) == ("hello", 9, None)


def test_a_refusal_keeps_the_servers_words() -> None:
    """The words inside an error body come out, without its wrapping."""
    assert answer(exchange(sample.refused(400, "roles must alternate"))).refusal == "roles must alternate"


def test_an_error_under_status_200_is_a_refusal() -> None:
    """Servers that put an error into a stream they had begun, or into a 200, are not taken for successful."""
    head = (("content-type", "text/event-stream"),)
    stream = Response(
        status=200, headers=head, chunks=(Chunk(at=0, bytes=b'data: {"error":{"message":"no slot"}}\n\n'),)
    )
    assert answer(exchange(stream)).refusal == "no slot"
    body = Response(status=200, chunks=(Chunk(at=0, bytes=b'{"error":{"message":"no slot"}}'),))
    assert answer(exchange(body)).refusal == "no slot"


def test_a_broken_connection_is_told() -> None:
    """No response, or one that broke off, says why in the transport's words."""
    assert answer(exchange(None, "connection refused")).refusal == "connection refused"
    found = answer(exchange(sample.streamed(sample.assistant("half")), "peer closed"))
    assert (found.text, found.refusal, found.complete) == ("half", "peer closed", False)


def test_a_list_of_models_is_no_failure() -> None:
    """A body that holds no reply is neither a refusal nor incomplete."""
    found = answer(exchange(Response(status=200, chunks=(Chunk(at=0, bytes=b'{"data":[]}'),))))
    assert (found.message, found.refusal, found.complete) == (None, None, True)


@given(st.lists(st.binary(), max_size=5), st.booleans(), st.integers(100, 599))
def test_any_response_is_read(pieces: list[bytes], stream: bool, status: int) -> None:
    """Nothing that a server sends can break a report."""
    kind = "text/event-stream" if stream else "application/json"
    chunks = tuple(Chunk(at=0.0, bytes=piece) for piece in pieces)
    found = answer(exchange(Response(status=status, headers=(("content-type", kind),), chunks=chunks)))
    assert (found.refusal is not None) >= (status >= 400)


def test_a_bomb_is_told() -> None:
    """Its beginning is read, and nobody takes that for all of it."""
    event = b'data: {"choices":[{"index":0,"delta":{"content":"ha"}}]}\n\n'
    raw = encoded(event * 200_000, "gzip")
    headers = (("content-type", "text/event-stream"), ("content-encoding", "gzip"))
    came = answer(exchange(Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=raw or b""),))))
    assert (came.refusal, came.complete) == (CUT, False)
    assert came.text == "ha" * (2**20 // len(event))


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_compressed_answer_is_read(encoding: str) -> None:
    """Streams, whole bodies and refusals say the same with a content-encoding as without."""
    for plain in (
        sample.streamed(sample.call("read_file", "{}"), tokens=(7, 3)),
        sample.whole(sample.assistant("hello")),
        sample.refused(400, "roles must alternate"),
    ):
        raw = encoded(plain.body, encoding) or b""
        headers = (*plain.headers, ("content-encoding", encoding))
        chunks = (Chunk(at=0.0, bytes=raw[:9]), Chunk(at=0.1, bytes=raw[9:]))
        squeezed = Response(status=plain.status, headers=headers, chunks=chunks)
        assert answer(exchange(squeezed)) == answer(exchange(plain))
