"""The replay server: answers any client over HTTP from a recording, chunk for chunk.

    http1.inbound ─► desk ─► Answers.take ─► Playback ─► sending ─► the client
                       └─► Miss ─► 599

Law: it has no way out, and it knows no client's library: it listens a moment after it was started.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from nexdiag.http1.inbound import Inbound
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.serving.desk import HOST, Desk
from nexdiag.replay.serving.sending import Timer
from nexdiag.replay.serving.served import Heard, Source

_BACKLOG = 512


class ReplayServer:
    """Serves one recording. It lives in the loop in which it was started."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        answers: Source,
        *,
        speed: float | None = None,
        told: Callable[[Miss], Mapping[str, Any]],
        heard: Heard = lambda served: None,
        timer: Timer | None = None,
        hide: Callable[[str], str] = lambda text: text,
    ) -> None:
        """Serve what `answers` gives.

        `speed` 1 plays at the recorded pace, 10 ten times as fast, None at once. `told` makes the body of the 599 for
        a request without a recording; `heard` hears what became of each request. `timer` is the loop's own clock.
        `hide` takes the secrets out of what clients wrote, before it is told or sent back.
        """
        self._desk = Desk(answers, speed=speed, told=told, heard=heard, timer=timer, hide=hide)
        self._connections: set[Inbound] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> str:
        """Listen on this machine, and return the address, without `/v1`. Raises OSError if the port cannot be had."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Inbound(self._desk, self._connections), HOST, port, backlog=_BACKLOG)
        self._server = server
        self._desk.listens(server.sockets[0].getsockname()[1], loop)
        return self._desk.url

    async def close(self) -> None:
        """Take no more, and end whatever is under way: that is told as `closed`."""
        self._desk.closes()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.stop()
            connection.abort()
        await asyncio.sleep(0)  # the connections are closed when the loop has come round
