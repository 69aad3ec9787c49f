"""Requests in, their places out: session, turn, attempt. Pure: it sees what is asked and answered, and nothing else.

A request belongs to the session whose earlier request it begins with. If it adds words of a user, a new turn begins;
if it adds what tools said, the turn goes on; the same again after a failure is the next attempt. Beginnings are
compared by what they mean (`entries`), and where a client rewrote its history, by the user's words alone.

    asked(number, request) -> Place      a request goes out, in the order of the wire
    answered(number, Heard)              it was answered, or broke off

Law: a request costs what it adds. What is kept grows with what was asked, never with how often it was repeated.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from nexdiag.capture.grouping.answers import Heard
from nexdiag.capture.grouping.entries import Entry
from nexdiag.capture.grouping.side_requests import Beside, by_route, by_shape, in_passing
from nexdiag.capture.grouping.tree import Asked, Node, Reader
from nexdiag.core.exchange import Request

_LOOKED_AT = 64
"""Sessions at one place that are looked at: of chats that all begin alike, the latest."""
_RECENT = 8
"""Sessions beside which a side request may stand."""
_QUOTED = 40
"""Characters of an answer by which a later history that holds it is known: shorter ones stand anywhere."""
_SUMMARIES = 8
_DIGITS = 9


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request belongs."""

    session: str = ""
    """Empty for the first session, then `2`, `3`, ...: a name that was given stays."""
    turn: int | None = None
    attempt: int = 1
    aside: str = ""
    """For a request that belongs to no turn, what it is for: `title`, `models`, ..."""
    begins: bool = False
    """It begins its turn."""
    said: str = ""
    """What the user said, where it begins a turn."""
    messages: int = 0
    """How many messages the request holds."""


class Talk:
    """One session, as it stands."""

    __slots__ = (
        "answer",
        "asked",
        "attempt",
        "calling",
        "failed",
        "flying",
        "latest",
        "order",
        "said",
        "session",
        "turn",
    )

    def __init__(self, session: str, asked: Asked) -> None:
        """Before its first turn."""
        self.session = session
        self.asked = asked
        self.turn = 0
        self.attempt = 1
        self.said = ""
        self.flying = 0
        """Requests that have no answer yet."""
        self.latest = -1
        """The number of its latest request."""
        self.failed = False
        """The latest request was refused or broke off."""
        self.calling = False
        """The latest answer called tools."""
        self.answer: Entry | None = None
        self.order = 0
        """The later, the higher: which session was last at work."""

    @property
    def node(self) -> Node:
        """The list of its latest request."""
        return self.asked.node

    def beside(self) -> Beside:
        """What tells its side requests from other conversations."""
        asked = self.asked
        busy = self.flying > 0 or self.calling
        return Beside(
            model=asked.model, tools=asked.tools, limit=asked.limit, said=self.said, system=asked.system, busy=busy
        )


