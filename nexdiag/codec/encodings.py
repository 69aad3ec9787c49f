"""Content-encodings: a body as it was on the wire ⇄ the bytes that it stands for. Bounded, and piece by piece.

Law: nothing here raises for what a peer sent. What breaks off gives what came; what is larger than its limit, or in an
encoding that nobody here knows, is told as such and never guessed at.
"""

import contextlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.exchange import Headers, Request, Response

LARGEST = 2**26
"""Bytes of a body without its encoding. What is larger is a bomb, or nothing that one reads."""
_READ_AT_LEAST, _READ_TIMES = 2**23, 32
"""What readers of an answer take as a whole: so many bytes, or so many times those of the wire. Streams of a model
come to 20 times; what is larger is a bomb."""
READ_OF_A_BOMB = 2**20
"""Bytes of a bomb that readers look into."""
_MOST = 4
"""Encodings of one body. More of them are no body but an attack."""
_PINCH = 64
"""Bytes of a bomb that are read at a time."""
_SLICE = 1024
"""Bytes given to brotli and zstd at a time."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
"""What zlib calls window bits: the format that it reads."""
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31
_NONE = ("", "identity", "none")


_Take = Callable[[bytes, int], bytes]
"""A machine of a library: bytes and room in, plain bytes out."""
_Ended = Callable[[], bool]


class _TooLargeError(Exception):
    """A machine would give more than its limit."""


class _BrokenError(Exception):
    """The bytes are not in that encoding; or no longer."""

    def __init__(self, given: bytes) -> None:
        """`given`: what stood before the fault."""
        super().__init__()
        self.given = given


class _Machine(Protocol):
    @property
    def ended(self) -> bool:
        """Whether what it was given stops where its format says that it ends."""

    def feed(self, raw: bytes, room: int) -> bytes:
        """The plain bytes; at most `room`, else `_TooLargeError`. `_BrokenError` at a fault."""


class Decoding:
    """Takes the pieces of one body, and gives each as it is without its encoding."""

    def __init__(self, encoding: str, *, limit: int = LARGEST) -> None:
        """`encoding`: the value of the header, such as `gzip` or `gzip, br`."""
        names = [name for name in _names(encoding) if name not in _NONE]
        self.known = len(names) <= _MOST and all(name in _MACHINES for name in names)
        """Whether all its encodings are known. If not, the pieces stay as they are."""
        self.too_large = False
        """Whether it came to more than its limit: what came before that was given."""
        self.broken = False
        """Whether a fault is in it, or junk behind it: what came before that was given."""
        self.size = 0
        """Plain bytes that were given."""
        self._limit = limit
        self._machines: list[_Machine] = [_MACHINES[name]() for name in reversed(names)] if self.known else []
        self._given = [0] * len(self._machines)

    @property
    def whole(self) -> bool:
        """Whether what was fed is a body to its end, and nothing but that."""
        if not self.known or self.too_large or self.broken:
            return False
        return all(machine.ended for machine in self._machines)

    def feed(self, piece: bytes) -> bytes:
        """The plain bytes that this piece completes; none after a fault."""
        if self.too_large or self.broken:
            return b""
        for place, machine in enumerate(self._machines):
            try:
                piece = machine.feed(piece, self._limit - self._given[place])
            except _TooLargeError:
                self.too_large = True
                return b""
            except _BrokenError as fault:
                self.broken = True
                piece = fault.given
            self._given[place] += len(piece)
        self.size += len(piece)
        return piece


def plain(body: bytes, encoding: str, *, limit: int = LARGEST) -> bytes | None:
    """The body without its encoding; of one that breaks off, what came.

    None for an unknown encoding, for bytes that are in no such encoding, and for more than `limit` bytes.
    """
    pieces = plain_pieces((body,), encoding, limit=limit)
    return None if pieces is None else b"".join(pieces)


def plain_pieces(pieces: Iterable[bytes], encoding: str, *, limit: int = LARGEST) -> list[bytes] | None:
    """The same for a body in pieces: as many plain pieces, each with what its own bytes completed."""
    decoding = Decoding(encoding, limit=limit)
    if not decoding.known:
        return None
    given = [decoding.feed(piece) for piece in pieces]
    return None if decoding.too_large or (decoding.broken and decoding.size == 0) else given


def encoding_of(headers: Headers) -> str:
    """The content-encoding that headers name, in lower case; the header may repeat."""
    return ", ".join(value.strip() for name, value in headers if name == "content-encoding").lower()


def plain_request(request: Request, *, as_far: bool = False) -> Request:
    """The request with its body as what it stands for, and with the encoding that this was in.

    The very request where nothing is to be undone, and where that cannot be done as a whole: half of a body is no
    record of it. `as_far`: of a body that breaks off or is too large, what came before that.
    """
    encoding = encoding_of(request.headers)
    if request.encoding or not set(_names(encoding)) - set(_NONE) or not (raw := request.body.join()):
        return request
    decoding = Decoding(encoding)
    size = _SLICE if as_far else len(raw)  # what goes over the limit gives nothing of its piece
    text = b"".join(decoding.feed(raw[start : start + size]) for start in range(0, len(raw), size))
    opened = decoding.known and decoding.size > 0 if as_far else decoding.whole
    return msgspec.structs.replace(request, body=Body.of(text), encoding=encoding) if opened else request


def encoded(body: bytes, encoding: str) -> bytes | None:
    """The body in that encoding; None if it is unknown."""
    for name in _names(encoding):
        if name not in _NONE:
            if name not in _SQUEEZES:
                return None
            body = _SQUEEZES[name](body)
    return body


def response_text(response: Response) -> bytes:
    """The body of a response without its content-encoding; as it came, where that cannot be undone.

    Of one that is huge without its encoding, the beginning: see `read_response`.
    """
    return read_response(response)[0]


def read_response(response: Response) -> tuple[bytes, bool]:
    """The body as `response_text` gives it, and whether it was cut to its first `READ_OF_A_BOMB` bytes."""
    encoding = encoding_of(response.headers)
    body = response.body
    if not encoding or not body:
        return body, False
    whole = Decoding(encoding, limit=min(LARGEST, max(_READ_AT_LEAST, _READ_TIMES * len(body))))
    text = whole.feed(body)
    if not whole.too_large:
        return (body if not whole.known or (whole.broken and not text) else text), False
    first = _first(body, encoding)
    return (first, True) if first else (body[:READ_OF_A_BOMB], True)


def _first(body: bytes, encoding: str) -> bytes:
    """The first bytes of a bomb: as many as pieces of it give that are not too large."""
    decoding = Decoding(encoding)
    given: list[bytes] = []
    for start in range(0, len(body), _PINCH):
        given.append(decoding.feed(body[start : start + _PINCH]))
        if decoding.size >= READ_OF_A_BOMB or decoding.too_large or decoding.broken:
            break
    return b"".join(given)[:READ_OF_A_BOMB]


def _names(encoding: str) -> list[str]:
    return [name.strip().lower() for name in encoding.split(",")]


class _Deflated:
    """gzip, or deflate with or without zlib's head. Members may follow one another."""

    def __init__(self, bits: int | None) -> None:
        """`bits`: zlib's name for the format; None to see from the first two bytes."""
        self._bits = bits
        self._head = b""
        self._machine: Any = None
        self.ended = False

    def feed(self, raw: bytes, room: int) -> bytes:
        if self._bits is None:
            self._head += raw
            if len(self._head) < 2:  # noqa: PLR2004 - the two bytes of zlib's head
                return b""
            self._bits = _bits_of(self._head)
            raw, self._head = self._head, b""
        given: list[bytes] = []
        while raw:
            machine = self._machine or zlib.decompressobj(self._bits)
            spare = machine.copy()  # a fault loses all that its call would have given
            try:
                given.append(machine.decompress(raw, room + 1))
            except zlib.error as error:
                raise _BrokenError(b"".join([*given, *_as_far(spare, raw, room)])) from error
            room -= len(given[-1])
            if room < 0:
                raise _TooLargeError
            self.ended = machine.eof
            raw, self._machine = machine.unused_data, None if machine.eof else machine
        return b"".join(given)


