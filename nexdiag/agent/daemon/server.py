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
from nexdiag.agent.daemon.chats import Chat, MakeExecutor
from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_ASK, LONGEST_MESSAGE, Ask, answer, read_ask, refusal
from nexdiag.agent.session.conversation import open_chat, waiting_chats
from nexdiag.codec.journal import timestamp
from nexdiag.core.errors import DaemonError, NexdiagError
from nexdiag.core.turn import LogLine

Listener = Callable[[LogLine], None]
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FAREWELL = 1.0
"""Seconds that open connections get for their last answer."""
_STOPPING = "the daemon is stopping; a question that it has not answered stays for the next one"


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
    ) -> None:
        """`make_executor` makes the executor of a chat; `listener` hears every log line; `trouble` is for the status.

        Raises `DaemonError` if a daemon already runs for `state`.
        """
        self.place = ServicePlace(state)
        self._make_executor = make_executor
        self._clock = clock
        self._new_request_id = new_request_id
        self._trouble = trouble
        self._chats: dict[int, tuple[Chat, asyncio.Task[None]]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._started_at = timestamp(clock())
        self.place.make()
        with contextlib.ExitStack() as held:
            held.callback(lock.release, self.place, lock.take(self.place))
            self._log = DaemonLog(self.place.log, clock=clock, listener=listener)
            held.callback(self._log.close)
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
            self._take_up()
            ready()
            try:
                await self._stop.wait()
            finally:
                server.close()
                await self._end_connections()
                await self._end_chats()

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

    def _take_up(self) -> None:
        """Start the chats whose questions were left open, by a crash or by a stop in mid-turn."""
        try:
            numbers = waiting_chats(self.place.state, clock=self._clock)
        except NexdiagError as error:
            self._log.write("ERROR", f"open questions were not taken up: {error.what}")
            return
        for number in numbers:
            try:
                self._chat(number)
            except NexdiagError as error:  # another program holds it, and may answer itself
                self._log.write("WARN", f"chat {number} was not taken up: {error.what}")

    async def _end_connections(self) -> None:
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=_FAREWELL)

    async def _end_chats(self) -> None:
        tasks = [task for _, task in self._chats.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
                writer.write(await self._answer(line))
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):  # the client went away; or the daemon stops
            pass
        finally:
            self._connections.discard(task)
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
            return refusal(f"unknown request {ask.cmd[:40]!r}; known: {', '.join(kinds)}")
        try:
            return await kind(ask)
        except asyncio.CancelledError:
            return refusal(_STOPPING)
        except NexdiagError as error:
            return refusal(f"{error.what} ({error.hint})" if error.hint else error.what)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client without an answer
            self._log.write("ERROR", f"IPC {ask.cmd}: internal error: {error!r}")
            return refusal(f"internal error: {error!r}")

    async def _user_chat(self, ask: Ask) -> bytes:
        text = ask.message or ""
        if not text.strip():
            return refusal("an empty message cannot be sent")
        if len(text.encode()) > LONGEST_MESSAGE:
            return refusal(f"the message has {len(text.encode())} bytes; at most {LONGEST_MESSAGE} can be sent")
        if ask.attachments:
            return refusal("attachments cannot be sent; name the file in the message, and a tool will read it")
        request_id = ask.request_id or self._new_request_id()
        chat = self._chat(ask.chat)
        row = chat.conversation.mailbox.post(text, request_id)
        self._log.write("INFO", f"IPC UserChat: request_id={request_id}, chat_id={ask.chat}")
        chat.call()
        return answer(status="accepted", request_id=request_id, inbox_id=row.id, chat_id=ask.chat)

    async def _wait_reply(self, ask: Ask) -> bytes:
        if not ask.request_id:
            return refusal("wait_reply needs a request_id")
        chat = self._chat(ask.chat)
        if not chat.knows(ask.request_id):
            return refusal(f"chat {ask.chat} was never asked anything with the request id {ask.request_id!r}")
        row = await chat.wait_reply(ask.request_id, ask.timeout)
        if row is None:
            return answer(settled=False)
        return answer(settled=True, role=row.role, content=row.content)

    async def _interrupt(self, ask: Ask) -> bytes:
        return answer(interrupted=ask.chat in self._chats and self._chats[ask.chat][0].interrupt())

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
            trouble=self._trouble(),
        )

    async def _shutdown(self, ask: Ask) -> bytes:
        del ask
        self._stop.set()
        return answer(status="stopping")

    def _chat(self, number: int) -> Chat:
        """The worker of a chat; the first one who asks for it starts it."""
        if self._stop.is_set():
            raise DaemonError(_STOPPING)
        if number not in self._chats:
            conversation = self._held.enter_context(open_chat(self.place.state, number, clock=self._clock))
            for told in conversation.told:
                self._log.write("WARN", told)
            chat = Chat(number, conversation, self._make_executor, self._log)
            self._chats[number] = (chat, asyncio.create_task(chat.run(), name=f"chat-{number}"))
        return self._chats[number][0]


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