class Grouping:
    """Gives each request its place."""

    def __init__(self) -> None:
        """Start with no session."""
        self._reader = Reader()
        self._talks: list[Talk] = []
        self._recent: deque[Talk] = deque(maxlen=_RECENT)
        self._given: dict[str, Talk] = {}
        self._flying: dict[int, tuple[Talk | None, Asked]] = {}
        self._summaries: deque[tuple[str, Talk]] = deque(maxlen=_SUMMARIES)
        self._made: dict[bytes, Talk] = {}
        """Whose each answer and each call is."""
        self._count = 0

    def asked(self, number: int, request: Request) -> Place:
        """A request goes out under that number. Never raises, whatever it holds."""
        asked = self._reader.read(request)
        if asked is None:
            return Place(aside=by_route(request.path))
        given = _given(request)
        if given is not None:
            return self._as_given(number, asked, *given)
        talk = self._found(asked)
        aside = self._aside(asked, talk)
        if aside:
            self._flying[number] = None, msgspec.structs.replace(asked, tail=())
            return Place(aside=aside, messages=asked.messages)
        if talk is None:
            talk = self._compacted(asked)
        if talk is None:
            return self._begun(number, asked, self._new(asked), said=asked.said())
        return self._gone_on(number, asked, talk)

    def answered(self, number: int, answer: Heard) -> None:
        """The request of that number was answered, or broke off."""
        talk, asked = self._flying.pop(number, (None, None))
        if asked is None:
            return
        if answer.response_id and not answer.failed:
            self._reader.answered(f"response {answer.response_id}", asked.node)
        if asked.named.startswith("conversation ") and not answer.failed:
            self._reader.answered(asked.named, asked.node)
        kept = " ".join(answer.text.split())
        beside = talk or (self._recent[-1] if self._recent else None)
        if beside is not None and len(kept) >= _QUOTED and not answer.failed:
            self._summaries.append((kept, beside))
        if talk is None:
            return
        talk.flying -= 1
        if talk.latest == number:
            talk.failed, talk.answer, talk.calling = answer.failed, answer.first, bool(answer.calls)

    def _found(self, asked: Asked) -> Talk | None:
        """The session that the request goes on with, or asks again; None if it begins one."""
        node: Node | None = asked.node
        child: Node | None = None
        while node is not None and node.depth and not (node.waiting or node.passed):
            node, child = node.before, node
        if node is None or not node.depth:
            return self._rewritten(asked, 0)
        if child is None:
            return self._again(asked, node)
        talk = _best(node, child, asked)
        if talk is None:  # it goes on from what a session once was: unless another is further by its user's words
            return self._rewritten(asked, node.users.depth) or _talk(node.passed)
        return talk

    def _again(self, asked: Asked, node: Node) -> Talk | None:
        """The same list as before: the next attempt after a failure; else, if it is an opening, another session."""
        waiting = list(_waiting(node))
        failed = [talk for talk in waiting if talk.failed and _alike(asked, talk.asked)]
        known = next(iter(failed or (waiting if asked.retry or node.answers else ())), None)
        known = known or (_talk(node.passed) if node.answers else None)
        other = self._sooner(asked, node)
        return other if other is not None and (known is None or other.order > known.order) else known

    def _sooner(self, asked: Asked, node: Node) -> Talk | None:
        """A session that is at work now, and comes to this list for the first time, as an earlier one did."""
        return next((talk for talk in reversed(self._recent) if _comes_to(talk, node, asked)), None)

    def _rewritten(self, asked: Asked, beyond: int) -> Talk | None:
        """The session whose user said the same, though the rest of its history was written otherwise."""
        if not asked.node.answers:
            return None
        node: Node | None = asked.node.users
        while node is not None and node.depth > beyond:
            talk = next(_waiting(node), None) or _talk(node.passed)
            if talk is not None:
                return talk
            node = node.before
        return None

    def _compacted(self, asked: Asked) -> Talk | None:
        """The session whose history was cut down to this: it quotes an answer of it, or the client says so."""
        for talk in reversed(self._recent):
            same = asked.tools == talk.asked.tools and asked.system == talk.asked.system
            if same and asked.hint and asked.hint == talk.asked.hint and not talk.flying:
                return talk
        node: Node | None = asked.node
        while node is not None and node.depth:
            if node.key in self._made:
                return self._made[node.key]
            node = node.before
        if not self._summaries:
            return None
        words = " ".join(asked.said().split()) + " ".join(asked.system.split()) + " ".join(asked.opening().split())
        found = (talk for kept, talk in reversed(self._summaries) if kept in words and talk.asked.tools == asked.tools)
        return next(found, None)

    def _aside(self, asked: Asked, talk: Talk | None) -> str:
        if asked.named or not self._talks:
            return ""
        if talk is not None:
            adds = asked.node.users.depth > talk.node.users.depth
            return in_passing(asked, asked.said(), talk.beside()) if adds and talk.turn else ""
        if asked.tools or asked.node.answers:
            return ""
        said = asked.said()
        return next((kind for other in reversed(self._recent) if (kind := by_shape(asked, said, other.beside()))), "")

    def _new(self, asked: Asked) -> Talk:
        name = str(len(self._talks) + 1) if self._talks else ""
        talk = Talk(name, asked)
        self._talks.append(talk)
        return talk

    def _as_given(self, number: int, asked: Asked, session: str, turn: int, attempt: int) -> Place:
        """The client says itself where it belongs."""
        talk = self._given.get(session) or self._given.setdefault(session, self._new(asked))
        begins = turn != talk.turn
        said = asked.said() if begins else talk.said
        self._moved(number, asked, talk)
        talk.turn, talk.attempt, talk.said = turn, attempt, said
        return self._place(talk, begins=begins)

    def _gone_on(self, number: int, asked: Asked, talk: Talk) -> Place:
        old, new = talk.node, asked.node
        if new is old and (talk.failed or asked.retry):
            attempt = talk.attempt + 1
            self._moved(number, asked, talk)
            talk.attempt = attempt
            return self._place(talk)
        if new.users is old.users:
            self._moved(number, asked, talk)
            return self._place(talk)
        said = asked.said()
        if _begins_with(new.users, old.users) or (new.kind == "user" and said != talk.said):
            return self._begun(number, asked, talk, said=said)
        self._moved(number, asked, talk)
        return self._place(talk)

    def _begun(self, number: int, asked: Asked, talk: Talk, *, said: str) -> Place:
        self._moved(number, asked, talk)
        talk.turn += 1
        talk.said = said
        return self._place(talk, begins=True)

    def _moved(self, number: int, asked: Asked, talk: Talk) -> None:
        """The session has come to this list. Its text is not kept."""
        asked = msgspec.structs.replace(asked, tail=())
        self._claim(asked.node, talk)
        for node in (talk.node, talk.node.users):
            if talk in node.waiting:
                node.waiting.remove(talk)
                node.passed = talk
        talk.asked, talk.attempt, talk.failed, talk.calling, talk.answer = asked, 1, False, False, None
        for node in (asked.node, asked.node.users):
            node.waiting.append(talk)
        talk.flying += 1
        talk.latest = number
        self._count += 1
        talk.order = self._count
        self._flying[number] = talk, asked
        if talk in self._recent:
            self._recent.remove(talk)
        self._recent.append(talk)

    def _claim(self, node: Node | None, talk: Talk) -> None:
        """What is new in the list is of this session."""
        while node is not None and node is not talk.node and self._made.get(node.key) is not talk:
            if node.own:
                self._made[node.key] = talk
            node = node.before

    @staticmethod
    def _place(talk: Talk, *, begins: bool = False) -> Place:
        return Place(
            session=talk.session,
            turn=talk.turn,
            attempt=talk.attempt,
            begins=begins,
            said=talk.said if begins else "",
            messages=talk.asked.messages,
        )


