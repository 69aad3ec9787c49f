"""A recorder on a file for tests, and a real server's client that is recorded."""

import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
from loopback import STREAM_HEAD, Answer, Asked, serving

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec.cassette import decode
from nexdiag.core.cassette import Cassette, Header

KEY = 'sk-test/"0123456789'


class Recording:
    """A recorder on a file, with a clock that goes a second a look."""

    def __init__(self, path: Path, *, write: Callable[[int, bytes], int] = os.write) -> None:
        clock, ticks = itertools.count(1000), itertools.count()
        writer = Writer(path, Header(), write=write)
        self.recorder = Recorder(
            writer, Redactor([KEY]), clock=lambda: float(next(clock)), ticks=lambda: float(next(ticks))
        )

    @contextlib.asynccontextmanager
    async def client(self, answer: Answer) -> AsyncIterator[httpx.AsyncClient]:
        """A client of a server that answers so, recorded."""
        async with serving(answer) as url:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), self.recorder)
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                yield client

    def read(self) -> Cassette:
        """What is on disk."""
        return decode(self.recorder.writer.path.read_bytes())


async def streamed(asked: Asked) -> None:
    """Three chunks, one of them cut within a character."""
    await asked.send(STREAM_HEAD)
    for piece in (b"data: h\xc3", b"\xa9llo\n\n", b"data: [DONE]\n\n", b""):
        await asked.chunk(piece)
