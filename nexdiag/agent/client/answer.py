"""Reading an answer: a response, streamed or whole → a reply, or why it is none. Bounded in memory and in time.

Half a stream is never an answer, and what ends it acts at once: nobody waits for a connection to close.
"""

import asyncio
import re
from collections.abc import Callable, Collection

import httpx
import msgspec

from nexdiag.agent.client import failure, overflow, visible
from nexdiag.agent.client.guard import Guard
from nexdiag.agent.loop.events import Failed, Replied
from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat import Delta
from nexdiag.codec.wire import Dialect
from nexdiag.core.message import Reply

OnDelta = Callable[[Delta], None]
BROKEN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError)
"""What a transport raises, or httpx itself over what a server sent or an endpoint was called."""

_LARGEST = 64 * 1024**2
"""Bytes of an answer. 16384 tokens, each in an event of its own, are a tenth of that."""
_BEGINNING = 64 * 1024
"""Bytes of a refusal that are read."""
_PATIENCE = 10.0
"""Seconds for the words of a refusal, once its head has come."""
_QUOTED = 512
"""Bytes of what is no event stream that a reason quotes."""
_SHORT = 120
"""Bytes of an event that a reason quotes."""
_MANGLED = "the server sent bytes that are no UTF-8: characters of the answer may be lost"
_LATE = "an event behind the answer is no whole JSON: its tokens may not be counted"
SECRET = 6
"""Shorter keys are none: taking `x` out of every reason would spoil it."""
_LOOKS = 20
"""Times that a reply is put together to see whether it is finished: another choice may say so in each event."""
_FINISH = re.compile(r'"(?:finish|stop)_reason"\s*:\s*"')
"""In an event's own text, of whatever wire: in a text within it the quotation marks are escaped."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is judged by: how it was asked for."""

    dialect: Dialect
    tools: Collection[str] = ()
    """Names of those that the model was offered; as a mapping, each with the schema of its arguments."""
    max_tokens: int = 0
    window: int | None = None
    key: str = ""
    """What no reason may quote, whole or in part."""
    on_delta: OnDelta = lambda delta: None


class Stream:
    """One event stream, as it comes."""

    def __init__(self, asked: Asked) -> None:
        """Nothing has come yet."""
        self._asked = asked
        self._parser = sse.Parser()
        self._reply = asked.dialect.accumulator()
        self._visible = visible.Visible(asked.tools)
        self.begun = False
        """Whether a byte came."""
        self._finished = False
        self._looks = _LOOKS
        self._events = 0
        self._head = b""
        self._behind = False
        """Whether text or a call came after the finish reason."""
        self._torn = ""
        """An event within the answer that is no whole JSON: what it held is missing."""
        self._late = False
        """Whether there was one behind the answer: it may have held the usage."""

    async def take(self, response: httpx.Response, guard: Guard) -> str | None:
        """Read to the end, or as far as it comes; why it broke off, if it did before it had said all."""
        try:
            size = 0
            async for piece in response.aiter_bytes():
                guard.heard()
                self.begun = True
                self._head += piece[: _QUOTED + len(self._asked.key) - len(self._head)]
                self._take(self._parser.feed(piece), guard)
                size += len(piece)
                if size > _LARGEST:
                    return f"the answer is longer than {_LARGEST} bytes"
        except BROKEN as error:
            if not self.over:  # else only its connection has not ended, or not well
                return f"the stream broke off: {failure.named(error)}"
        return None

    @property
    def over(self) -> bool:
        """Whether it has said how it ends; what its connection does then is no matter."""
        return self._reply.done or self._reply.error is not None

    @property
    def finished(self) -> bool:
        """Whether the answer is whole, though its usage may still come."""
        return self.over or self._finished

    def end(self, broken: str | None) -> Replied | Failed:
        """What it has come to."""
        self._take(self._parser.close(), None)  # the last event, if no blank line has ended it
        if self._reply.error is not None:
            told = failure.of_told(self._reply.error)
            return msgspec.structs.replace(told, reason=f"the server failed in mid-stream: {told.reason}").failed()
        reply = self._reply.finish()
        wrong = self._wrong()
        if reply.complete and wrong is None:  # how its connection ended is no matter
            return self._remarked(judged(reply, self._asked, self._visible))
        broken = wrong or broken
        for delta in self._visible.close():
            self._asked.on_delta(delta)
        if broken is None and self._reply.malformed:
            broken = f"the stream held no answer that could be read: {self._reply.malformed[0]}"
        return Replied(reply=reply, broken=broken or self._ended())

    def cut(self, reason: str) -> Replied | Failed:
        """What it has come to when its time was up: what was said stands, as if its tokens were used up."""
        self._take(self._parser.close(), None)
        reply = self._reply.finish()
        if not reply.message.text.strip() and not reply.message.tool_calls:
            return self.end(reason)
        reply = msgspec.structs.replace(reply, complete=True, finish_reason="length")
        got = judged(reply, self._asked, self._visible)
        if isinstance(got, Failed):
            return got
        return msgspec.structs.replace(got, repairs=(*got.repairs, f"{reason}: the answer was cut there"))

    def _ended(self) -> str:
        """How a stream ended that was no answer, though nothing broke it off."""
        if self._head.lstrip()[:1] in (b"<", b"{", b"[") and not self._events:
            head = without(self._head, self._asked.key)[:_QUOTED]
            return f"an event stream was wanted, found: {head.decode('utf-8', 'replace')}"
        if self._reply.done:
            return "the stream held no answer"
        return "the stream ended without finish_reason and [DONE]"

    def _wrong(self) -> str | None:
        """Why a stream that said how it ended is no answer all the same."""
        if self._behind:
            return "more of the answer came after its finish reason"
        if self._torn:
            return f"an event within the stream is no whole JSON, and what it held is missing: {self._torn}"
        return self._reply.conflict

    def _remarked(self, got: Replied | Failed) -> Replied | Failed:
        """The reply with what was lost on the way, and could not be had by asking again."""
        if isinstance(got, Failed):
            return got
        told = [_MANGLED] if self._parser.mangled else []
        told += [_LATE] if self._late else []
        return msgspec.structs.replace(got, repairs=(*got.repairs, *told)) if told else got

    def _take(self, events: list[sse.Event], guard: Guard | None) -> None:
        self._events += len(events)
        for event in events:
            before, unread = self._finished, len(self._reply.malformed)
            for delta in self._reply.feed(event):
                self._behind = self._behind or (before and delta.kind != "reasoning" and bool(delta.text.strip()))
                for shown in self._visible.feed(delta):
                    self._asked.on_delta(shown)
            if len(self._reply.malformed) > unread and _is_torn(event.data):
                self._late = self._late or before
                self._torn = self._torn or ("" if before else self._quoted(event.data))
            if not self._finished and self._looks and _FINISH.search(event.data):
                self._looks -= 1
                self._finished = self._reply.finish().finish_reason is not None
            if guard is not None and self.finished:
                guard.settle(done=self.over)

    def _quoted(self, data: str) -> str:
        return without(data.encode(errors="replace"), self._asked.key)[:_SHORT].decode("utf-8", "replace")


