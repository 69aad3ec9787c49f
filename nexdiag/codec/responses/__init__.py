"""OpenAI Responses, both ways. Everything public is imported from here.

item      output and input items, tools ⇄ words     request   messages and tools ⇄ a request body
reply     Reply ⇄ a whole JSON body                 stream    Reply ⇄ server-sent events
"""

from nexdiag.codec.responses.item import KEY
from nexdiag.codec.responses.reply import decode_reply, encode_reply
from nexdiag.codec.responses.request import decode_request, encode_request
from nexdiag.codec.responses.stream import Accumulator, encode_stream

__all__ = ["KEY", "Accumulator", "decode_reply", "decode_request", "encode_reply", "encode_request", "encode_stream"]
