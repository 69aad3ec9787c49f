"""The streaming client: one model request, from messages to a reply, on any wire. It never retries; the loop decides.

Whatever goes wrong comes back as a `Failed` or a `Replied` with a reason: one line, with the server's own words. What
that means is said in `failure`, how an answer is read in `answer`, how long it is waited for in `clocks`.

Each request carries who asks (`user-agent`), a hash of the session's id, the turn and the attempt, and an id of its
own: so that a server's log can be joined with ours. None of it is looked at when a recording is replayed.
"""

import asyncio
import hashlib
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence

import httpx
import msgspec

from nexdiag.agent.client import answer, failure, liveness
from nexdiag.agent.client.clocks import VARIABLE, Alarm, Clocks, clocks_for, is_loopback
from nexdiag.agent.client.failure import Failure
from nexdiag.agent.client.guard import GONE, Ask, Guard, Life, OnWait
from nexdiag.agent.client.probe import Side
from nexdiag.agent.loop.events import CallModel, Failed, Replied
from nexdiag.codec import chat
from nexdiag.codec.chat.error import visible
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.version import VERSION

Aside = Callable[[], httpx.AsyncBaseTransport]
_LONGEST = 700
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
"""A request id that a header can carry."""


SESSION_HEADER = "x-nexdiag-session"
"""By which requests of one chat are known."""


def session_sign(session: str) -> str:
    """What of a session's name goes out: a short hash of it; nothing for none."""
    return hashlib.sha256(session.encode()).hexdigest()[:16] if session else ""