def _as_far(machine: Any, raw: bytes, room: int) -> Iterator[bytes]:  # noqa: ANN401 - zlib does not name its type
    """What comes of the bytes before the fault that is in them."""
    size = len(raw)
    while size and room > 0:
        spare = machine.copy()
        try:
            text = machine.decompress(raw[:size], room)
        except zlib.error:
            machine, size = spare, size // 2
        else:
            yield text
            raw, room = raw[size:], room - len(text)


def _bits_of(head: bytes) -> int:
    """RFC 1950: the method is 8, and the two bytes are a multiple of 31. Some servers send RFC 1951 without it."""
    zlibs = head[0] & 15 == _ZLIB_METHOD and int.from_bytes(head[:2], "big") % _ZLIB_CHECK == 0
    return _ZLIB if zlibs else _RAW


class _Sliced:
    """A library whose state cannot be copied: at a fault, all is read again, up to the very byte.

    It is given a slice at a time: zstd knows no limit, and four bytes can stand for 128 KiB.
    """

    def __init__(self, start: Callable[[], tuple[_Take, _Ended]]) -> None:
        """`start` gives a fresh machine, and what tells whether that is at an end."""
        self._start = start
        self._take, self._ended = start()
        self._taken: list[bytes] = []

    @property
    def ended(self) -> bool:
        return self._ended()

    def feed(self, raw: bytes, room: int) -> bytes:
        given: list[bytes] = []
        for start in range(0, len(raw), _SLICE):
            piece = raw[start : start + _SLICE]
            try:
                given.append(self._take(piece, room))
            except _TooLargeError:
                raise
            except Exception as error:
                raise _BrokenError(b"".join([*given, *self._as_far(piece, room)])) from error
            self._taken.append(piece)
            room -= len(given[-1])
            if room < 0:
                raise _TooLargeError
        return b"".join(given)

    def _as_far(self, raw: bytes, room: int) -> Iterator[bytes]:
        take, _ = self._start()
        for piece in self._taken:
            take(piece, LARGEST)
        with contextlib.suppress(Exception):
            for byte in raw:
                yield take(bytes((byte,)), room)


