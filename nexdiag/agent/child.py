"""A program that speaks in lines on its pipes: another executor's CLI, or a server of tools.

Law: it is the leader of a session of its own, and whatever it started ends with it; reading ends when the program
does, whoever still holds its output; memory is bounded whatever it prints.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from nexdiag.agent.tools.output import Capture
from nexdiag.agent.tools.processes import GRACE, end
from nexdiag.agent.tools.shell import DRAIN, IDLE, ending, exited

LONGEST = 16 * 1024**2
"""Bytes of a line; a longer one is passed over."""
_LAST_WORDS = 0.5
"""Seconds for what it said on stderr: another process may hold that open."""
_PIECE = 1 << 16
_WORDS = 64 * 1024
"""Bytes of stderr that are kept, of its beginning and its end."""


class Child:
    """One such program, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Watch a process that has just been started; `start` makes one."""
        self._process = process
        self._errors = Capture(_WORDS)
        self._buffer = bytearray()
        self._skipping = False
        self._ended = asyncio.create_task(exited(process))
        self._output: asyncio.StreamReader | None = None
        self._reading: asyncio.Task[bytes] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._input: asyncio.StreamWriter | None = None
        self._transports: list[asyncio.BaseTransport] = []
        self._closed = False
        self._deadline: float | None = None
        self.overlong = 0
        """Lines that were passed over for their length."""

    @classmethod
    async def start(
        cls, command: Sequence[str], *, environment: Mapping[str, str], directory: Path, given: IO[bytes] | None = None
    ) -> "Child":
        """Start the program; `given` is its input, a file, instead of a pipe for `send`.

        Raises OSError or ValueError for one that cannot be started.
        """
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - Popen, since asyncio's own can lose a child when cancelled
            list(command),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE if given is None else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        child = cls(process)
        try:
            await child._connect()
        except BaseException:
            await child.end(grace=0)
            raise
        return child

    async def _connect(self) -> None:
        self._output = await self._reader(self._process.stdout)
        errors = await self._reader(self._process.stderr)
        self._listening = asyncio.create_task(self._listen(errors))
        if self._process.stdin is not None:
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, self._process.stdin)
            self._transports.append(transport)
            self._input = asyncio.StreamWriter(transport, protocol, None, loop)

    async def _reader(self, pipe: IO[bytes] | None) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=_PIECE)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._transports.append(transport)
        return reader

    async def _listen(self, errors: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while piece := await errors.read(_PIECE):
                self._errors.add(piece)

    @property
    def errors(self) -> str:
        """What it said on stderr: the beginning and the end of it."""
        return self._errors.text()[0]

    async def line(self) -> bytes | None:
        """The next line, without its newline; None when the program has ended and all is read."""
        while True:
            place = self._buffer.find(b"\n")
            if place >= 0:
                line = bytes(self._buffer[:place])
                del self._buffer[: place + 1]
                if not self._skipping:
                    return line
                self._skipping = False
                continue
            if len(self._buffer) > LONGEST:
                self.overlong += not self._skipping
                self._skipping = True
            if self._skipping:
                self._buffer.clear()
            piece = await self._piece()
            if not piece:
                rest, self._buffer = bytes(self._buffer), bytearray()
                return rest or None
            self._buffer += piece

    async def _piece(self) -> bytes:
        """What it printed since; nothing at the end. A process that holds the pipe open is not waited for."""
        if self._output is None:
            return b""
        if self._reading is None:
            self._reading = asyncio.create_task(self._output.read(_PIECE))
        await asyncio.wait({self._reading, self._ended}, return_when=asyncio.FIRST_COMPLETED)
        if self._ended.done() and self._given_up():
            return b""
        if not self._reading.done():
            await asyncio.wait({self._reading}, timeout=IDLE)
        if not self._reading.done():
            return b""
        reading, self._reading = self._reading, None
        try:
            return reading.result()
        except OSError:
            return b""

    def _given_up(self) -> bool:
        """Whether a process that goes on printing after the program's end has had its time."""
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + DRAIN
        return now > self._deadline

    async def send(self, content: bytes) -> None:
        """Write to its input, and wait until the pipe takes it. Raises OSError if the program reads no more."""
        if self._input is None or self._input.is_closing():
            raise BrokenPipeError("its input is closed")
        self._input.write(content)
        await self._input.drain()

    def close_input(self) -> None:
        """Say that nothing more will come: to a server the polite word for `end`."""
        if self._input is not None:
            self._input.close()

    async def ended(self, seconds: float | None = None) -> bool:
        """Wait for its end; False if that many seconds were not enough."""
        done, _ = await asyncio.wait({self._ended}, timeout=seconds)
        return bool(done)

    async def end(self, *, grace: float = GRACE) -> str:
        """End it with all that it started, TERM, then KILL after `grace` seconds; the exit code, as shells have it.

        Cancelling shortens the grace to nothing; nothing is left in any case.
        """
        try:
            await end(self._process.pid, grace=grace)
            if self._listening is not None:  # its last words
                await asyncio.wait({self._listening}, timeout=_LAST_WORDS)
        finally:
            left = self._close()
        if left:
            await asyncio.wait(left)
        return "unknown" if self._process.returncode is None else ending(self._process.returncode)

    def _close(self) -> set[asyncio.Task[Any]]:
        """Let go of everything; the tasks that have yet to notice."""
        if self._closed:
            return set()
        self._closed = True
        tasks = {task for task in (self._ended, self._reading, self._listening) if task is not None}
        for task in tasks:
            task.cancel()
        self._process.poll()
        for transport in self._transports:
            if not isinstance(transport, asyncio.WriteTransport):
                transport.close()
            elif transport.get_write_buffer_size() or not transport.is_closing():  # else its end is done with
                transport.abort()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return {task for task in tasks if not task.done()}
