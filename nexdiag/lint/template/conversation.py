"""A request of any of the three wires as chat messages, and each beginning of it: as servers turn one into the other.

Law: reading never raises. An entry of the request's list keeps its index, whatever becomes of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.chat.message import message_value, spec_value
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message

_SYSTEM = {"anthropic": "system", "responses": "instructions"}
_LIST = {"anthropic": "messages", "responses": "input"}


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks a model, as far as a template sees it."""

    entries: tuple[Any, ...]
    """The request's own list: messages, or items."""
    tools: Any = None
    """As chat completions have them."""
    kwargs: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The request's `chat_template_kwargs`."""
    wire: Wire = "chat"
    system: Any = None
    """What stands outside of the list: `system`, or `instructions`."""

    def upto(self, count: int) -> list[dict[str, Any]]:
        """The first so many entries as chat messages, after what stands before them."""
        if self.wire == "chat":
            return [entry if isinstance(entry, dict) else {} for entry in self.entries[:count]]
        messages, _ = _decoded(self.wire, {_LIST[self.wire]: list(self.entries[:count])}, self.system)
        return [_plain(message) for message in messages]


def conversation_of(request: Mapping[str, Any], wire: Wire = "chat") -> Conversation:
    """The conversation of a request body."""
    kwargs = request.get("chat_template_kwargs")
    kwargs = kwargs if isinstance(kwargs, dict) else {}
    if wire == "chat":
        messages = request.get("messages")
        entries = tuple(messages) if isinstance(messages, list) else ()
        return Conversation(entries=entries, tools=request.get("tools"), kwargs=kwargs)
    said = request.get(_LIST[wire])
    said = [{"role": "user", "content": said}] if isinstance(said, str) else said
    system = request.get(_SYSTEM[wire])
    _, specs = _decoded(wire, {"tools": request.get("tools")}, None)
    return Conversation(
        entries=tuple(said) if isinstance(said, list) else (),
        tools=[spec_value(spec) for spec in specs] or None,
        kwargs=kwargs,
        wire=wire,
        system=system,
    )


def _decoded(wire: Wire, body: dict[str, Any], system: object) -> tuple[Sequence[Message], Sequence[ToolSpec]]:
    if system is not None:
        body |= {_SYSTEM[wire]: system}
    try:
        request = DIALECTS[wire].decode_request(jsontext.write(body))
    except (UsageError, ValueError, RecursionError):
        return (), ()
    return request.messages, request.tools


def _plain(message: Message) -> dict[str, Any]:
    """Without what the wire keeps beside: a server hands over what chat completions know, and nothing else."""
    bare = msgspec.structs.replace(
        message,
        content=message.text if isinstance(message.content, list) and _speaks(message.content) else message.content,
        extra={},
        tool_calls=tuple(msgspec.structs.replace(call, extra={}) for call in message.tool_calls),
    )
    return message_value(bare, reasoning_field="reasoning_content")


def _speaks(parts: list[dict[str, Any]]) -> bool:
    return all(isinstance(part.get("text"), str) for part in parts)
