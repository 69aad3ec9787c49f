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
_CONVERSATIONS = (b'"messages"', b'"input"')
"""Where the dialects keep what grows."""
_STEMS = 7
_LONGEST_STEM = 2**23
"""Chats, and bytes of each, that are remembered to be gone on with."""
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]')

_encode = msgspec.json.Encoder().encode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class _Stem(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A body up to the end of its conversation's last entry: what the next body of that chat begins with."""

    raw: bytes
    body: Body
    place: int
    """Which of the fields is the conversation."""


class Splitter:
    """Splits bodies, and remembers every link and long text, so that later bodies share them.

    A body that begins as an earlier one did is read from there on: a growing chat costs what it grows by.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        """Start with nothing remembered; with a `limit`, forget it all whenever so many bytes are remembered."""
        self._limit = limit
        self._held = 0
        self._links: dict[tuple[Link | None, bytes], Link] = {}
        self._texts: dict[bytes, bytes] = {}
        self._stems: list[_Stem] = []
        """Of the chats that spoke last, the newest at the end."""

    def split(self, raw: bytes) -> Body:
        """The body as parts; a body of plain bytes if its parts could not rebuild it. Never raises."""
        if self._limit is not None and self._held > self._limit:
            self._held = 0
            for memory in (self._links, self._texts, self._stems):
                memory.clear()
        stem = max((one for one in self._stems if raw.startswith(one.raw)), key=lambda one: len(one.raw), default=None)
        grown = self._grown(stem, raw) if stem is not None else None
        stem = stem if grown is not None else None
        new = grown or _stem_of(raw, self._split_whole(raw))
        if isinstance(new, Body):
            return new
        self._stems = [one for one in self._stems if one is not stem][-_STEMS:]
        if len(new.raw) <= _LONGEST_STEM:
            self._stems.append(new)
        return new.body

    def _grown(self, stem: _Stem, raw: bytes) -> _Stem | None:
        """The body that begins with the stem of another; None if it does not go on as that one did.

        What follows the stem is read with an entry before it, so that it is JSON: `[0` and then `,{...}],"n":1}`.
        """
        known, rest = stem.body, raw[len(stem.raw) :]
        if b"\n" in rest or b"\r" in rest:
            return None
        try:
            rest.decode()
            (_, entries), *values = ((_encode(key), bytes(v)) for key, v in _object.decode(b'{"":[0' + rest).items())
            new = [bytes(entry) for entry in _list.decode(entries)][1:]
            after = tuple(Field(key=key, value=self._later(text, known.item_comma)) for key, text in values)
        except (ValueError, RecursionError):
            return None
        said = b"".join(known.item_comma + entry for entry in new)
        rebuilt = said + b"]" + b"".join(known.comma + key + known.colon + text for key, text in values) + b"}"
        fields = (*known.fields[: stem.place + 1], *after)
        deep = any(self._too_deep(text) for text in (*new, *(text for _, text in values)))
        if rebuilt != rest or len({field.key for field in fields}) < len(fields) or deep:
            return None
        last = fields[stem.place].value
        for entry in new:
            last = self.link(entry, last if isinstance(last, Link) else None)
        conversation = Field(key=fields[stem.place].key, value=last)
        body = msgspec.structs.replace(known, fields=(*fields[: stem.place], conversation, *after))
        return _Stem(raw=raw[: len(stem.raw) + len(said)], body=body, place=stem.place)

    def _later(self, text: bytes, item_comma: bytes) -> bytes | Link:
        """The value of a field that stands after the conversation."""
        if text[:2] == b"[{":
            entries = [bytes(entry) for entry in _list.decode(text)]
            if b"[" + item_comma.join(entries) + b"]" == text:
                return self._value(text, entries)
        return self._value(text, None)

    def _split_whole(self, raw: bytes) -> Body:
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
            self._held += len(raw)
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


def _stem_of(raw: bytes, body: Body) -> _Stem | Body:
    """The body with its stem; the body alone if it holds no conversation."""
    start = 1
    for place, field in enumerate(body.fields):
        start += len(field.key) + len(body.colon)
        if isinstance(field.value, Link):
            end = start + 1 + sum(len(link.raw) + len(body.item_comma) for link in field.value.chain())
            if field.key in _CONVERSATIONS:
                return _Stem(raw=raw[: end - len(body.item_comma)], body=body, place=place)
            start = end - len(body.item_comma) + 1 + len(body.comma)
        else:
            start += len(field.value) + len(body.comma)
    return body


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
