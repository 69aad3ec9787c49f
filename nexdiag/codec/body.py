"""Request bodies: bytes ⇄ `Body`. Split once, so that equal beginnings of chats become the same links.

Law: `split(raw).join() == raw` for every byte string. Where the parts could not give the bytes back,
the bytes are kept as they are.
"""

import msgspec

from nexdiag.core.body import Body, Field, Link

_STYLES = ((b",", b":"), (b", ", b": "))
"""What JSON writers put between things: JavaScript, httpx, Go and Rust write the first, Python's json the second."""

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Splitter:
    """Splits bodies, and remembers every link and long text, so that later bodies share them."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._links: dict[tuple[Link | None, bytes], Link] = {}
        self._texts: dict[bytes, bytes] = {}

    def split(self, raw: bytes) -> Body:
        """The body as parts; a body of plain bytes if it is no JSON object written in a usual style."""
        try:
            raw.decode()
            values = _object.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Body.of(raw)
        if not values or b"\n" in raw or b"\r" in raw:  # parts must fit on one line of a cassette
            return Body.of(raw)
        fields = tuple(
            Field(key=b'"' + key.encode() + b'"', value=self._value(bytes(raw))) for key, raw in values.items()
        )
        for comma, colon in _STYLES:
            body = Body(fields=fields, comma=comma, colon=colon, item_comma=comma)
            if body.join() == raw:
                return body
        return Body.of(raw)

    def link(self, raw: bytes, before: Link | None) -> Link:
        """The one link for this text after those links."""
        link = self._links.get((before, raw))
        if link is None:
            link = self._links[before, raw] = Link(self._texts.setdefault(raw, raw), before)
        return link

    def _value(self, raw: bytes) -> bytes | Link:
        if not raw.startswith(b"[{"):
            return self._texts.setdefault(raw, raw)
        last: Link | None = None
        for entry in _list.decode(raw):
            last = self.link(bytes(entry), last)
        return last or raw