class ChatClient:
    """Sends conversations to one endpoint."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        endpoint: Endpoint,
        transport: httpx.AsyncBaseTransport,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clocks: Clocks | None = None,
        session: str = "",
        aside: Aside | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        """`transport` is live, recording, or a player: the client does not know.

        `aside` makes a second, live one for a question to a server that is silent, when there is one; without it none
        is asked. `ticks` are seconds that go on as sleep does: those of the loop, also where its time is virtual.
        """
        self.endpoint = endpoint
        self.clocks = clocks or clocks_for(endpoint)
        timeout = httpx.Timeout(None, connect=self.clocks.connect)  # `guard` keeps all other clocks
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)
        self._aside = aside
        self._side: Side | None = None
        self._clock = clock
        self._ticks = ticks
        self._sleep = sleep
        self._session = session_sign(session)
        self._new_id = new_id
        self._where = re.sub(r"//[^/]*@", "//", endpoint.base_url)

    async def ask(  # noqa: PLR0913 - what is asked, for whom, and who is told
        self,
        command: CallModel,
        *,
        tools: Sequence[chat.ToolSpec] = (),
        turn: int | None = None,
        question: str | None = None,
        on_delta: answer.OnDelta = lambda delta: None,
        on_wait: OnWait = lambda seconds, reason: None,
    ) -> Replied | Failed:
        """Send the conversation; tell each piece as it comes, and each wait; give the reply, or why there is none.

        `question` is the request id under which the user's message came: that of the HTTP request begins with it.
        """
        request_id = self._name(question)
        key, source = self.endpoint.key, self.endpoint.key_variable
        if not (key.isascii() and key.isprintable()):  # httpx would quote it in its error
            reason = f"the key{f' from {source}' if source else ''} holds a character that no HTTP header can carry"
            return Failed(reason=reason, may_pass=False, kind="key", request_id=request_id)
        asked = self._asked(command, tools, on_delta)
        try:
            request = self._request(command, tools, turn, request_id)
            got = await self._send(request, asked, on_wait)
        except answer.BROKEN as error:
            got = self._broke(error).failed()
        return self._clean(got, request_id)

    def _name(self, question: str | None) -> str:
        """An id for this attempt; the daemon's log and the server's can be joined by how it begins."""
        own = self._new_id()
        return f"{question}.{own[:8]}" if question and _NAME.fullmatch(question) else own

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        if self._side is not None:
            await self._side.close()

    async def _send(self, request: httpx.Request, asked: answer.Asked, on_wait: OnWait) -> Replied | Failed:
        """One round trip under its clocks. What is left unread is closed, so that the server need not go on."""
        stream = answer.Stream(asked)
        guard = Guard(self.clocks, ticks=self._ticks, sleep=self._sleep, on_wait=on_wait, ask=self._liveness())
        try:
            async with guard:
                response = await self._http.send(request, stream=True)
                try:
                    got = await self._read(response, guard, stream, asked)
                finally:
                    await response.aclose()
                return got
        except TimeoutError:
            if guard.alarm is None:
                raise
        return self._late(guard.alarm, stream)

    def _asked(self, command: CallModel, tools: Sequence[chat.ToolSpec], on_delta: answer.OnDelta) -> answer.Asked:
        return answer.Asked(
            dialect=DIALECTS[self.endpoint.wire],
            tools={tool.name: tool.parameters for tool in tools},
            max_tokens=self._max_tokens(command),
            window=self.endpoint.window,
            key=self.endpoint.key,
            on_delta=on_delta,
        )

    def _max_tokens(self, command: CallModel) -> int:
        """Of the answer: what the turn has room for, if it said so."""
        return command.max_tokens or self.endpoint.max_tokens

    def _request(
        self, command: CallModel, tools: Sequence[chat.ToolSpec], turn: int | None, request_id: str
    ) -> httpx.Request:
        endpoint = self.endpoint
        dialect = DIALECTS[endpoint.wire]
        body = dialect.encode_request(
            command.messages,
            model=endpoint.model,
            max_tokens=self._max_tokens(command),
            tools=tools,
            sends=endpoint.profile.sends,
        )
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            "accept-encoding": "identity",
            "user-agent": f"nexdiag/{VERSION}",
            "x-request-id": request_id,
            "x-nexdiag-attempt": str(command.attempt),
        }
        if is_loopback(endpoint.base_url):
            # A connection that the server has just closed is found out by losing a request (llama.cpp does so behind
            # some streams). Where a new one costs nothing none is used twice.
            headers["connection"] = "close"
        if self._session:
            headers[SESSION_HEADER] = self._session
        if turn is not None:
            headers["x-nexdiag-turn"] = str(turn)
        return self._http.build_request(
            "POST",
            f"{endpoint.base_url}{dialect.route}",
            content=body,
            headers=headers | dialect.headers(endpoint.key),
            extensions={"nexdiag.turn": turn, "nexdiag.attempt": command.attempt},
        )

    async def _read(
        self, response: httpx.Response, guard: Guard, stream: answer.Stream, asked: answer.Asked
    ) -> Replied | Failed:
        encoding = response.headers.get("content-encoding", "")
        if "," in encoding:  # a few kilobytes, compressed twice, fill the memory before anybody can count them
            reason = (
                f"the answer from {self._where} is compressed more than once ({encoding}), and nothing asked for it"
            )
            return Failure(kind="content", verdict="final", reason=reason, status=response.status_code).failed()
        if response.status_code != httpx.codes.OK:
            return await self._refused(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream":
            return stream.end(await stream.take(response, guard))
        if kind == "application/json":  # the server does not stream: a whole reply is as good
            return await answer.whole(response, guard, asked)
        raw = answer.without(await answer.beginning(response), self.endpoint.key)
        words = chat.split_error(response.status_code, raw)
        found = f"{kind or 'an untyped body'} came from {self._where}: {words}"
        reason = f"an event stream was wanted, {found}"
        return Failure(kind="content", verdict="final", reason=reason, status=response.status_code).failed()

    async def _refused(self, response: httpx.Response) -> Failed:
        status = response.status_code
        raw = answer.without(await answer.beginning(response), self.endpoint.key)
        told = failure.of_refusal(status, raw, headers=dict(response.headers), now=self._clock())
        target = response.headers.get("location", "").partition("?")[0]
        words = told.reason
        if response.is_redirect and target:  # never followed: it might lead the key to another host
            words = f"it redirects to {target}; if that is right, name it as the endpoint"
        reason = f"HTTP {status} from {self._where}: {words}"
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            reason += self._whose_key()
        return msgspec.structs.replace(told, reason=reason).failed()

    def _whose_key(self) -> str:
        if not self.endpoint.key:
            return " (no key was sent: name its variable with api_key_env in config.toml)"
        source = self.endpoint.key_variable
        return f" (key from {source})" if source else ""

    def _broke(self, error: Exception) -> Failure:
        told = failure.of_break(error)
        return msgspec.structs.replace(told, reason=f"{told.reason} ({self._where})")

    def _late(self, alarm: Alarm, stream: answer.Stream) -> Replied | Failed:
        """A clock ran out: what that makes of the answer so far."""
        if stream.finished:
            return stream.end(None)
        if alarm.kind == "lifetime":
            return stream.cut(f"the answer took longer than {self.clocks.lifetime:.0f} s")
        if alarm.kind == GONE:
            reason = f"the server is gone: it left the stream open, and takes no connections ({self._where})"
        else:
            reason = f"no byte came for {alarm.silent:.0f} s ({self._where}; {VARIABLE} allows more)"
        if stream.begun:
            return stream.end(reason)
        kind = "refused" if alarm.kind == GONE else "timeout"
        return Failure(kind=kind, verdict="retry", reason=reason).failed()

    def _liveness(self) -> Ask | None:
        if self._aside is None or not liveness.can_be_asked(self.endpoint):
            return None
        make = self._aside

        async def ask() -> Life:
            if self._side is None:
                self._side = Side(self.endpoint, make())
            return await liveness.ask(self._side)

        return ask

    def _clean(self, got: Replied | Failed, request_id: str) -> Replied | Failed:
        """The reasons as one line each without control characters, and without the key, which some servers quote."""
        if isinstance(got, Replied):
            repairs = tuple(self._line(repair) for repair in got.repairs)
            return msgspec.structs.replace(got, broken=got.broken and self._line(got.broken), repairs=repairs)
        return msgspec.structs.replace(got, reason=self._line(got.reason), request_id=request_id)

    def _line(self, text: str) -> str:
        key = self.endpoint.key
        if len(key) >= answer.SECRET:
            text = text.replace(key, "[the key]")
        line = visible(" ".join(text.split()))
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
