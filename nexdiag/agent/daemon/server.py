"""The daemon: answers JSON lines on a unix socket, posts questions, wakes the chats' workers.

`serve` runs in the foreground until it is told to stop; it is the whole truth of the service.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from nexdiag.agent.daemon import lock
from nexdiag.agent.daemon.chats import MakeExecutor
from nexdiag.agent.daemon.desk import Desk
from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_ASK, Ask, answer, read_ask, refusal
from nexdiag.agent.daemon.roster import Roster
from nexdiag.codec.journal import timestamp
from nexdiag.core.errors import DaemonError
from nexdiag.core.turn import LogLine

Listener = Callable[[LogLine], None]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FAREWELL = 1.0
"""Seconds that open connections get for their last answer."""


class Daemon:
    """Hosts the chats of one state directory."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        state: Path,
        make_executor: MakeExecutor,
        *,
        clock: Callable[[], float],
        listener: Listener = lambda line: None,
        new_request_id: Callable[[], str],
        trouble: Callable[[], str | None] = lambda: None,
        recording: str | None = None,
    ) -> None:
        """`make_executor` makes the executor of a chat; `listener` hears every log line.

        `recording` (the path of the cassette that is written) and `trouble` (what is wrong with it) are for the status.

        Raises `DaemonError` if a daemon already runs for `state`.
        """
        self.place = ServicePlace(state)
        self._clock = clock
        self._trouble = trouble
        self._recording = recording
        self._connections: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._began = clock()
        self._started_at = timestamp(self._began)
        self.place.make()
        with contextlib.ExitStack() as held:
            held.callback(lock.release, self.place, lock.take(self.place))
            self._log = DaemonLog(self.place.log, clock=clock, listener=listener)
            held.callback(self._log.close)
            self._roster = Roster(state, make_executor, self._log, clock)
            self._desk = Desk(
                self._roster, self._log, new_request_id=new_request_id, status=self._status, stop=self._stop.set
            )
            self._held = held.pop_all()

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until a shutdown request, SIGINT or SIGTERM; then end the turns and leave nothing behind."""
        with self._signals(), self._held:
            for path in (self.place.record, self.place.socket):
                path.unlink(missing_ok=True)  # of a daemon that was killed
                self._held.callback(path.unlink, missing_ok=True)
            listening = _bound(self.place.socket)
            server = await asyncio.start_unix_server(self._connection, sock=listening, limit=LONGEST_ASK)
            self._write_record()
            self._log.write("INFO", f"Daemon starting (PID {os.getpid()}, socket {self.place.socket.name})")
            self._held.callback(self._log.write, "INFO", "Daemon stopped")
            self._roster.take_up()
            watching = asyncio.create_task(self._roster.watch())
            ready()
            try:
                await self._stop.wait()
            finally:
                server.close()
                watching.cancel()
                await self._roster.close_all()
                await self._end_connections()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop on a signal; they are heard in the main thread only."""
        loop = asyncio.get_running_loop()
        heard = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
        for number in heard:
            loop.add_signal_handler(number, self._stop.set)
        try:
            yield
        finally:
            for number in heard:
                loop.remove_signal_handler(number)

    def _write_record(self) -> None:
        record = {"pid": os.getpid(), "socket_path": str(self.place.socket), "started_at": self._started_at}
        file = os.open(self.place.record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            json.dump(record, out)

    async def _end_connections(self) -> None:
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=_FAREWELL)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while not self._stop.is_set():
                try:
                    line = await reader.readline()
                except ValueError:  # longer than the limit: there is no telling where the next one begins
                    writer.write(refusal(f"a request is longer than {LONGEST_ASK} bytes"))
                    break
                if not line:
                    break
                if not await self._answered(line, reader, writer):
                    break
        except (ConnectionError, asyncio.CancelledError):  # the client went away; or the daemon stops
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answered(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False if it was to follow a chat, and that has ended."""
        ask = read_ask(line)
        if isinstance(ask, str):
            writer.write(refusal(ask))
        elif ask.cmd == "follow_chat":
            await self._follow(ask, reader, writer)
            return False
        else:
            writer.write(await self._desk.answer(ask))
        await writer.drain()
        return True

    async def _follow(self, ask: Ask, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what the chat tells until that is over, or the follower hangs up; what it says is not heard."""
        feed = self._roster.feed(ask.chat)
        greeting, follower = feed.follow()

        async def heed() -> None:
            with contextlib.suppress(OSError):
                while await reader.read(LONGEST_ASK):
                    pass
            follower.end("hung up")

        hanging = asyncio.create_task(heed())
        try:
            writer.write(answer(**greeting))
            async with contextlib.aclosing(follower.lines()) as lines:
                async for line in lines:
                    writer.write(line)
                    await writer.drain()
        except asyncio.CancelledError:  # the daemon stops: what was told by then is still sent
            writer.writelines(follower.rest())
        finally:
            hanging.cancel()
            feed.leave(follower)

    def _status(self) -> dict[str, object]:
        return {
            "socket": str(self.place.socket),
            "started_at": self._started_at,
            "uptime": max(self._clock() - self._began, 0.0),
            "recording": self._recording,
            "trouble": self._trouble(),
        }


def _bound(path: Path) -> socket.socket:
    """A socket that only its owner can open. Raises `DaemonError` where none can be."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory = None
    before = os.umask(0o177)
    try:
        address, directory = socket_address(path)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise DaemonError(
            f"cannot listen on {path}: {error}", hint="name a directory with a shorter path: --dir D"
        ) from error
    finally:
        os.umask(before)
        if directory is not None:
            os.close(directory)
    listening.setblocking(False)
    return listening
