"""The lines of a cassette as they stand in the file: their keys, their types, their limits. No meaning here."""

from typing import Annotated

import msgspec

from nexdiag.codec.cassette.frames import NONE, Frame, Whole
from nexdiag.core.message import Usage

LATEST = 253402300799.0
"""The end of the year 9999 in Unix time: what comes later is no time, and no calendar takes it."""
REFERENCE = b'{"$'
"""How a value of ours starts inside a body. A body that itself has such a value is kept as text."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Gap = Annotated[int, msgspec.Meta(ge=-(2**60), le=2**60)]


class SharedHeaders(msgspec.Struct, kw_only=True, gc=False):
    """Headers that were there before, but for these values."""

    as_: Count = msgspec.field(name="as")
    but: dict[str, str] = {}


HeadersLine = list[tuple[str, str]] | SharedHeaders


class RequestLine(msgspec.Struct, kw_only=True, gc=False):
    """The request of an exchange: its body as `body`, `text` or `base64`."""

    method: str
    url: str
    headers: HeadersLine = []
    body: dict[str, msgspec.Raw] | None = None
    separators: tuple[str, str, str] = (",", ":", ",")
    text: str | None = None
    base64: str | None = None
    encoding: str = ""


class ResponseLine(msgspec.Struct, kw_only=True, gc=False):
    """The response of an exchange. Its chunks have their times in `at`; in format 1 each was `[at, text, base64]`."""

    status: Count
    headers: HeadersLine = []
    first_byte: Seconds = 0.0
    frame: Frame = NONE
    at: list[Gap] | None = None
    """Microseconds from chunk to chunk, the first from the request."""
    chunks: list[str | list[str | float | None] | Whole] = []


class OldChunk(msgspec.Struct, array_like=True, gc=False):
    """A chunk of format 1: `[at, text]`, or `[at, null, base64]` where the bytes alone are no UTF-8."""

    at: Seconds
    text: str | None
    base64: str = ""


class Spoken(msgspec.Struct, kw_only=True, gc=False):
    """What was said, where a message holds it: the number of that message's link."""

    link: Count


class Line(msgspec.Struct, kw_only=True, gc=False):
    """Any line but the header. Its kind is told by the first key that it has of these: `link`, `headers`, `exchange`,
    `tool`, `log`, `said`, `ended`.
    """  # noqa: D205 - one paragraph

    link: Count | None = None
    after: Count | None = None
    like: Count | None = None
    json: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    headers: Count | None = None
    pairs: list[tuple[str, str]] = []
    exchange: Count | None = None
    session: str = ""
    turn: Count | None = None
    at: Seconds = 0.0
    attempt: Count = 1
    request: RequestLine | None = None
    response: ResponseLine | None = None
    duration: Seconds = 0.0
    failure: str | None = None
    said: str | Spoken | None = None
    ended: str | None = None
    reply: str | None = None
    error: str | None = None
    usage: Usage = Usage()
    tool: str | None = None
    name: str = ""
    arguments: str = ""
    output: str = ""
    is_error: bool = False
    log: str | None = None
    level: str | None = None
    source: str = "daemon"


class Reference(msgspec.Struct, kw_only=True, gc=False):
    """Stands in a body for a list: the number of its last link."""

    link: Count | None = msgspec.field(name="$link", default=None)