def _is_torn(data: str) -> bool:
    """Whether the data were to be an object and are none; words that some servers send to keep alive are no loss."""
    return data.lstrip()[:1] == "{" and not _is_json(data.encode(errors="surrogatepass"))


def judged(reply: Reply, asked: Asked, shown: visible.Visible) -> Replied | Failed:
    """What a whole reply comes to; the rest of it is told."""
    reply, repairs = visible.settled(reply, asked.tools)
    for delta in shown.close(reply):
        asked.on_delta(delta)
    too_long = overflow.of_reply(reply, asked.max_tokens)
    if too_long is not None:
        return Failed(
            reason="the answer was cut at its beginning: the conversation fills the context window",
            may_pass=False,
            overflow=True,
            needed=too_long.needed,
            window=too_long.window,
            kind="overflow",
        )
    if asked.window is not None and reply.usage.input_tokens >= asked.window:
        told = f"the server counted {reply.usage.input_tokens} tokens, its whole window: it may have cut the beginning"
        repairs = (*repairs, told)  # Ollama does so, and says nothing but in its log
    return Replied(reply=reply, repairs=repairs)


async def whole(response: httpx.Response, guard: Guard, asked: Asked) -> Replied | Failed:
    """The reply of a JSON body."""
    raw = await _read(response, _LARGEST, guard=guard)
    reply = asked.dialect.decode_reply(raw)
    if not reply.complete:
        cut = raw.lstrip()[:1] == b"{" and not _is_json(raw)
        told = failure.of_body(without(raw, asked.key), cut=cut)
        said = "the answer is no whole JSON" if cut else "HTTP 200 without an answer"
        return msgspec.structs.replace(told, reason=f"{said}: {told.reason}").failed()
    shown = visible.Visible(asked.tools)
    for kind, text in (("reasoning", reply.message.reasoning), ("text", reply.message.text)):
        for delta in shown.feed(Delta(kind=kind, text=text)) if text else ():
            asked.on_delta(delta)
    return judged(reply, asked, shown)


def without(raw: bytes, key: str) -> bytes:
    """The bytes without the key, which some servers quote. Before anything is cut: half a key is a secret too."""
    return raw.replace(key.encode(), b"[the key]") if len(key) >= SECRET else raw


def _is_json(raw: bytes) -> bool:
    try:
        jsontext.read(raw)
    except ValueError:
        return False
    return True


async def beginning(response: httpx.Response) -> bytes:
    """The body of a refusal, as far as its words can be expected."""
    return await _read(response, _BEGINNING, patience=_PATIENCE)


async def _read(
    response: httpx.Response, most: int, *, patience: float | None = None, guard: Guard | None = None
) -> bytes:
    """The body up to that many bytes; with `patience`, what came of it in that time, or before it broke off."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for piece in response.aiter_bytes():
                if guard is not None:
                    guard.heard()
                body += piece
                if len(body) >= most:
                    break
    except BROKEN:
        if patience is None:
            raise
    return bytes(body[:most])
