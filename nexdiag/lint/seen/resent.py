"""A request beside the one before it in its chat: what was sent again as it was, and where the history was changed.

A chat is known by its session and its first question, and by how much of an earlier request comes again; one whose
beginning was summed up is known by its end. Law: a chat costs what its last request is, however many it had; as long
as it only grows, a request costs no more than its new messages. Only requests that were let pass are remembered.
"""

import re
from collections.abc import Iterator

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Link
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ANSWERS, USER, read_message
from nexdiag.lint.seen.view import View

_SHARED = "resends"
HEAD = ("tools", "system", "instructions")
"""Fields that a server puts before the messages."""
_ALIKE = 4
"""Chats with one first question that are told apart (a title is asked for with the same words)."""
_KNOWN = 1000
"""Chats that are remembered."""
_TAIL = 4
"""Messages at the end of a request by which its chat is looked for."""
_SHORT = 3
"""Messages of a chat that is worth summing up."""
_TELLING = 60
"""Bytes of a message by which a chat may be known again."""
_SUMMED = re.compile(
    rb"summar|compact(?:ed|ion)|condensed|elided|cleared to make room|old tool result"
    rb"|earlier (?:messages|conversation)",
    re.IGNORECASE,
)


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was let pass."""

    view: View
    last: Link
    head: tuple[bytes, ...]
    """Digests of the fields before the messages, in the order of `HEAD`."""


class Resent(msgspec.Struct, frozen=True, kw_only=True):
    """A request, and the one before it in its chat."""

    before: Sent
    now: Sent
    common: int
    """How many messages, from the first on, are the same."""
    question: bytes = b""
    """The first question of the chat: by it, what comes again in every request of the chat is known for one thing."""

    @property
    def kept(self) -> bool:
        """The messages of the one before stand at the beginning, as they were."""
        return self.common == self.before.last.depth

    @property
    def back(self) -> bool:
        """It goes back to an earlier point: all that it sends was sent before."""
        return not self.kept and self.common == self.now.last.depth

    @property
    def same(self) -> bool:
        """Nothing was added, and nothing changed."""
        return self.kept and self.common == self.now.last.depth

    @property
    def changed_head(self) -> tuple[str, ...]:
        """The fields before the messages that are others now."""
        pairs = zip(HEAD, self.before.head, self.now.head, strict=True)
        return tuple(name for name, old, new in pairs if old != new)

    def new(self) -> list[Link]:
        """The messages that come after those that are the same."""
        return self.now.last.chain()[self.common :]

    def rewritten(self) -> list[Link]:
        """Of these, the ones that stand for what was there before, and not for what came since."""
        links = self.new()
        end = self.before.last.raw
        at = next((place for place in range(len(links) - 1, -1, -1) if links[place].raw == end), None)
        return links if at is None else links[: at + 1]

    @property
    def compacted(self) -> bool:
        """Whether the history says of itself that it was made shorter."""
        if self.kept or self.back:
            return False
        old = {link.raw for link in self.before.last.chain()}
        return any(_SUMMED.search(link.raw) for link in self.rewritten() if link.raw not in old)


class Resends:
    """The last request of each chat of a recording."""

    def __init__(self) -> None:
        """Before the first exchange."""
        self._chats: dict[tuple[str, bytes], list[Sent]] = {}
        self._tails: dict[tuple[str, bytes], Sent] = {}
        """By their last messages."""
        self._taken: tuple[View, Resent | None] | None = None
        """The newest exchange, and what was found of it: several rules ask."""

    def take(self, case: Case) -> Resent | None:
        """The request beside the one before it; None for the first of a chat, and for one that was not let pass."""
        if self._taken is None or self._taken[0] is not case.view:
            self._taken = (case.view, self._look(case))
        return self._taken[1]

    def _look(self, case: Case) -> Resent | None:
        view = case.view
        if view.exchange is None or not view.asks_chat or not view.accepted:
            return None
        last = view.fields.last_link(view.list_name)
        first = next((one for one in case.history.messages if one.traits & USER and not one.traits & ANSWERS), None)
        if last is None or first is None:
            return None
        now = Sent(view=view, last=last, head=tuple(_head(view)))
        key = (view.session, first.raw)
        alike = self._chats.setdefault(key, [])
        found = _before(now, alike) or self._by_tail(now, alike)
        if found is not None:
            self._tails.pop((view.session, found.before.last.raw), None)
            alike[:] = [one for one in alike if one is not found.before]
        alike.append(now)
        del alike[:-_ALIKE]
        self._remember(now)
        return None if found is None else msgspec.structs.replace(found, question=first.raw)

    def _by_tail(self, now: Sent, alike: list[Sent]) -> Resent | None:
        """The chat of which the beginning is new and the end is known."""
        link: Link | None = now.last
        for _ in range(_TAIL if not alike else 0):
            if link is None:
                return None
            before = self._tails.get((now.view.session, link.raw)) if len(link.raw) >= _TELLING else None
            if before is not None:
                return Resent(before=before, now=now, common=_common(before.last, now.last))
            link = link.before
        return None

    def _remember(self, now: Sent) -> None:
        if now.last.depth >= _SHORT and len(now.last.raw) >= _TELLING:
            self._tails[now.view.session, now.last.raw] = now
        if len(self._tails) > _KNOWN:
            del self._tails[next(iter(self._tails))]
        if len(self._chats) > _KNOWN:
            del self._chats[next(iter(self._chats))]


def resent(case: Case) -> Resent | None:
    """The request beside the one before it, as `Resends` of this recording finds it: once for all rules."""
    resends = case.past.shared.get(_SHARED)
    if not isinstance(resends, Resends):
        resends = case.past.shared[_SHARED] = Resends()
    return resends.take(case)


def _before(now: Sent, alike: list[Sent]) -> Resent | None:
    """The request before it: the longest that it goes on from, else one whose answers it knows."""
    for before in sorted(alike, key=lambda one: (one.last.depth, one.head == now.head), reverse=True):
        link = now.last.at(before.last.depth)  # the longest first: to the right one the way back is short
        if link is not None and link.digest == before.last.digest:
            return Resent(before=before, now=now, common=before.last.depth) if _one_chat(before, now) else None
    for before in reversed(alike):
        if _repeats_reply(before, now) or _shares_answer(before.last, now.last):
            return Resent(before=before, now=now, common=_common(before.last, now.last))
    return None


def _one_chat(before: Sent, now: Sent) -> bool:
    """Whether they are: with another head, a first question alone says nothing."""
    return before.head == now.head or _answered(before.last)


def _answered(last: Link) -> bool:
    return any(b'"assistant"' in link.raw for link in last.chain())


def _repeats_reply(before: Sent, now: Sent) -> bool:
    """Whether the answer that the one before got stands behind its messages now."""
    reply = before.view.answer.reply.message
    if not reply.text and not reply.tool_calls:
        return False
    link = now.last.at(before.last.depth + 1)
    if link is None or link.depth <= before.last.depth:
        return False
    message = read_message(link.raw)
    ids = {call.id for call in reply.tool_calls}
    known = any(call.id in ids for call in message.calls) or message.text == reply.text
    return known and message.role == "assistant"


def _shares_answer(before: Link, now: Link) -> bool:
    answers = {link.raw for link in before.chain() if b'"assistant"' in link.raw or b"call_id" in link.raw}
    return any(link.raw in answers for link in now.chain())


def _common(before: Link, now: Link) -> int:
    depth = min(before.depth, now.depth)
    one, other = before.at(depth), now.at(depth)
    while one is not None and other is not None and one.digest != other.digest:
        one, other = one.before, other.before
    return 0 if one is None else one.depth


def _head(view: View) -> Iterator[bytes]:
    for name in HEAD:
        link = view.sent.last_link(name) if view.sent is not None else None
        if link is not None:
            yield link.digest
        elif name in view.fields:
            yield _text(view.fields.get(name))
        else:
            yield b""


def _text(value: object) -> bytes:
    try:
        return jsontext.write(value)
    except ValueError:
        return b"null"


def calls_or_text(view: View) -> bool:
    """Whether an answer came whole, and says or asks for something."""
    reply = view.answer.reply
    return bool(reply.complete and reply.finish_reason and (reply.message.text or reply.message.tool_calls))
