"""Request bodies: bytes ⇄ `Body`. Split once, so that equal beginnings of chats become the same links.

Law: `split(raw).join() == raw` for every byte string. Where the parts could not give the bytes back,
the bytes are kept as they are. Kept whole, and thus sharing nothing, are: what is no JSON object, bodies
with line ends between their parts (a part must fit on one line of a cassette), with names twice or
unusually escaped, with mixed separators, and those nested too deeply for a reader to follow.
"""

import re

import msgspec

from nexdiag.core.body import Body, Field, Link

COMMA = re.compile(rb"[ \t]*,[ \t]*")
COLON = re.compile(rb"[ \t]*:[ \t]*")
"""What may stand between parts: JSON's white space, but for line ends."""
DEEPEST = 100
"""Levels of one part. A JSON reader's own limit depends on who calls it from how deep; this is well below it."""
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]')

_encode = msgspec.json.Encoder().encode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Splitter:
    """Splits bodies, and remembers every link and long text, so that later bodies share them."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._links: dict[tuple[Link | None, bytes], Link] = {}
        self._texts: dict[bytes, bytes] = {}

    def split(self, raw: bytes) -> Body:
        """The body as parts; a body of plain bytes if its parts could not rebuild it. Never raises."""
        if b"\n" in raw or b"\r" in raw:
            return Body.of(raw)
        try:
            raw.decode()  # msgspec does not look into the strings that it skips
            values = {_encode(key): bytes(value) for key, value in _object.decode(raw).items()}
            lists = {key: [bytes(entry) for entry in _list.decode(v)] for key, v in values.items() if v[:2] == b"[{"}
        except (ValueError, RecursionError):
            return Body.of(raw)
        return self._body(raw, values, lists) or Body.of(raw)

    def link(self, raw: bytes, before: Link | None) -> Link:
        """The one link for this text after those links."""
        link = self._links.get((before, raw))
        if link is None:
            link = self._links[before, raw] = Link(self._texts.setdefault(raw, raw), before)
        return link

    def _body(self, raw: bytes, values: dict[bytes, bytes], lists: dict[bytes, list[bytes]]) -> Body | None:
        """The parts, if they give the bytes back. The first separators tell how all must be."""
        key, value = next(iter(values.items()), (b"", b""))
        colon = COLON.match(raw, 1 + len(key))
        if colon is None:
            return None
        comma = COMMA.match(raw, colon.end() + len(value))
        between = comma[0] if comma else b","
        if b"{" + between.join(name + colon[0] + text for name, text in values.items()) + b"}" != raw:
            return None
        item_comma = next((COMMA.match(values[key], 1 + len(e[0])) for key, e in lists.items() if len(e) > 1), None)
        item_between = item_comma[0] if item_comma else between
        entries = {key: e for key, e in lists.items() if b"[" + item_between.join(e) + b"]" == values[key]}
        if any(self._too_deep(text) for key, v in values.items() for text in entries.get(key, [v])):
            return None
        fields = tuple(Field(key=key, value=self._value(v, entries.get(key))) for key, v in values.items())
        return Body(fields=fields, comma=between, colon=colon[0], item_comma=item_between)

    def _value(self, text: bytes, entries: list[bytes] | None) -> bytes | Link:
        last: Link | None = None
        for entry in entries or ():
            last = self.link(entry, last)
        return last or self._texts.setdefault(text, text)

    def _too_deep(self, text: bytes) -> bool:
        return text not in self._texts and depth(text) > DEEPEST


def depth(text: bytes) -> int:
    """How deeply a JSON text is nested at most; more than that for one that has few brackets."""
    brackets = text.count(b"[") + text.count(b"{")
    if brackets <= DEEPEST:
        return brackets
    deepest = level = 0
    for token in _BRACKETS.findall(text):
        if token in (b"[", b"{"):
            level += 1
            deepest = max(deepest, level)
        elif token in (b"]", b"}"):
            level -= 1
    return deepest
