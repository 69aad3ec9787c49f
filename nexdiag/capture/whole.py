"""Whether an answer had come whole when its client closed it. Pure.

Clients stop reading where a stream says that it ends (openai's closes at `[DONE]`), and not where its bytes end.
"""

import re
from collections.abc import Sequence

from nexdiag.codec.encodings import encoding_of, plain_pieces
from nexdiag.core.exchange import Chunk, Headers, header

_LOOKED_AT = 400_000
"""Bytes at the end in which the last event stands: that of Responses holds the whole answer again."""
_DIGITS = 18
"""Of a length that is announced. More of them are none."""
_END = re.compile(
    rb"(?:\A|\n)data:[ ]?\[DONE\][ ]*(?:\r?\n|\Z)"
    rb'|(?:\A|\n)data:[ ]?\{[^\n]*"type"[ ]?:[ ]?'
    rb'"(?:message_stop|response\.(?:completed|incomplete|failed))"[^\n]*\}[ ]*\r?\n'
    rb'|(?:\A|\n)data:[ ]?\{[^\n]*"finish_reason"[ ]?:[ ]?"[a-z_]{1,40}"[^\n]*\}[ ]*\r?\n'
)


def is_whole(headers: Headers, chunks: Sequence[Chunk]) -> bool:
    """Whether the stream has said that it ends, or as many bytes came as were announced."""
    length = header(headers, "content-length")
    if length.isdecimal() and len(length) <= _DIGITS:
        return sum(len(chunk.bytes) for chunk in chunks) >= int(length)
    encoding = encoding_of(headers)
    plain = plain_pieces([chunk.bytes for chunk in chunks], encoding) if encoding else None
    return _END.search(_tail([chunk.bytes for chunk in chunks] if plain is None else plain)) is not None


def _tail(pieces: Sequence[bytes]) -> bytes:
    tail: list[bytes] = []
    size = 0
    for piece in reversed(pieces):
        tail.append(piece)
        size += len(piece)
        if size >= _LOOKED_AT:
            break
    return b"".join(reversed(tail))
