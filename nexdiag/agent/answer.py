"""Reading an answer: a response, streamed or whole → a reply, or why it is none. Bounded in memory and in time.

Half a stream is never an answer, and what ends it acts at once: nobody waits for a connection to close.
"""

import asyncio
import email.utils
import re
from collections.abc import Callable

import httpx

from nexdiag.agent.loop import Failed, Replied
from nexdiag.codec import chat, jsontext, sse

OnText = Callable[[str], None]
BROKEN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError)
"""What a transport raises, or httpx itself over what a server sent or an endpoint was called."""

_MAY_PASS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NEVER_PASSES = ("jinja", "template", "roles must alternate", "failed to parse", "exceeded your current quota")
"""Words of refusals as final as a 400: of templates, which come as a 500 (llama.cpp, Ollama); of an empty account."""
_LINGER = 0.2
"""Seconds, all in all, for the end of a stream after it said it is done: then the connection can be used again."""
_LONGEST_WAIT = 300.0
_LARGEST = 64 * 1024**2
"""Bytes of an answer. 16384 tokens, each in an event of its own, are a tenth of that."""
_BEGINNING = 64 * 1024
"""Bytes of a refusal that are read."""
_PATIENCE = 10.0
"""Seconds for the words of a refusal, once its head has come."""


async def streamed(response: httpx.Response, on_text: OnText) -> Replied | Failed:
    """The reply of an event stream."""
    parser, reply = sse.Parser(), chat.Accumulator()
    broken: str | None = None

    def take(events: list[sse.Event]) -> None:
        for event in events:
            for delta in reply.feed(event):
                if delta.kind == "text":
                    on_text(delta.text)

    try:
        async with asyncio.timeout(None) as limit:
            size = 0
            async for piece in response.aiter_bytes():
                take(parser.feed(piece))
                size += len(piece)
                if size > _LARGEST:
                    broken = f"the answer is longer than {_LARGEST} bytes"
                    break
                if (reply.done or reply.error) and limit.when() is None:
                    limit.reschedule(asyncio.get_running_loop().time() + _LINGER)
    except BROKEN as error:
        if not (reply.done or reply.error):  # else it had said all: only its connection has not ended, or not well
            broken = f"the stream broke off: {named(error)}"
    take(parser.close())  # the last event, if no blank line has ended it
    return _ended(reply, broken)


def _ended(reply: chat.Accumulator, broken: str | None) -> Replied | Failed:
    if reply.error is not None:
        status, words = _status(reply.error.code, httpx.codes.INTERNAL_SERVER_ERROR), reply.error.message
        reason = f"the server failed in mid-stream: {words}"
        return Failed(reason=reason, may_pass=may_pass(status, words), status=status)
    whole = reply.finish()
    if whole.complete:
        return Replied(reply=whole)
    if broken is None and reply.malformed:
        broken = f"the stream held no answer that could be read: {reply.malformed[0]}"
    ended = "the stream held no answer" if reply.done else "the stream ended without finish_reason and [DONE]"
    return Replied(reply=whole, broken=broken or ended)


async def whole(response: httpx.Response, on_text: OnText) -> Replied | Failed:
    """The reply of a JSON body."""
    raw = await _read(response, _LARGEST)
    reply = chat.decode_reply(raw)
    if reply.complete:
        if reply.message.text:
            on_text(reply.message.text)
        return Replied(reply=reply)
    words = chat.split_error(response.status_code, raw)
    try:
        value = jsontext.read(raw)
    except ValueError:  # it was cut; or it never was JSON, whatever its type says
        cut = raw.lstrip()[:1] == b"{"
        return Failed(reason=f"the answer is no whole JSON: {words}", may_pass=cut)
    error = value.get("error") if isinstance(value, dict) else None
    status = _status(error.get("code") if isinstance(error, dict) else None, response.status_code)
    passing = may_pass(status, words)
    return Failed(reason=f"HTTP 200 without an answer: {words}", may_pass=passing, status=status)


def _status(code: object, otherwise: int) -> int:
    """The status that an error under a 200 tells of itself."""
    return int(str(code)) if re.fullmatch(r"[45]\d\d", str(code)) else int(otherwise)


async def beginning(response: httpx.Response) -> bytes:
    """The body of a refusal, as far as its words can be expected."""
    return await _read(response, _BEGINNING, patience=_PATIENCE)


async def _read(response: httpx.Response, most: int, *, patience: float | None = None) -> bytes:
    """The body up to that many bytes; with `patience`, what came of it in that time, or before it broke off."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= most:
                    break
    except BROKEN:
        if patience is None:
            raise
    return bytes(body[:most])


def may_pass(status: int, words: str) -> bool:
    """Whether the same request may be answered later: a busy server, not a refusal."""
    return status in _MAY_PASS and not any(word in words.lower() for word in _NEVER_PASSES)


def asked_wait(response: httpx.Response, now: float) -> float:
    """Seconds that Retry-After asks for, as a number or a date; 0 if it asks for none that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def named(error: Exception) -> str:
    """The error in a word and its own text."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
