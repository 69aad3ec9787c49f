"""Body: the bytes of a request, kept as parts so that a growing chat shares its text with its past.

A chat sends its whole history again in every request. Kept as plain bytes, a recording of n turns
grows with n²; kept as links, each message is one object that all later bodies point to, so that
storage, matching and judging can each do their work once per message.

Law: the parts are texts exactly as they stood on the wire; `join` gives the very bytes back.
"""

import hashlib
from collections.abc import Iterator

import msgspec

_GENESIS = b""


class Link:
    """One entry of a list on the wire, tied to the entries before it.

    Equal lists share their links, so identity of the last link is equality of the list.
    """

    __slots__ = ("before", "depth", "digest", "raw")

    def __init__(self, raw: bytes, before: "Link | None" = None) -> None:
        """Tie `raw`, the JSON text of the entry, to the list so far."""
        self.raw = raw
        self.before = before
        self.depth: int = 1 if before is None else before.depth + 1
        past = _GENESIS if before is None else before.digest
        self.digest: bytes = hashlib.blake2b(
            past + hashlib.blake2b(raw, digest_size=16).digest(), digest_size=16
        ).digest()

    def chain(self) -> "list[Link]":
        """All links of the list, first entry first."""
        links: list[Link] = []
        link: Link | None = self
        while link is not None:
            links.append(link)
            link = link.before
        links.reverse()
        return links

    def at(self, depth: int) -> "Link | None":
        """The link `depth` entries into the list, walking back from its end; None for depth 0."""
        link: Link | None = self
        while link is not None and link.depth > depth:
            link = link.before
        return link


class Field(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One member of the body's JSON object: `value` is its text, or the last link of its list."""

    key: bytes
    """The JSON text of the name, with its quotes."""
    value: bytes | Link


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request body: the fields of a JSON object, or raw bytes where it is none."""

    fields: tuple[Field, ...] = ()
    raw: bytes | None = None
    """The bytes themselves, when they are no JSON object that its fields could rebuild exactly."""
    comma: bytes = b","
    colon: bytes = b":"
    """What stands between fields, and between a name and its value, everywhere at the top level: with white space."""
    item_comma: bytes = b","
    """The same between the entries of the lists that are kept as links."""

    @classmethod
    def of(cls, raw: bytes) -> "Body":
        """A body of plain bytes, sharing nothing."""
        return cls(raw=raw)

    def join(self) -> bytes:
        """The bytes as they were on the wire."""
        if self.raw is not None:
            return self.raw
        return b"{" + self.comma.join(field.key + self.colon + self._text(field.value) for field in self.fields) + b"}"

    def _text(self, value: bytes | Link) -> bytes:
        if isinstance(value, bytes):
            return value
        return b"[" + self.item_comma.join(link.raw for link in value.chain()) + b"]"

    def last_link(self, key: str) -> Link | None:
        """The last link of the list under `key`, if that field is a list kept as links."""
        for field in self.fields:
            if isinstance(field.value, Link) and field.key == b'"' + key.encode() + b'"':
                return field.value
        return None

    def links(self) -> "Iterator[tuple[Field, Link]]":
        """Every field that is a list, with its last link."""
        for field in self.fields:
            if isinstance(field.value, Link):
                yield field, field.value
