"""The daemon: answers JSON lines on a unix socket, posts questions, wakes the chats' workers.

`serve` runs in the foreground until it is told to stop; it is the whole truth of the service.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from nexdiag.agent.daemon.chats import Chat, MakeDriver
from nexdiag.agent.daemon.log import DaemonLog, stamp
from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_LINE, LONGEST_MESSAGE, Ask, answer, read_ask, refusal
from nexdiag.agent.session.conversation import open_chat
from nexdiag.core.errors import DaemonError, NexdiagError
from nexdiag.core.turn import LogLine

Listener = Callable[[LogLine], None]


class Daemon:
    """Hosts the chats of one state directory."""

    def __init__(
        self,
        state: Path,
        make_driver: MakeDriver,
        *,
        clock: Callable[[], float],
        listener: Listener = lambda line: None,
        new_request_id: Callable[[], str],
    ) -> None:
        """`make_driver` makes the executor of a chat; `listener` hears every log line."""
        self.place = ServicePlace(state)
        self.place.make()
        self._lock = _take_lock(self.place)
        self._make_driver = make_driver
        self._clock = clock
        self._new_request_id = new_request_id
        self._chats: dict[int, tuple[Chat, asyncio.Task[None]]] = {}
        self._stop = asyncio.Event()
        self._started_at = stamp(clock())
        self._log = DaemonLog(self.place.log, clock=clock, listener=listener)
        self._open = contextlib.ExitStack()

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until a shutdown request, SIGINT or SIGTERM; then end the turns and leave nothing behind."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self.place.socket.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._connection, sock=_bound(self.place.socket), limit=LONGEST_LINE)
        self._write_record()
        self._log.write("INFO", f"Daemon starting (PID {os.getpid()}, socket {self.place.socket.name})")
        ready()
        try:
            await self._stop.wait()
        finally:
            server.close()
            await self._end_chats()
            self._log.write("INFO", "Daemon stopped")
            self._log.close()
            self.place.socket.unlink(missing_ok=True)
            self.place.record.unlink(missing_ok=True)
            os.close(self._lock)

    def _write_record(self) -> None:
        record = {"pid": os.getpid(), "socket_path": str(self.place.socket), "started_at": self._started_at}
        file = os.open(self.place.record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as out:
            json.dump(record, out)

    async def _end_chats(self) -> None:
        for _, task in self._chats.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in self._chats.values()), return_exceptions=True)
        self._open.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not self._stop.is_set():
                try:
                    line = await reader.readline()
                except ValueError:  # longer than the limit: there is no telling where the next one begins
                    writer.write(refusal(f"a request is longer than {LONGEST_LINE} bytes"))
                    break
                if not line:
                    break
                writer.write(await self._answer(line))
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> bytes:
        ask = read_ask(line)
        if isinstance(ask, str):
            return refusal(ask)
        kinds = {
            "user_chat": self._user_chat,
            "wait_reply": self._wait_reply,
            "interrupt_chat": self._interrupt,
            "list_chats": self._list,
            "status": self._status,
            "shutdown": self._shutdown,
        }
        kind = kinds.get(ask.cmd)
        if kind is None:
            return refusal(f"unknown request {ask.cmd!r}; known: {', '.join(kinds)}")
        try:
            return await kind(ask)
        except NexdiagError as error:
            return refusal(f"{error.what} ({error.hint})" if error.hint else error.what)

    async def _user_chat(self, ask: Ask) -> bytes:
        text = ask.message or ""
        if not text.strip():
            return refusal("an empty message cannot be sent")
        if len(text.encode()) > LONGEST_MESSAGE:
            return refusal(f"the message has {len(text.encode())} bytes; at most {LONGEST_MESSAGE} can be sent")
        request_id = ask.request_id or self._new_request_id()
        chat = self._chat(ask.chat)
        row = chat.conversation.mailbox.post(text, request_id)
        self._log.write("INFO", f"IPC UserChat: request_id={request_id}, chat_id={ask.chat}")
        chat.call()
        return answer(status="accepted", request_id=request_id, inbox_id=row.id, chat_id=ask.chat)

    async def _wait_reply(self, ask: Ask) -> bytes:
        if not ask.request_id:
            return refusal("wait_reply needs a request_id")
        row = await self._chat(ask.chat).wait_reply(ask.request_id, ask.timeout)
        if row is None:
            return answer(settled=False)
        return answer(settled=True, role=row.role, content=row.content)

    async def _interrupt(self, ask: Ask) -> bytes:
        return answer(interrupted=self._chat(ask.chat).interrupt())

    async def _list(self, ask: Ask) -> bytes:
        del ask
        return answer(chats=sorted(self._chats))

    async def _status(self, ask: Ask) -> bytes:
        del ask
        return answer(
            status="running",
            pid=os.getpid(),
            socket=str(self.place.socket),
            started_at=self._started_at,
            chats=len(self._chats),
        )

    async def _shutdown(self, ask: Ask) -> bytes:
        del ask
        self._stop.set()
        return answer(status="stopping")

    def _chat(self, number: int) -> Chat:
        """The worker of a chat; the first one who asks for it starts it."""
        if number not in self._chats:
            conversation = self._open.enter_context(open_chat(self.place.state, number, clock=self._clock))
            for told in conversation.told:
                self._log.write("WARN", told)
            chat = Chat(number, conversation, self._make_driver, self._log)
            self._chats[number] = (chat, asyncio.create_task(chat.run(), name=f"chat-{number}"))
        return self._chats[number][0]


def _take_lock(place: ServicePlace) -> int:
    """Held as long as the daemon lives; the kernel gives it back however it dies."""
    try:
        file = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        hint = "see: nexdiag service status; or end it: nexdiag service stop"
        raise DaemonError(f"a daemon already runs for {place.state}", hint=hint) from error
    except OSError as error:
        raise DaemonError(
            f"cannot lock {place.lock}: {error.strerror}", hint="name another directory: --dir D"
        ) from error
    return file


def _bound(path: Path) -> socket.socket:
    """A listening socket that only its owner can open."""
    address, directory = socket_address(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(address)
    finally:
        os.umask(before)
        if directory is not None:
            os.close(directory)
    listening.setblocking(False)
    return listening
