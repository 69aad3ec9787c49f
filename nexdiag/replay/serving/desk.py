"""The desk of a replay server: judges each request, finds its answer, and tells what became of it.

Law: what is not recorded is a 599, what is meant for another host is refused and told, and no request and no recording
ends the server.
"""

import contextlib
import re
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.http1 import heads, refusal
from nexdiag.http1.heads import Asked, Framing, Pairs
from nexdiag.http1.inbound import Answering
from nexdiag.http1.refusal import Refusal
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Playback
from nexdiag.replay.serving import onwire, visitors
from nexdiag.replay.serving.ready import Ready
from nexdiag.replay.serving.sending import Connection, Sending, Timer
from nexdiag.replay.serving.served import AWAY, CLOSED, FAILED, LEFT, REFUSED, UNMATCHED, Heard, Served, Source

HOST = "127.0.0.1"
_UNMATCHED = 599
_UNMATCHED_REASON = b"Unmatched"
_TURN = re.compile(r"[0-9]{1,9}")
_TURN_HEADER = "x-nexdiag-turn"


class Desk:
    """Answers the requests of all connections."""

    name = "replay"
    half_closed = True

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        answers: Source,
        *,
        speed: float | None,
        told: Callable[[Miss], Mapping[str, Any]],
        heard: Heard,
        timer: Timer | None,
        hide: Callable[[str], str],
    ) -> None:
        """As `ReplayServer`."""
        self._hide = hide
        self._closing = False
        self._answers = answers
        self._speed = speed
        self._told = told
        self._heard = heard
        self._timer = timer
        self._ready = Ready()
        self._port = 0

    def listens(self, port: int, loop: Timer) -> None:
        """The server has its port."""
        self._port = port
        self._timer = self._timer or loop

    def closes(self) -> None:
        """The server ends what is under way: no client left it."""
        self._closing = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._port}"

    def judge(self, method: str, target: bytes, version: str, headers: Pairs) -> Refusal | None:
        """Why a request is refused, by its head."""
        why = heads.refused(method, visitors.own(target, self._port), version, headers)
        if why in (refusal.TUNNEL, refusal.ABSOLUTE) and target != b"*":
            return self._away(method, target)
        why = why or visitors.refused(headers, self._shown)
        if why is not None:
            shown = self._shown(target.decode("latin-1"))
            self.tell(Served(what=REFUSED, method=method, target=shown, status=why.status, why=why.what))
        return why

    def _away(self, method: str, target: bytes) -> Refusal:
        """Somebody wants to reach another host through this server: a client whose proxy it was made."""
        host, shown = self._shown(visitors.wanted_host(method, target)), self._shown(target.decode("latin-1"))
        why = Refusal(
            status=HTTPStatus.FORBIDDEN,
            what=f"the network is closed in a replay, and {host} was asked for",
            hint=f"what is to be answered from the recording goes to {self.url}/v1",
            code="network_closed",
        )
        self.tell(Served(what=AWAY, method=method, target=shown, status=why.status, host=host, why=why.what))
        return why

    def answer(self, asked: Asked, connection: Connection) -> Answering:
        """Whoever answers a request that is whole."""
        try:
            return self._answer(asked, connection)
        except Exception as error:  # noqa: BLE001 - whatever a request holds, the server lives
            place = traceback.extract_tb(error.__traceback__)[-1]
            # Its words may hold what a client sent: the place is told, and not they.
            return self._failed(asked, connection, f"{type(error).__name__} in {place.name}, line {place.lineno}")

    def _answer(self, asked: Asked, connection: Connection) -> Answering:
        if visitors.is_preflight(asked) and not self._has_preflight(asked):
            return _Said(connection, asked, HTTPStatus.NO_CONTENT, visitors.permission(asked))
        found = self._take(asked)
        if isinstance(found, Miss):
            body = msgspec.json.encode(self._told(found))
            why = f"{found.request.method} {self._shown(found.request.path)} has no recording"
            self._tell(asked, UNMATCHED, _UNMATCHED, why)
            return _Said(connection, asked, _UNMATCHED, self._json(asked), body)
        if not onwire.playable(found.status):
            return self._failed(asked, connection, f"the recorded status {found.status} cannot be that of an answer")
        exchange = found.exchange.id if found.exchange.id >= 0 else None
        assert self._timer is not None  # it listens
        return Sending(
            found,
            asked,
            connection,
            self._timer,
            speed=self._speed,
            origin=visitors.origin_of(asked),
            blocks=self._ready.blocks,
            ended=lambda what, why: self._over(asked, what, found.status, why, exchange),
        )

    def _take(self, asked: Asked) -> Playback | Miss:
        words = heads.words(asked.headers)
        named = dict(reversed(words))  # the first of each name
        host = named.get("host", "").strip() or f"{HOST}:{self._port}"
        target = asked.target
        if not target.startswith("/"):
            target = visitors.own(target.encode("latin-1"), self._port).decode("latin-1")
        turn = named.get(_TURN_HEADER, "")
        request = Request(method=asked.method, url=f"http://{host}{target}", headers=words, body=Body.of(asked.body))
        return self._answers.take(request, turn=int(turn) if _TURN.fullmatch(turn) else None)

    def _has_preflight(self, asked: Asked) -> bool:
        """Whether a browser was recorded, and asked this: then the recording answers."""
        waiting = (exchange.request for exchange in self._answers.unplayed())
        return any(one.method == "OPTIONS" and one.path == asked.target for one in waiting)

    def _failed(self, asked: Asked, connection: Connection, why: str) -> Answering:
        """Something of ours, or of the recording, is not as it should be: the client and whoever listens are told."""
        self._tell(asked, FAILED, HTTPStatus.INTERNAL_SERVER_ERROR, why)
        told = {
            "message": f"nexdiag replay: this request cannot be answered: {why}",
            "type": "nexdiag_replay_error",
            "param": None,
            "code": "internal_error",
        }
        body = msgspec.json.encode({"error": told})
        return _Said(connection, asked, HTTPStatus.INTERNAL_SERVER_ERROR, self._json(asked), body)

    def _json(self, asked: Asked) -> Pairs:
        """The fields of an answer of our own. No client is to ask again: the answer would be the same."""
        pairs = [(b"content-type", b"application/json"), (b"x-should-retry", b"false")]
        origin = visitors.origin_of(asked)
        allowed = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")] if origin else []
        return pairs + allowed

    def _over(self, asked: Asked, what: str, status: int | None, why: str, exchange: int | None) -> None:
        if self._closing and what == LEFT:
            what, why = CLOSED, "the server was closed before the answer was whole"
        self._tell(asked, what, status, why, exchange)

    def _shown(self, text: str) -> str:
        """What a client wrote, for a line or an answer: without credentials, and fit for a terminal."""
        try:
            return visitors.shown(self._hide(visitors.without_user(text)))
        except Exception:  # noqa: BLE001 - whatever a client wrote, the server lives
            return "what cannot be shown"

    def _tell(self, asked: Asked, what: str, status: int | None, why: str = "", exchange: int | None = None) -> None:
        target = self._shown(asked.target)
        self.tell(Served(what=what, method=asked.method, target=target, status=status, exchange=exchange, why=why))

    def tell(self, served: Served) -> None:
        """Let whoever listens hear it; what goes wrong there is not the client's."""
        with contextlib.suppress(Exception):  # a listener's fault must reach neither the client nor the answer
            self._heard(served)


class _Said:
    """An answer of our own: it is there, and goes out at once."""

    def __init__(self, connection: Connection, asked: Asked, status: int, headers: Pairs, body: bytes = b"") -> None:
        framed = Framing.NONE if status == HTTPStatus.NO_CONTENT else Framing.LENGTH
        sized = [*headers, (b"content-length", b"%d" % len(body))] if framed is Framing.LENGTH else headers
        reason = _UNMATCHED_REASON if status == _UNMATCHED else HTTPStatus(status).phrase.encode()
        self._raw = heads.response_head(status, reason, sized, framed, keep=asked.keep)
        self._raw += b"" if asked.method == "HEAD" else body
        self._keep = asked.keep
        self._connection = connection

    def start(self) -> None:
        """Send it."""
        self._connection.send(self._raw)
        self._connection.finished(keep=self._keep)

    def pause(self) -> None:
        """It is small."""

    def resume(self) -> None:
        """It has been sent."""

    def client_gone(self) -> None:
        """It has been sent."""

    def client_ended(self) -> None:
        """It has been sent."""