def _brotli() -> tuple[_Take, _Ended]:
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415 - only where such a body comes (it has no types)

    machine = brotli.Decompressor()

    def take(raw: bytes, room: int) -> bytes:
        given = [machine.process(raw, output_buffer_limit=room + 1)]
        while not machine.can_accept_more_data():
            if sum(map(len, given)) > room:
                raise _TooLargeError
            given.append(machine.process(b"", output_buffer_limit=room + 1))
        return b"".join(given)

    return take, lambda: bool(machine.is_finished())


def _zstandard() -> tuple[_Take, _Ended]:
    import zstandard  # noqa: PLC0415 - only where such a body comes: most recordings have none

    machine = zstandard.ZstdDecompressor().decompressobj()

    def take(raw: bytes, room: int) -> bytes:
        nonlocal machine
        given: list[bytes] = []
        while raw:  # frames may follow one another; a machine that reads across them does not tell where one ends
            if machine.eof:
                machine = zstandard.ZstdDecompressor().decompressobj()
            given.append(machine.decompress(raw))
            room -= len(given[-1])
            if room < 0:
                raise _TooLargeError
            raw = machine.unused_data if machine.eof else b""
        return b"".join(given)

    return take, lambda: machine.eof


def _gzipped(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=_GZIP)
    return machine.compress(body) + machine.flush()


def _brotlied(body: bytes) -> bytes:
    import brotli  # noqa: PLC0415 - only where it is wanted

    squeezed: bytes = brotli.compress(body, quality=4)
    return squeezed


def _zstandarded(body: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - only where it is wanted

    return zstandard.ZstdCompressor().compress(body)


_MACHINES: dict[str, Callable[[], _Machine]] = {
    "gzip": lambda: _Deflated(_GZIP),
    "x-gzip": lambda: _Deflated(_GZIP),
    "deflate": lambda: _Deflated(None),
    "br": lambda: _Sliced(_brotli),
    "zstd": lambda: _Sliced(_zstandard),
}
_SQUEEZES: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzipped,
    "x-gzip": _gzipped,
    "deflate": zlib.compress,
    "br": _brotlied,
    "zstd": _zstandarded,
}
