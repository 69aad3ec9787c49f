"""The streaming client: one model request, from messages to a reply. It never retries; the loop decides that.

Whatever goes wrong comes back as a `Failed` or a `Replied` with a reason: one line, with the server's own words.
How an answer is read is said in `answer`.
"""

import re
import time
from collections.abc import Callable, Sequence

import httpx
import msgspec

from nexdiag.agent import answer
from nexdiag.agent.loop import CallModel, Failed, Replied
from nexdiag.codec import chat
from nexdiag.codec.chat.error import visible
from nexdiag.core.endpoint import Endpoint

_TIMEOUT = httpx.Timeout(connect=10.0, read=600.0, write=60.0, pool=60.0)
"""`read` is the longest silence, reset by every byte: a local server may take minutes over a long prompt."""
_LONGEST = 700
_SECRET = 6
"""Shorter keys are none: taking `x` out of every reason would spoil it."""


class ChatClient:
    """Sends conversations to one endpoint."""

    def __init__(
        self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`transport` is live, recording, or a player: the client does not know."""
        self.endpoint = endpoint
        self._http = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)
        self._clock = clock
        self._where = re.sub(r"//[^/]*@", "//", endpoint.base_url)

    async def ask(
        self,
        command: CallModel,
        *,
        tools: Sequence[chat.ToolSpec] = (),
        turn: int | None = None,
        on_text: answer.OnText,
    ) -> Replied | Failed:
        """Send the conversation; tell each piece of text as it comes; give the reply, or why there is none."""
        key, source = self.endpoint.key, self.endpoint.key_variable
        if not (key.isascii() and key.isprintable()):  # httpx would quote it in its error
            reason = f"the key{f' from {source}' if source else ''} holds a character that no HTTP header can carry"
            return Failed(reason=reason, may_pass=False)
        try:
            response = await self._http.send(self._request(command, tools, turn), stream=True)
            try:
                got = await self._read(response, on_text)
            finally:
                await response.aclose()
        except answer.BROKEN as error:
            got = Failed(reason=f"{answer.named(error)} ({self._where})", may_pass=_passing(error))
        return self._clean(got)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _request(self, command: CallModel, tools: Sequence[chat.ToolSpec], turn: int | None) -> httpx.Request:
        endpoint = self.endpoint
        body = chat.encode_request(
            command.messages,
            model=endpoint.model,
            max_tokens=endpoint.max_tokens,
            max_tokens_field=endpoint.profile.sends.max_tokens_field,
            tools=tools,
            include_usage=endpoint.profile.sends.stream_options,
        )
        headers = {"content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity"}
        if endpoint.key:
            headers["authorization"] = f"Bearer {endpoint.key}"
        return self._http.build_request(
            "POST",
            f"{endpoint.base_url}/chat/completions",
            content=body,
            headers=headers,
            extensions={"nexdiag.turn": turn, "nexdiag.attempt": command.attempt},
        )

    async def _read(self, response: httpx.Response, on_text: answer.OnText) -> Replied | Failed:
        if response.status_code != httpx.codes.OK:
            return await self._refused(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            return await answer.streamed(response, on_text)
        if kind == "application/json":  # the server does not stream: a whole reply is as good
            return await answer.whole(response, on_text)
        words = chat.split_error(response.status_code, await answer.beginning(response))
        found = f"{kind or 'an untyped body'} came from {self._where}: {words}"
        return Failed(reason=f"an event stream was wanted, {found}", may_pass=False, status=response.status_code)

    async def _refused(self, response: httpx.Response) -> Failed:
        status = response.status_code
        words = chat.split_error(status, await answer.beginning(response))
        target = response.headers.get("location", "").partition("?")[0]
        if response.is_redirect and target:  # never followed: it might lead the key to another host
            words = f"it redirects to {target}; if that is right, name it as the endpoint"
        reason = f"HTTP {status} from {self._where}: {words}"
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            reason += self._whose_key()
        wait = answer.asked_wait(response, self._clock())
        return Failed(reason=reason, may_pass=answer.may_pass(status, words), wait=wait, status=status)

    def _whose_key(self) -> str:
        if not self.endpoint.key:
            return " (no key was sent: name its variable with api_key_env in config.toml)"
        source = self.endpoint.key_variable
        return f" (key from {source})" if source else ""

    def _clean(self, got: Replied | Failed) -> Replied | Failed:
        """The reason as one line without control characters, and without the key, which some servers quote."""
        if isinstance(got, Replied):
            return msgspec.structs.replace(got, broken=got.broken and self._line(got.broken))
        return msgspec.structs.replace(got, reason=self._line(got.reason))

    def _line(self, text: str) -> str:
        key = self.endpoint.key
        if len(key) >= _SECRET:
            text = text.replace(key, "[the key]")
        line = visible(" ".join(text.split()))
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _passing(error: Exception) -> bool:
    """Whether it is the network's fault. A certificate, or TLS spoken to who speaks none, stays as it is."""
    lasting = isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol) or "SSL" in str(error)
    return isinstance(error, httpx.TransportError | OSError) and not lasting
