"""Whether an answer had come whole when its client closed it. Pure.

Clients stop reading where a stream says that it ends (openai's closes at `[DONE]`), and not where its bytes end.
"""

import re
from collections.abc import Sequence

from nexdiag.core.exchange import Chunk, Headers

_LOOKED_AT = 400_000
"""Bytes at the end in which the last event stands: that of Responses holds the whole answer again."""
_END = re.compile(
    rb"(?:\A|\n)data:[ ]?\[DONE\][ ]*(?:\r?\n|\Z)"
    rb'|(?:\A|\n)data:[ ]?\{[^\n]*"type"[ ]?:[ ]?'
    rb'"(?:message_stop|response\.(?:completed|incomplete|failed))"[^\n]*\}[ ]*\r?\n'
)


def is_whole(headers: Headers, chunks: Sequence[Chunk]) -> bool:
    """Whether the stream has said that it ends, or as many bytes came as were announced."""
    length = next((value for name, value in headers if name == "content-length"), "")
    if length.isdecimal():
        return sum(len(chunk.bytes) for chunk in chunks) >= int(length)
    tail: list[bytes] = []
    size = 0
    for chunk in reversed(chunks):
        tail.append(chunk.bytes)
        size += len(chunk.bytes)
        if size >= _LOOKED_AT:
            break
    return _END.search(b"".join(reversed(tail))) is not None
