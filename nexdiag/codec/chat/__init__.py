"""Chat completions, both ways. Everything public is imported from here.

message   Message, ToolSpec ⇄ JSON values        request   messages and tools ⇄ a request body
reply     Reply ⇄ a whole JSON body              stream    Reply ⇄ server-sent events
slots     tool calls out of their deltas         error     a refusal's body → the server's words
"""

from nexdiag.codec.chat.error import split_error
from nexdiag.codec.chat.message import ToolSpec, decode_message, encode_message
from nexdiag.codec.chat.reply import decode_reply, encode_reply
from nexdiag.codec.chat.request import ChatRequest, decode_request, encode_request
from nexdiag.codec.chat.stream import Accumulator, Delta, StreamError, encode_stream

__all__ = [
    "Accumulator",
    "ChatRequest",
    "Delta",
    "StreamError",
    "ToolSpec",
    "decode_message",
    "decode_reply",
    "decode_request",
    "encode_message",
    "encode_reply",
    "encode_request",
    "encode_stream",
    "split_error",
]
