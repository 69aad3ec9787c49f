"""Promises of `nexdiag.capture.whole`."""

import pytest

from nexdiag.capture.whole import is_whole
from nexdiag.codec.encodings import encoded
from nexdiag.core.exchange import Chunk

EVENT = b'data: {"choices":[{"delta":{"content":"data: [DONE]"}}]}\n\n'
WHOLE = [
    EVENT + b"data: [DONE]\n\n",
    EVENT + b"data: [DONE]",
    b"data:[DONE]\r\n\r\n",
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    b'event: response.completed\ndata: {"type": "response.completed","response":{"output":[]}}\n\n',
    EVENT + b"data: [DONE]\n\n: a comment after it\n\n",
    EVENT + b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
    EVENT + b'data: {"choices":[{"finish_reason": "length", "delta":{}}]}\r\n\r\ndata: {"usage":{}}\n\n',
]
CUT = [
    b"",
    EVENT,
    EVENT + b"data: [DON",
    b'data: {"type":"response.completed","resp',
    b'data: {"type":"content_block_delta","delta":{"text":"message_stop"}}\n\n',
    b'{"choices":[]}',
    b'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":null}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"{\\"finish_reason\\":\\"stop\\"}"}}]}\n\n',
]


@pytest.mark.parametrize("body", WHOLE)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_that_said_its_end_is_whole(body: bytes, size: int) -> None:
    """On each wire, however it was cut into chunks."""
    chunks = [Chunk(at=0, bytes=body[at : at + size]) for at in range(0, len(body), size)]
    assert is_whole((), chunks)


@pytest.mark.parametrize("body", CUT)
def test_what_did_not_say_so_is_not(body: bytes) -> None:
    """Neither half of an end nor an end that the model only speaks of counts."""
    assert not is_whole((), [Chunk(at=0, bytes=body)])


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "snappy"])
def test_a_compressed_stream_is_looked_into(encoding: str) -> None:
    """Its end is what it stands for; of an encoding that nobody knows, none is seen."""
    for body, whole in ((WHOLE[0], encoding != "snappy"), (EVENT, False)):
        raw = encoded(body, encoding) or b"?"
        chunks = [Chunk(at=0, bytes=raw[:9]), Chunk(at=0, bytes=raw[9:])]
        assert is_whole((("content-encoding", encoding),), chunks) is whole


def test_an_announced_length_decides() -> None:
    """As many bytes as were announced are the whole body, and fewer are not."""
    chunks = [Chunk(at=0, bytes=b"12345")]
    assert is_whole((("content-length", "5"),), chunks)
    assert not is_whole((("content-length", "6"),), chunks)
    assert not is_whole((("content-length", "1" * 5000),), chunks)


def test_a_long_stream_is_looked_at_from_its_end() -> None:
    """What a closing costs does not grow with the stream."""
    many = [Chunk(at=0, bytes=EVENT)] * 20_000
    assert is_whole((), [*many, Chunk(at=0, bytes=b"data: [DONE]\n\n")])
    assert not is_whole((), many)
