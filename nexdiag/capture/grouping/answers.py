"""What a request was answered, as far as grouping and progress lines want to know it. Pure; never raises."""

import msgspec

from nexdiag.capture.grouping.entries import Entry, answer_entry, call_entry
from nexdiag.codec.answered import reply_of
from nexdiag.codec.chat import split_error
from nexdiag.codec.encodings import response_text
from nexdiag.codec.wire import wire_of
from nexdiag.core.exchange import REFUSED, Exchange
from nexdiag.core.message import Usage

_LONGEST = 20_000
"""Characters of an answer that are kept: more would be a second recording."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    status: int | None = None
    failed: bool = False
    """It was refused, broken off, or said its own failure."""
    refusal: str = ""
    """The server's words, or the transport's; empty for an answer."""
    usage: Usage = Usage()
    calls: tuple[str, ...] = ()
    """Names of the tools that the model called."""
    text: str = ""
    """The beginning of what it said."""
    response_id: str = ""
    first: Entry | None = None
    """The entry by which a history goes on that holds this answer."""


def heard(exchange: Exchange) -> Heard:
    """Read the answer of an exchange that has ended."""
    response = exchange.response
    if response is None:
        return Heard(failed=True, refusal=exchange.failure or "no response came")
    if response.status >= REFUSED:
        words = split_error(response.status, response_text(response))
        return Heard(status=response.status, failed=True, refusal=words)
    wire = wire_of(exchange.request.url)
    if wire is None:
        return Heard(status=response.status, failed=bool(exchange.failure), refusal=exchange.failure or "")
    reply, said = reply_of(response, wire)
    refusal = exchange.failure or said
    calls = reply.message.tool_calls
    entry = answer_entry(reply.message.text) or (call_entry(calls[0].id, calls[0].name) if calls else None)
    return Heard(
        status=response.status,
        failed=bool(refusal) or not reply.complete,
        refusal=refusal or ("" if reply.complete else "the answer broke off before its end"),
        usage=reply.usage,
        calls=tuple(call.name for call in calls),
        text=reply.message.text[:_LONGEST],
        response_id=reply.response_id or "",
        first=entry,
    )
