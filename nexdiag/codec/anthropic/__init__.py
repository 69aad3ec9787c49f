"""Anthropic Messages, both ways. Everything public is imported from here.

message   content blocks, tools ⇄ words         request   messages and tools ⇄ a request body
reply     Reply ⇄ a whole JSON body             stream    Reply ⇄ server-sent events
"""

from nexdiag.codec.anthropic.message import KEY
from nexdiag.codec.anthropic.reply import decode_reply, encode_reply
from nexdiag.codec.anthropic.request import decode_request, encode_request
from nexdiag.codec.anthropic.stream import Accumulator, encode_stream

__all__ = ["KEY", "Accumulator", "decode_reply", "decode_request", "encode_reply", "encode_request", "encode_stream"]
