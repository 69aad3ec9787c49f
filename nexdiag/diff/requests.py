"""Two requests: address, conversation, tools, every other field. Pure.

What is volatile is set aside and counted; what an earlier request differed in already is carried on.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Body
from nexdiag.core.comparison import ASPECTS
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Request
from nexdiag.diff.aside import is_id
from nexdiag.diff.carrying import Carried
from nexdiag.diff.compare import compare
from nexdiag.diff.conversation import NAMES, Conversation, Entries, Value, fields_of, list_of, value_of
from nexdiag.diff.reading import Reading, fact, made, rule_of, secret_alone
from nexdiag.diff.tools import compare_tools

MOST = 1000
"""Differences of two requests that are told; what differs more has nothing to do with each other."""
TOLD_AGAIN = 16
"""Differences that a request carries on which are told again; the others are counted."""
_HEAD = 4
"""Messages at the beginning in which a client tells its date and its directory."""
_READ_BEFORE = ("system", "instructions")
_TOOLS = ("tools", "functions")
_TEXT = re.compile(r"/(?:content|text|arguments|thinking|reasoning\w*|input|refusal|summary|encrypted_content)(?:/|$)")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_MODEL_MADE = ("function_call", "reasoning", "custom_tool_call")


class Chat:
    """One conversation of the left and its counterpart: what is known of both, from request to request."""

    def __init__(self, reading: Reading) -> None:
        """Nothing has been compared yet."""
        self.reading = reading
        self._conversation = Conversation()
        self.carried = Carried()
        self._again: tuple[Difference, ...] = ()
        self._written: dict[str, tuple[bool, bool]] = {}
        """Of each pair of messages that differ: whether a model or a tool wrote both, and whether it is sent again."""
        self._fields: dict[str, tuple[tuple[object, ...], tuple[Difference, ...]]] = {}
        """What each field held when it differed last, and in what: most are sent again as they are."""

    def compare(self, left: Exchange, right: Exchange) -> tuple[list[Difference], int]:
        """All differences of two requests, in the order of aspects, and how many are carried on."""
        self._again, self._written = (), {}
        found = sorted(islice(self._all(left, right), MOST), key=lambda one: ASPECTS.index(one.aspect))
        news = [self._weighed(one) for one in found if not self.reading.asides.takes(one)]
        again: tuple[Difference, ...] = self._again
        out = [msgspec.structs.replace(one, inherited=self._holds(one)) for one in news]
        self._agree(left, right)
        for one in news:
            self.carried.note(one)
        self._conversation.keep((*again, *(one for one in news if one.aspect == "messages"))[:MOST])
        count = len(again) + sum(one.inherited for one in out)
        told = [msgspec.structs.replace(again[at], inherited=True) for at in range(min(len(again), TOLD_AGAIN))]
        return sorted([*told, *out], key=lambda one: ASPECTS.index(one.aspect)), count

    def _holds(self, one: Difference) -> bool:
        made, known = self._written.get("/".join(one.pointer.split("/", 3)[:3]), (False, False))
        return self.carried.holds(one, made=made, known=known)

    def _agree(self, left: Exchange, right: Exchange) -> None:
        """What differed in a field that both have is forgotten: it is noted anew, as far as it still differs."""
        before, after = fields_of(left.request) or {}, fields_of(right.request) or {}
        for name in before.keys() & after.keys() - {*NAMES}:
            self.carried.agrees(name)

    def _weighed(self, one: Difference) -> Difference:
        """A model's words have no weight, unless somebody has rewritten them."""
        rewritten = one.quiet and self.carried.rewritten(one)
        return made(one.aspect, one) if rewritten else one

    def _all(self, left: Exchange, right: Exchange) -> Iterator[Difference]:
        yield from _address(left.request, right.request, self.reading)
        before, after = fields_of(left.request), fields_of(right.request)
        if before is None or after is None:
            yield from _unread(left.request, right.request)
            return
        entries = self._entries(before, after)
        self._again = entries.known
        names = [name for name in {**before, **after} if name not in NAMES and _differs(before, after, name)]
        marks = self._marks(left, right, entries, [name for name in names if not self._is_again(name, before, after)])
        for name in _READ_BEFORE:
            if name in names:
                yield from self._field(name, before, after, marks)
        if entries.name:
            yield from self._messages(entries, marks)
        else:
            for name in NAMES:
                if _differs(before, after, name):
                    yield from self._field(name, before, after, marks)
        for name in names:
            if name not in _READ_BEFORE:
                yield from self._field(name, before, after, marks)

    def _entries(self, before: dict[str, Value], after: dict[str, Value]) -> Entries:
        """The conversation, where both have one as a list."""
        name = next((one for one in NAMES if one in before and one in after), "")
        if not name or sum(one in before for one in NAMES) + sum(one in after for one in NAMES) > len(NAMES):
            return Entries()
        left, right = list_of(before[name]), list_of(after[name])
        return Entries() if left is None or right is None else self._conversation.entries(name, left, right)

    def _messages(self, entries: Entries, marks: "_Marks") -> Iterator[Difference]:
        name = entries.name
        again = self.carried.messages_again(list(zip(entries.left, entries.right, strict=True)), resent=entries.resent)
        for place, (i, j) in enumerate(entries.pairs):
            if i is not None and j is not None:
                both = (entries.left[place], entries.right[place])
                self._written[f"/{name}/{i}"] = all(map(_is_made, both)), again[place]
            left, right = entries.left[place], entries.right[place]
            if j is None:
                yield made("messages", Difference(pointer=f"/{name}/{i}", left=left, kind="removed"))
            elif i is None:
                yield made("messages", Difference(pointer=f"/{name}/{j}", right=right, kind="added"))
            else:
                views = marks.entry(place)
                for one in self._kept(compare(left, right, f"/{name}/{i}"), views, f"/{name}/{i}"):
                    moved = one if i == j else _moved(one, f"/{name}/{i}", f"/{name}/{j}")
                    prose = self.reading.live and _is_prose(one, left, right)
                    yield self.reading.prose("messages", moved) if prose else made("messages", moved)

    def _is_again(self, name: str, before: dict[str, Value], after: dict[str, Value]) -> bool:
        """Whether both sides send a field just as they did when it differed last."""
        return name in self._fields and self._fields[name][0] == _both(name, before, after)

    def _field(
        self, name: str, before: dict[str, Value], after: dict[str, Value], marks: "_Marks"
    ) -> Iterator[Difference]:
        if self._is_again(name, before, after):
            yield from self._fields[name][1]
            return
        set_aside = self.reading.asides.count
        found = list(islice(self._found(name, before, after, marks), MOST))
        self._fields.pop(name, None)
        if self.reading.asides.count == set_aside:
            self._fields[name] = _both(name, before, after), tuple(found)
        yield from found

    def _found(
        self, name: str, before: dict[str, Value], after: dict[str, Value], marks: "_Marks"
    ) -> Iterator[Difference]:
        left, right = ({name: value_of(side[name])} if name in side else {} for side in (before, after))
        if name in _TOOLS:
            yield from compare_tools(left.get(name), right.get(name), self.reading, name=name)
            return
        aspect = "messages" if name in (*_READ_BEFORE, *NAMES) else "parameters"
        for one in self._kept(compare(left, right), marks.field(name), ""):
            yield made(aspect, one)

    def _kept(
        self, found: Iterator[Difference], views: tuple[object, object] | None, base: str
    ) -> Iterator[Difference]:
        """Those that no rule sets aside."""
        places = None if views is None else _near(one.pointer for one in islice(compare(*views, base), MOST))
        for one in found:
            rule = self._rule(one, places, views)
            if rule:
                self.reading.asides.add(rule, one.pointer, one.left, one.right)
            else:
                yield one

    def _rule(
        self, one: Difference, places: tuple[set[str], set[str]] | None, views: tuple[object, object] | None
    ) -> str:
        """The rule that sets a difference aside; empty for one that counts."""
        if is_id(one.pointer) and one.kind == "changed" and isinstance(one.left, str) and isinstance(one.right, str):
            return "id" if self.reading.ids.same(one.left, one.right) else ""
        if secret_alone(one.left, one.right):
            return "secret"
        if one.pointer.endswith("/arguments") and _same_json(one.left, one.right):
            return "spelling"
        if places is None or one.pointer in places[1] or any(up in places[0] for up in _upwards(one.pointer)):
            return ""
        return rule_of(*(views or ("", "")))

    def _by_models(self, entries: Entries, at: int) -> bool:
        """Whether a pair is what two models made up in two live runs: no rule of requests looks at that."""
        return self.reading.live and _by_model(entries.left[at]) and _by_model(entries.right[at])

    def _marks(self, left: Exchange, right: Exchange, entries: Entries, names: list[str]) -> "_Marks":
        """What differs, as the rules of requests see it: both bodies hold no more than that, and their beginnings."""
        pairs = [at for at, pair in enumerate(entries.pairs) if None not in pair and not self._by_models(entries, at)]
        if self.reading.views is None or not (pairs or any(one not in _TOOLS for one in names)):
            return _Marks()
        sides = []
        heads = []
        for exchange, values in ((left, entries.left), (right, entries.right)):
            fields = fields_of(exchange.request) or {}
            head = _head(fields.get(entries.name)) if entries.name else []
            heads.append(len(head))
            shown: dict[str, object] = {one: _raw(fields[one]) for one in names if one in fields}
            if entries.name:
                shown[entries.name] = [*head, *(values[at] for at in pairs)]
            body = Body.of(jsontext.write(shown))
            sides.append(msgspec.structs.replace(exchange, request=_with(exchange.request, body)))
        views = self.reading.views(sides[0], sides[1])
        return _Marks(views=views, name=entries.name, places={at: n for n, at in enumerate(pairs)}, heads=heads)


