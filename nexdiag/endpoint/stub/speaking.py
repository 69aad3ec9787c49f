"""A reply → the bytes of an answer, in the dialect that was asked in and with the server's habits."""

from collections.abc import Iterator

import msgspec

from nexdiag.codec import anthropic, jsontext, responses
from nexdiag.codec.chat import encode_reply, encode_stream
from nexdiag.core.endpoint import Profile, Wire
from nexdiag.core.message import Reply

_IDS: dict[Wire, str] = {"chat": "chatcmpl-", "responses": "resp_", "anthropic": "msg_"}


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is told."""

    wire: Wire
    profile: Profile
    created: int
    """Unix time in seconds."""
    include_usage: bool
    """Whether the client asked for usage in a stream."""

    @property
    def reasoning_field(self) -> str | None:
        """The field for what the model thinks; None if this server has none. Of a server nobody knows, the usual."""
        return self.profile.stream.reasoning_field or (None if self.profile.known else "reasoning_content")

    @property
    def usage(self) -> bool:
        """Whether a stream tells the usage."""
        habit = self.profile.stream.usage
        return habit == "always" or (habit == "asked" and self.include_usage)


def whole(reply: Reply, how: Manner) -> bytes:
    """The body of an answer that is not streamed."""
    reply = _named(reply, how)
    if how.wire == "anthropic":
        return anthropic.encode_reply(reply)
    if how.wire == "responses":
        return responses.encode_reply(reply, created=how.created)
    field = how.reasoning_field
    return encode_reply(_without(reply, field), created=how.created, reasoning_field=field or "")


def streamed(reply: Reply, how: Manner) -> Iterator[bytes]:
    """The pieces of a streamed answer: an event each, and what this server sends before them."""
    reply, habits = _named(reply, how), how.profile.stream
    if habits.comment:
        yield f": {habits.comment}\n\n".encode()
    if how.wire == "anthropic":
        yield from anthropic.encode_stream(reply)
    elif how.wire == "responses":
        yield from responses.encode_stream(reply, created=how.created)
    else:
        if habits.opening is not None:
            yield b"data: " + jsontext.write(habits.opening) + b"\n\n"
        field = how.reasoning_field
        yield from encode_stream(
            _without(reply, field),
            created=how.created,
            usage=how.usage,
            done=habits.done,
            tool_index=habits.tool_index,
            reasoning_field=field or "",
            null_start=habits.null_start,
            usage_with_finish=habits.usage_with_finish,
        )


def _named(reply: Reply, how: Manner) -> Reply:
    return msgspec.structs.replace(reply, response_id=f"{_IDS[how.wire]}{reply.response_id}")


def _without(reply: Reply, field: str | None) -> Reply:
    """The reply without its reasoning, where there is no field for it."""
    if field:
        return reply
    return msgspec.structs.replace(reply, message=msgspec.structs.replace(reply.message, reasoning=None))
