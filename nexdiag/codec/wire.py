"""The dialects that models are spoken to in, as one table: who sends and reads needs no other word of any wire.

    chat        OpenAI chat completions     POST {base}/chat/completions
    responses   OpenAI Responses            POST {base}/responses
    anthropic   Anthropic Messages          POST {base}/messages

Law: nothing is decided here. A row names the functions of one codec, and gives them the same shape.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import msgspec

from nexdiag.codec import anthropic, chat, responses, sse
from nexdiag.codec.chat import ChatRequest, Delta, StreamError, ToolSpec
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Sends, Wire
from nexdiag.core.message import Message, Reply

ANTHROPIC_VERSION = "2023-06-01"
"""The one version of the Messages interface that servers other than Anthropic's own know as well."""


_FOREIGN = frozenset({anthropic.KEY, responses.KEY})


class _Named(msgspec.Struct):
    model: str = ""


_named = msgspec.json.Decoder(_Named)
_text = msgspec.json.Decoder(str)


class Accumulator(Protocol):
    """Puts a streamed reply together. Never raises, whatever the events hold."""

    malformed: list[str]
    """The beginning of each event's data that this wire has no meaning for."""
    error: StreamError | None
    """An error that the server told inside its stream."""
    done: bool
    """Whether the stream said that it has ended: nothing that follows counts, and nobody need wait for it."""

    @property
    def conflict(self) -> str | None:
        """How the events contradicted each other about who is called: such a reply is never complete."""
        ...

    def feed(self, event: sse.Event) -> list[Delta]:
        """Take one event; give what it added."""
        ...

    def finish(self) -> Reply:
        """Give the reply as far as it came."""
        ...


class EncodeRequest(Protocol):
    """Writes the body of a request."""

    def __call__(  # noqa: PLR0913 - the fields of a request; all but the messages are named
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int | None,
        tools: Sequence[ToolSpec],
        sends: Sends,
        stream: bool = True,
    ) -> bytes:
        """`sends` tells what this server takes, as far as its wire has a choice."""
        ...


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One wire, as a client needs it."""

    route: str
    """What is appended to the base URL, which ends in its version segment."""
    encode_request: EncodeRequest
    decode_request: Callable[[bytes], ChatRequest]
    """What a client asked. Raises UsageError for what is no JSON object."""
    decode_reply: Callable[[bytes], Reply]
    """The reply of a whole body; an incomplete, empty one if the body holds none. Never raises."""
    accumulator: Callable[[], Accumulator]
    """A fresh one for each stream."""
    headers: Callable[[str], dict[str, str]]
    """What carries the key, and what the wire asks for beside it; no key is sent for an empty one."""


def _encode_chat(  # noqa: PLR0913 - the shape of EncodeRequest
    messages: Sequence[Message],
    *,
    model: str,
    max_tokens: int | None,
    tools: Sequence[ToolSpec],
    sends: Sends,
    stream: bool = True,
) -> bytes:
    return chat.encode_request(
        [_own(message) for message in messages],
        model=model,
        max_tokens=max_tokens,
        max_tokens_field=sends.max_tokens_field,
        tools=tools,
        stream=stream,
        include_usage=sends.stream_options,
        developer_role=sends.developer_role,
        reasoning_field=sends.reasoning_field,
        null_content=sends.null_content,
        system_role=sends.system_role,
        nine_sign_ids=sends.nine_sign_ids,
        schema_without=sends.schema_without,
    )


def _plain(encode: Callable[..., bytes]) -> EncodeRequest:
    """For a wire that leaves a client nothing to choose."""

    def encoded(  # noqa: PLR0913 - the shape of EncodeRequest
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int | None,
        tools: Sequence[ToolSpec],
        sends: Sends,  # noqa: ARG001 - nothing is chosen by it
        stream: bool = True,
    ) -> bytes:
        return encode(messages, model=model, max_tokens=max_tokens, tools=tools, stream=stream)

    return encoded


def _own(message: Message) -> Message:
    """The message without what other wires keep in it: chat completions send all extra fields back."""
    if not _FOREIGN & message.extra.keys():
        return message
    extra = {key: value for key, value in message.extra.items() if key not in _FOREIGN}
    return msgspec.structs.replace(message, extra=extra)


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def _x_api_key(key: str) -> dict[str, str]:
    version = {"anthropic-version": ANTHROPIC_VERSION}
    return version | {"x-api-key": key} if key else version


DIALECTS: Mapping[Wire, Dialect] = MappingProxyType(
    {
        "chat": Dialect(
            route="/chat/completions",
            encode_request=_encode_chat,
            decode_request=chat.decode_request,
            decode_reply=chat.decode_reply,
            accumulator=chat.Accumulator,
            headers=_bearer,
        ),
        "responses": Dialect(
            route="/responses",
            encode_request=_plain(responses.encode_request),
            decode_request=responses.decode_request,
            decode_reply=responses.decode_reply,
            accumulator=responses.Accumulator,
            headers=_bearer,
        ),
        "anthropic": Dialect(
            route="/messages",
            encode_request=_plain(anthropic.encode_request),
            decode_request=anthropic.decode_request,
            decode_reply=anthropic.decode_reply,
            accumulator=anthropic.Accumulator,
            headers=_x_api_key,
        ),
    }
)


def wire_of(url: str) -> Wire | None:
    """The wire that a recorded request was sent on, by the end of its path; None for any other path."""
    path = url.partition("?")[0].rstrip("/")
    return next((wire for wire, dialect in DIALECTS.items() if path.endswith(dialect.route)), None)


def origin_of(url: str) -> str:
    """The base URL that a request was made on: without its route, if it is one that a dialect has; else the host."""
    whole = url.partition("?")[0].partition("#")[0]
    wire = wire_of(whole)
    if wire is not None:
        return whole.rstrip("/").removesuffix(DIALECTS[wire].route).rstrip("/")
    scheme, found, rest = whole.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if found else ""


def model_of(body: Body) -> str:
    """The model that a request names; empty where it names none. Its messages are not put together for that."""
    try:
        if body.raw is not None:
            return _named.decode(body.raw).model
        named = (field.value for field in body.fields if field.key == b'"model"')
        return next((_text.decode(value) for value in named if isinstance(value, bytes)), "")
    except (ValueError, RecursionError):
        return ""
