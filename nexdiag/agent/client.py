"""The streaming client: one model request, from messages to a reply. It never retries; the loop decides that.

Whatever goes wrong comes back as a `Failed` or a `Replied` with a reason: one line, with the server's own words.
"""

import asyncio
import email.utils
import time
from collections.abc import Callable, Sequence

import httpx

from nexdiag.agent.loop import CallModel, Failed, Replied
from nexdiag.codec import chat, sse
from nexdiag.core.endpoint import Endpoint

_TIMEOUT = httpx.Timeout(connect=10.0, read=600.0, write=60.0, pool=60.0)
"""`read` is the longest silence, reset by every byte: a local server may take minutes over a long prompt."""
_DRAIN = 1.0
"""Seconds to wait for the end of a stream after it said it is done, so that the connection can be used again."""
_MAY_PASS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NEVER_PASSES = ("jinja", "template", "roles must alternate", "failed to parse")
"""Words of refusals that come as a 500 and are as final as a 400 (llama.cpp, Ollama)."""
_LONGEST_WAIT = 300.0
_QUOTED = 200

OnText = Callable[[str], None]


class ChatClient:
    """Sends conversations to one endpoint."""

    def __init__(self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport) -> None:
        """`transport` is live, recording, or a player: the client does not know."""
        self.endpoint = endpoint
        self._http = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)

    async def ask(
        self, command: CallModel, *, tools: Sequence[chat.ToolSpec] = (), turn: int | None = None, on_text: OnText
    ) -> Replied | Failed:
        """Send the conversation; tell each piece of text as it comes; give the reply, or why there is none."""
        endpoint = self.endpoint
        body = chat.encode_request(
            command.messages,
            model=endpoint.model,
            max_tokens=endpoint.max_tokens,
            max_tokens_field=endpoint.profile.sends.max_tokens_field,
            tools=tools,
            include_usage=endpoint.profile.sends.stream_options,
        )
        request = self._http.build_request(
            "POST",
            f"{endpoint.base_url}/chat/completions",
            content=body,
            headers=self._headers(),
            extensions={"nexdiag.turn": turn, "nexdiag.attempt": command.attempt},
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.TransportError as error:
            return Failed(reason=f"{_named(error)} ({endpoint.base_url})", may_pass=True)
        try:
            return await self._read(response, on_text)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _headers(self) -> dict[str, str]:
        headers = {"content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity"}
        if self.endpoint.key:
            headers["authorization"] = f"Bearer {self.endpoint.key}"
        return headers

    async def _read(self, response: httpx.Response, on_text: OnText) -> Replied | Failed:
        if response.status_code != httpx.codes.OK:
            return await self._refused(response)
        kind = response.headers.get("content-type", "")
        if kind.startswith("application/json"):  # the server does not stream: a whole reply is as good
            return await _whole(response, on_text)
        if not kind.startswith("text/event-stream"):
            start = chat.split_error(response.status_code, (await _body(response))[:_QUOTED])
            return Failed(
                reason=f"an event stream was wanted, {kind or 'an untyped body'} came: {start}", may_pass=False
            )
        return await _stream(response, on_text)

    async def _refused(self, response: httpx.Response) -> Failed:
        status = response.status_code
        words = chat.split_error(status, await _body(response))
        reason = f"HTTP {status} from {self.endpoint.base_url}: {words}"
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            source = self.endpoint.key_variable
            reason += f" (key from {source})" if source else " (no key was sent)" if not self.endpoint.key else ""
        final = status not in _MAY_PASS or any(word in words.lower() for word in _NEVER_PASSES)
        return Failed(reason=reason, may_pass=not final, wait=_asked_wait(response))


async def _stream(response: httpx.Response, on_text: OnText) -> Replied | Failed:
    parser, whole = sse.Parser(), chat.Accumulator()
    broken: str | None = None

    def take(events: list[sse.Event]) -> bool:
        for event in events:
            for delta in whole.feed(event):
                if delta.kind == "text":
                    on_text(delta.text)
        return any(event.data.strip() == "[DONE]" for event in events)

    pieces = response.aiter_raw().__aiter__()
    try:
        done = False
        while True:
            async with asyncio.timeout(_DRAIN if done else None):
                piece = await anext(pieces)
            done = take(parser.feed(piece)) or done
    except StopAsyncIteration:
        take(parser.close())
    except TimeoutError:
        pass  # it said it was done: the answer is whole
    except httpx.TransportError as error:
        broken = f"the stream broke off: {_named(error)}"
    reply = whole.finish()
    if whole.error is not None:
        return Failed(reason=f"the server failed in mid-stream: {whole.error.message}", may_pass=True)
    return Replied(reply=reply, broken=None if reply.complete else broken or _incomplete(whole))


def _incomplete(whole: chat.Accumulator) -> str:
    if whole.malformed:
        return f"the stream held no answer that could be read: {whole.malformed[0][:_QUOTED]}"
    return "the stream ended without finish_reason and [DONE]"


async def _whole(response: httpx.Response, on_text: OnText) -> Replied | Failed:
    try:
        raw = await _body(response)
    except httpx.TransportError as error:
        return Failed(reason=f"the answer broke off: {_named(error)}", may_pass=True)
    reply = chat.decode_reply(raw)
    if not reply.complete:
        return Failed(
            reason=f"HTTP 200 without an answer: {chat.split_error(response.status_code, raw)}", may_pass=False
        )
    if reply.message.text:
        on_text(reply.message.text)
    return Replied(reply=reply)


async def _body(response: httpx.Response) -> bytes:
    return await response.aread()


def _asked_wait(response: httpx.Response) -> float:
    """Seconds that Retry-After asks for, as a number or a date; 0 if it asks for none."""
    text = response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
