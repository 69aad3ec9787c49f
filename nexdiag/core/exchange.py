"""Exchange: one HTTP round trip as it was on the wire. It may be malformed; nothing here validates."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import overload

import msgspec

from nexdiag.core.body import Body

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, in the order of the wire; a name may repeat."""

REFUSED = 400
"""From this status on a request was refused."""
CLIENT_LEFT = "ClientClosed"
"""The recorder's word for a client that stopped reading before the end."""
UNFINISHED = "Unfinished"
"""The recorder's word for what was still under way when the recording ended: nobody knows what came of it."""
_CLIENTS = frozenset({CLIENT_LEFT, "CancelledError", "GeneratorExit", "KeyboardInterrupt", "SystemExit"})


def client_left(failure: str | None) -> bool:
    """Whether a failure was the client's own doing. Whether all had come by then, the recorder has decided."""
    return _kind(failure).rpartition(".")[2] in _CLIENTS


def unfinished(failure: str | None) -> bool:
    """Whether the recording ended before the round trip did."""
    return _kind(failure) == UNFINISHED


def _kind(failure: str | None) -> str:
    return (failure or "").partition(":")[0].strip()


def header(headers: Headers, name: str) -> str:
    """The first header of that lower-case name, or an empty string."""
    return next((value for key, value in headers if key == name), "")


# gc=False: words are frozen, so that no cycle can come of them, and recordings hold them by the hundred thousand.
class Chunk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One piece of a response body as it arrived: in a well-behaved stream, one event."""

    at: float
    """Seconds since the request was sent."""
    bytes: bytes


class Chunks(Sequence[Chunk]):
    """Chunks that are made when somebody looks at them: most of a large recording is never looked at."""

    __slots__ = ("_count", "_made", "_make", "_raws")

    def __init__(
        self, count: int, make: Callable[[], tuple[Chunk, ...]], raws: Callable[[], list[bytes]] | None = None
    ) -> None:
        """There are `count` of them; `make` gives them, and `raws` their bytes alone. Neither ever fails."""
        self._count = count
        self._make = make
        self._raws = raws
        self._made: tuple[Chunk, ...] | None = None

    @property
    def raws(self) -> list[bytes]:
        """The bytes of each. No chunks are made for them, and nothing is kept."""
        return self._raws() if self._made is None and self._raws is not None else [one.bytes for one in self._all()]

    def __len__(self) -> int:
        """How many there are: nothing is made for it."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> Chunk: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Chunk, ...]: ...
    def __getitem__(self, place: int | slice) -> Chunk | tuple[Chunk, ...]:
        """The chunk at a place, or those of a slice."""
        return self._all()[place]

    def __iter__(self) -> Iterator[Chunk]:
        """Each in order."""
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of equal chunks."""
        return isinstance(other, Chunks | tuple) and self._all() == tuple(other)

    def __hash__(self) -> int:
        """As the tuple."""
        return hash(self._all())

    def __repr__(self) -> str:
        """As the tuple."""
        return repr(self._all())

    def _all(self) -> tuple[Chunk, ...]:
        if self._made is None:
            self._made = self._make()
        return self._made


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was sent."""

    method: str
    url: str
    """The whole URL, without credentials."""
    headers: Headers = ()
    body: Body = Body(raw=b"")
    encoding: str = ""
    """The content-encoding that the body had on the wire (`gzip`, `br`, `zstd`): `body` is without it."""

    @property
    def path(self) -> str:
        """The URL from the first slash after the host, with its query: what matching looks at."""
        rest = self.url.split("://", 1)[-1]
        return "/" + rest.split("/", 1)[1] if "/" in rest else "/"

    def header(self, name: str) -> str:
        """The first header of that lower-case name, or an empty string."""
        return header(self.headers, name)


class Response(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What came back, as far as it came."""

    status: int
    headers: Headers = ()
    chunks: Sequence[Chunk] = ()
    first_byte: float = 0.0
    """Seconds from the request to the response head."""

    @cached_property
    def body(self) -> bytes:
        """All chunks joined."""
        return b"".join(chunk.bytes for chunk in self.chunks)

    def header(self, name: str) -> str:
        """The first header of that lower-case name, or an empty string."""
        return header(self.headers, name)

    @property
    def streamed(self) -> bool:
        """Whether the body is an event stream."""
        return self.header("content-type").startswith("text/event-stream")


class Exchange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One HTTP round trip."""

    id: int
    """Its place in the recording, from 0, in the order in which requests were sent."""
    started: float
    """Unix time in seconds at which the request was sent."""
    request: Request
    response: Response | None = None
    """None if no response head ever came."""
    failure: str | None = None
    """Why the round trip broke off, in the transport's words; None if it ended well."""
    duration: float = 0.0
    """Seconds from the request to the last byte."""
    turn: int | None = None
    """The turn it belongs to, from 1; None if it belongs to none."""
    attempt: int = 1
    """1 for the first try of a model request, 2 for its first retry, and so on."""
    session: str = ""
    """The conversation that its turn is of; empty where the recording holds one alone, or it belongs to none."""
