"""Redaction: words in, words without secrets out. Pure. Runs before anything is written.

Three nets: headers by allowlist, the values of keys that are in use, and the shapes of well-known tokens
(`capture.secrets`); in streams also what is said piece by piece (`capture.streamed`).
"""

import re
import zlib
from collections.abc import Iterable, Sequence

import msgspec

from nexdiag.capture.secrets import Secrets, mark
from nexdiag.capture.splice import Edit, splice
from nexdiag.capture.streamed import edits
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Chunk, Headers, Request, Response
from nexdiag.core.scenario import Scenario

KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "access-control-allow-origin", "allow", "anthropic-version", "cache-control",
        "connection", "content-encoding", "content-length", "content-type", "date", "host", "keep-alive", "location",
        "openai-processing-ms", "openai-version", "request-id", "retry-after", "server", "transfer-encoding",
        "user-agent", "vary", "x-accel-buffering", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
        "x-nexdiag-attempt", "x-nexdiag-session", "x-nexdiag-turn", "x-ratelimit-reset-requests", "x-request-id",
    }
)  # fmt: skip
"""All other headers are written as a placeholder: a header that nobody knows may be a credential."""

_USER = re.compile(r"(?<=://)[^/\s?#]+@")
_NAMED = re.compile(r"(?i)([?&;](?:[\w-]*(?:key|token|secret|password|signature)|auth|sig)=)(?!\[redacted )([^&;#\s]+)")
"""A parameter of a URL whose name says that its value is a secret."""
_LARGEST = 2**26
"""Bytes of a chunk without its compression: what is larger is a bomb, and not looked into."""
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_json = msgspec.json.Decoder(msgspec.Raw)


class Redactor:
    """Replaces secrets. Holds the values of the keys in use, and counts what it replaced."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets`: values that must never be written, such as the endpoint's key."""
        self._secrets = Secrets(secrets)
        self._links: dict[Link, Link | None] = {}
        self._parts: dict[bytes, bytes | None] = {}
        self.count = 0
        """How many placeholders it has put. A message that many requests carry counts once: it is written once."""

    def text(self, text: str) -> str:
        """The text without its secrets; what is no character (a lone surrogate) becomes `?`."""
        return self.wire(text.encode(errors="replace")).decode(errors="replace")

    def wire(self, raw: bytes) -> bytes:
        """The bytes without their secrets."""
        return b"".join(splice([raw], self._marks(raw)))

    def url(self, url: str) -> str:
        """The URL without credentials, and without the values of parameters that are named for a secret."""
        named = _NAMED.sub(lambda found: found[1] + self._mark(found[2]), url)
        clean, users = _USER.subn("", named)
        self.count += users
        return self.text(clean)

    def headers(self, headers: Headers) -> Headers:
        """Names are all kept; values only of the headers that are known to be harmless, and empty ones."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def body(self, body: Body) -> Body:
        """The body without its secrets, part by part: what was looked through before is not looked through again."""
        if body.raw is not None:
            return Body.of(self.wire(body.raw))
        fields = []
        for field in body.fields:
            key = self._part(field.key)
            value = self._part(field.value) if isinstance(field.value, bytes) else self._list(field.value)
            if key is None or value is None:  # it is no JSON any more: the secret was not in a string
                return Body.of(self.wire(body.join()))
            fields.append(Field(key=key, value=value))
        return msgspec.structs.replace(body, fields=tuple(fields))

    def request(self, request: Request) -> Request:
        """The request without its secrets."""
        url, headers, body = self.url(request.url), self.headers(request.headers), self.body(request.body)
        return msgspec.structs.replace(request, url=url, headers=headers, body=body)

    def response(self, response: Response) -> Response:
        """The response without its secrets. A compressed body that holds one is kept plain, and its headers say so."""
        encoding = response.header("content-encoding").strip().lower()
        headers, chunks = response.headers, response.chunks
        plain = _decompressed(chunks, _WINDOW_BITS[encoding]) if encoding in _WINDOW_BITS else None
        clean = self.chunks(chunks if plain is None else plain)
        if plain is not None:
            if clean == plain:
                clean = chunks
            else:
                headers = tuple((name, value) for name, value in headers if name != "content-encoding")
        if clean != chunks:
            size = str(sum(len(chunk.bytes) for chunk in clean))
            headers = tuple((name, size if name == "content-length" else value) for name, value in headers)
        return Response(
            status=response.status, headers=self.headers(headers), chunks=clean, first_byte=response.first_byte
        )

    def chunks(self, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """The chunks without their secrets, also where one is cut by a chunk's end: it stands where it began."""
        pieces = [chunk.bytes for chunk in chunks]
        pieces = splice(pieces, self._marks(b"".join(pieces)))
        said = edits(b"".join(pieces), self._secrets)
        self.count += len(said)
        pieces = splice(pieces, said)
        return tuple(Chunk(at=chunk.at, bytes=piece) for chunk, piece in zip(chunks, pieces, strict=True))

    def header(self, header: Header) -> Header:
        """The head of a recording without secrets."""
        scenario = header.scenario and self._scenario(header.scenario)
        return msgspec.structs.replace(header, origin=self.url(header.origin), scenario=scenario)

    def _scenario(self, scenario: Scenario) -> Scenario:
        say = tuple(msgspec.structs.replace(say, text=self.text(say.text)) for say in scenario.say)
        about, system = self.text(scenario.about), scenario.system and self.text(scenario.system)
        return msgspec.structs.replace(scenario, about=about, system=system, say=say)

    def _header(self, name: str, value: str) -> str:
        if name not in KEPT_HEADERS:
            return self._mark(value) if value else value
        return self.url(value) if "://" in value else self.text(value)

    def _mark(self, secret: str) -> str:
        self.count += 1
        return mark(secret.encode(errors="surrogatepass"))

    def _marks(self, raw: bytes) -> list[Edit]:
        found = self._secrets.find(raw)
        self.count += len(found)
        return found

    def _part(self, text: bytes) -> bytes | None:
        """The JSON text without its secrets; None if it is no JSON without them."""
        if text not in self._parts:
            clean = self.wire(text)
            self._parts[text] = clean if clean == text or _is_json(clean) else None
        return self._parts[text]

    def _list(self, last: Link) -> Link | None:
        """The list without its secrets, by its last link; the same link if it has none."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._links:
            new.append(link)
            link = link.before
        for link in reversed(new):
            before = self._links[link.before] if link.before is not None else None
            text = self._part(link.raw)
            if text is None or (link.before is not None and before is None):
                self._links[link] = None
            elif text == link.raw and before is link.before:
                self._links[link] = link
            else:
                self._links[link] = Link(text, before)
        return self._links[last]


def _is_json(text: bytes) -> bool:
    try:
        _json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _decompressed(chunks: Sequence[Chunk], window_bits: int) -> tuple[Chunk, ...] | None:
    """The chunks as they are without their compression; None if they do not decompress."""
    machine = zlib.decompressobj(window_bits)
    try:
        plain = tuple(Chunk(at=chunk.at, bytes=machine.decompress(chunk.bytes, _LARGEST)) for chunk in chunks)
    except zlib.error:
        return None
    return None if machine.unconsumed_tail else plain
