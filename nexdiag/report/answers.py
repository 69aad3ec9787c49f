"""What a response came to: the assembled message of a stream or of a JSON body, or the words of a refusal.

Law: nothing here fails, whatever the server sent; what cannot be assembled is left to the raw bytes beside it.
"""

import msgspec

from nexdiag.codec.answered import reply_of
from nexdiag.codec.chat import encode_message, split_error
from nexdiag.codec.encodings import READ_OF_A_BOMB, read_response, response_text
from nexdiag.codec.wire import wire_of
from nexdiag.core.exchange import REFUSED, Exchange
from nexdiag.core.message import Message, Reply, Usage
from nexdiag.report.messages import text_of

CUT = f"only its first {READ_OF_A_BOMB >> 20} MiB was read: without its content-encoding it is huge"
"""Of an answer that is a bomb."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One response, read."""

    message: str | None = None
    """The assistant's message as JSON text; None where there was none."""
    text: str = ""
    calls: tuple[str, ...] = ()
    finish_reason: str | None = None
    usage: Usage = Usage()
    complete: bool = True
    """False if a stream ended before its end was said."""
    refusal: str | None = None
    """The server's words, or the transport's, where the exchange did not succeed."""


def answer(exchange: Exchange) -> Answer:
    """What came of an exchange."""
    response = exchange.response
    if response is None:
        return Answer(refusal=exchange.failure or "no response came", complete=False)
    if response.status >= REFUSED:
        return Answer(refusal=split_error(response.status, response_text(response)))
    reply, words = reply_of(response, wire_of(exchange.request.url) or "chat")
    found = _read(reply, refusal=words or None)
    if not response.streamed:  # a body in one piece that holds no reply (a list of models) is no failure
        found = msgspec.structs.replace(found, complete=not words)
    if found.refusal is None and read_response(response)[1]:
        return msgspec.structs.replace(found, refusal=CUT, complete=False)
    if exchange.failure and found.refusal is None:
        return msgspec.structs.replace(found, refusal=exchange.failure, complete=False)
    return found


def _read(reply: Reply, refusal: str | None) -> Answer:
    message = reply.message
    return Answer(
        message=_as_json(message) if message.content or message.tool_calls or message.reasoning else None,
        text=message.text,
        calls=tuple(call.name for call in message.tool_calls),
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        complete=reply.complete,
        refusal=refusal,
    )


def _as_json(message: Message) -> str | None:
    """The assembled message as a request would carry it, with what the model thought aloud."""
    extra = message.extra | ({"reasoning_content": message.reasoning} if message.reasoning else {})
    try:
        return text_of(encode_message(msgspec.structs.replace(message, extra=extra)))
    except ValueError:
        return None