def _best(node: Node, child: Node, asked: Asked) -> Talk | None:
    """Of the sessions that wait here: the one that got this answer, or that the client names, or that is idle."""
    waiting = list(_waiting(node))

    def fits(talk: Talk) -> tuple[bool, bool, bool]:
        answered = talk.answer is not None and talk.answer.key == child.key
        return answered, bool(asked.hint) and asked.hint == talk.asked.hint, not talk.flying

    return max(waiting, key=fits, default=None)


def _waiting(node: Node) -> Iterator[Talk]:
    """The sessions whose latest request is this list, the latest first."""
    return (talk for talk in reversed(node.waiting[-_LOOKED_AT:]) if isinstance(talk, Talk))


def _talk(found: object) -> Talk | None:
    return found if isinstance(found, Talk) else None


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _comes_to(talk: Talk, node: Node, asked: Asked) -> bool:
    """Whether the list is what the session's own goes on to, with the answer that it got."""
    if talk.failed or talk.flying or talk.answer is None or talk.node.depth >= node.depth:
        return False
    child = node
    while child.before is not None and child.depth > talk.node.depth + 1:
        child = child.before
    return child.before is talk.node and talk.answer.key == child.key and not _differ(asked.hint, talk.asked.hint)


def _alike(asked: Asked, before: Asked) -> bool:
    """Whether one may be the other once more: a client that was refused leaves something out, but not all."""
    if asked.hint and before.hint:
        return asked.hint == before.hint
    return asked.tools == before.tools or asked.system == before.system


def _begins_with(new: Node, old: Node) -> bool:
    node: Node | None = new
    while node is not None and node.depth > old.depth:
        node = node.before
    return node is old


def _given(request: Request) -> tuple[str, int, int] | None:
    """Session, turn and attempt as our own executor tells them in its headers."""
    told = {name[10:]: value for name, value in request.headers if name.startswith("x-nexdiag-")}
    turn, attempt = (_number(told.get(name, "")) for name in ("turn", "attempt"))
    return None if turn is None else (told.get("session", ""), turn, attempt or 1)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