class _Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What rules of requests make of what differs."""

    views: tuple[object, object] | None = None
    name: str = ""
    places: dict[int, int] = {}
    heads: list[int] = []

    def entry(self, place: int) -> tuple[object, object] | None:
        """One message on both sides; None where they have no view of it."""
        if self.views is None or place not in self.places:
            return None
        lists = [view.get(self.name) if isinstance(view, dict) else None for view in self.views]
        found = []
        for one, head in zip(lists, self.heads, strict=True):
            if not isinstance(one, list) or len(one) != head + len(self.places):
                return None
            found.append(one[head + self.places[place]])
        return found[0], found[1]

    def field(self, name: str) -> tuple[object, object] | None:
        """One field on both sides."""
        if self.views is None:
            return None
        sides = [view if isinstance(view, dict) else {} for view in self.views]
        return tuple({name: side[name]} if name in side else {} for side in sides)  # type: ignore[return-value]  # two


def _address(left: Request, right: Request, reading: Reading) -> Iterator[Difference]:
    if left.method.upper() != right.method.upper():
        yield fact("address", "(method)", left.method, right.method)
    if left.path != right.path:
        yield fact("address", "(path)", left.path, right.path)
    ends = [one.url.removesuffix(one.path) for one in (left, right)]
    if ends[0] != ends[1]:
        reading.asides.add("origin", "(url)", *ends)


def _unread(left: Request, right: Request) -> Iterator[Difference]:
    """Bodies of which one is no JSON object."""
    before, after = left.body.join(), right.body.join()
    if before != after:
        for one in compare(value_of(before), value_of(after), "(body)"):
            yield made("messages", one)


def _both(name: str, before: dict[str, Value], after: dict[str, Value]) -> tuple[object, ...]:
    """A field of either side, as what it is known by."""
    return tuple(one if isinstance(one, bytes | None) else one.digest for one in (before.get(name), after.get(name)))


def _differs(before: dict[str, Value], after: dict[str, Value], name: str) -> bool:
    left, right = before.get(name), after.get(name)
    if left is right:
        return False
    digests = [one if isinstance(one, bytes | None) else (one.depth, one.digest) for one in (left, right)]
    return digests[0] != digests[1]


def _head(value: Value | None) -> list[object]:
    """The first messages, as raw JSON."""
    link = list_of(value)
    link = None if link is None else link.at(_HEAD)
    return [] if link is None else [msgspec.Raw(one.raw) for one in link.chain()]


def _raw(value: Value) -> object:
    return msgspec.Raw(value) if isinstance(value, bytes) else [msgspec.Raw(link.raw) for link in value.chain()]


def _with(request: Request, body: Body) -> Request:
    return msgspec.structs.replace(request, body=body)


def _moved(one: Difference, here: str, there: str) -> Difference:
    rest = (one.right_pointer or one.pointer)[len(here) :]
    return msgspec.structs.replace(one, right_pointer=there + rest)


def _near(pointers: Iterable[str]) -> tuple[set[str], set[str]]:
    """These places, and these with all that they are within."""
    places = set(pointers)
    return places, {up for place in places for up in _upwards(place)}


def _upwards(pointer: str) -> Iterator[str]:
    """A place, and all that it is within."""
    yield pointer
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _is_prose(one: Difference, left: object, right: object) -> bool:
    """Whether a model made up both: its words, or the values of arguments under the same names."""
    if not (_by_model(left) and _by_model(right)) or one.kind != "changed" or not _TEXT.search(one.pointer):
        return False
    if one.pointer.endswith("/arguments"):
        return same_names(one.left, one.right)
    return True


def _by_model(message: object) -> bool:
    return isinstance(message, dict) and (
        message.get("role") in ("assistant", "model") or message.get("type") in _MODEL_MADE
    )


def _is_made(message: object) -> bool:
    """Whether a model or a tool wrote it."""
    if not isinstance(message, dict):
        return False
    return _by_model(message) or message.get("role") in ("tool", "function") or message.get("type") in _OUTPUTS


def same_names(left: object, right: object) -> bool:
    """Whether two texts of arguments name the same arguments."""
    mine, yours = _parsed(left), _parsed(right)
    return isinstance(mine, dict) and isinstance(yours, dict) and mine.keys() == yours.keys()


def _same_json(left: object, right: object) -> bool:
    mine, yours = _parsed(left), _parsed(right)
    both = isinstance(left, str) and isinstance(right, str) and isinstance(mine, dict)
    return both and next(compare(mine, yours), None) is None


def _parsed(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """What a text of arguments says; the text where it is no JSON."""
    return value_of(value.encode("utf-8", "replace")) if isinstance(value, str) else value
