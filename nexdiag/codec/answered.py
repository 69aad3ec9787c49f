"""A recorded answer → the reply that it holds, and what it says of its own failure: streamed or whole, on any wire.

Law: nothing here fails, whatever a server sent; a content-encoding is undone, as far as that can be.
"""

from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.chat import split_error
from nexdiag.codec.encodings import response_text
from nexdiag.codec.sse import Parser
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.core.exchange import Response
from nexdiag.core.message import Reply

_LOOKED_AT = 20_000
"""Bytes of a body in which a word of an error is looked for."""


def reply_of(response: Response, wire: Wire) -> tuple[Reply, str]:
    """The reply, as far as it came, and the words of a failure that was told under a status of success."""
    body, dialect = response_text(response), DIALECTS[wire]
    if not response.streamed:
        reply = dialect.decode_reply(body)
        return reply, split_error(response.status, body) if _is_error(body, reply) else ""
    parser, accumulator = Parser(), dialect.accumulator()
    for event in parser.feed(body) + parser.close():
        accumulator.feed(event)
    error = accumulator.error
    return accumulator.finish(), "" if error is None else error.message or "an error without words"


def _is_error(body: bytes, reply: Reply) -> bool:
    """Whether a body in one piece is an error. A list of models is none, and no reply either."""
    if b"error" not in body:
        return False
    try:
        value: Any = jsontext.read(body)
    except ValueError:
        return not (reply.complete or reply.message.text) and b"error" in body[:_LOOKED_AT]
    while isinstance(value, list) and len(value) == 1:  # Gemini's compatible endpoint wraps its error in a list
        value = value[0]
    return isinstance(value, dict) and bool(value.get("error"))
