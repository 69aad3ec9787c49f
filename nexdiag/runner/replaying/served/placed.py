"""Which turn each request without a recording stands for: several of a conversation are not all the first one's. Pure.

The nearest recording tells of the first. A client that goes on after a miss carries it along, so that the same one is
nearest again: what comes then stands for what was recorded then, by what was said, else by its place in order.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict import compared
from nexdiag.runner.replaying.verdict.consequences import Missed

BESIDE = 0
"""The number of the turn that stands for what belongs to none."""
_AHEAD = 100
"""Recordings that are looked through for what was said: a client leaves out a few questions, not hundreds."""
Key = tuple[str, int]
"""A conversation, and the number of a turn in it."""


class _Last(msgspec.Struct, frozen=True, kw_only=True):
    """Where the last miss of a conversation stands."""

    request: Request
    key: Key
    due: Exchange | None = None


def placed(
    misses: Iterable[tuple[int, Miss]], recorded: Cassette, unplayed: Collection[int]
) -> Iterator[tuple[Key, Missed]]:
    """Each with its turn, in the order in which they came. `unplayed`: ids of the exchanges that nobody had."""
    places = _Places(recorded, unplayed)
    for at, miss in misses:
        key, due = places.of(miss)
        session = key[0] if key[1] != BESIDE else None
        yield key, Missed(place=at, miss=miss, turn=key[1], session=session, due=due)


def key_of(exchange: Exchange) -> Key:
    """The turn that an exchange was recorded in."""
    return (exchange.session, exchange.turn) if exchange.turn is not None else ("", BESIDE)


def said_in(request: Request) -> str | None:
    """What its last message says, where a user says it; None where it is a tool's, a model's, or no text."""
    last = compared.message(request, compared.messages(request) - 1)
    if not isinstance(last, dict) or last.get("role") != "user":
        return None
    content = last.get("content")
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    texts = [text for text in parts if isinstance(text, str)]
    return "\n\n".join(texts) if texts and len(texts) == len(parts) else None


class _Places:
    def __init__(self, recorded: Cassette, unplayed: Collection[int]) -> None:
        self._said = {(turn.session, turn.number): turn.said for turn in recorded.turns}
        self._left: dict[str, deque[Exchange]] = defaultdict(deque)
        self._ends: dict[str, int] = {}
        self._unplayed = unplayed
        for exchange in recorded.exchanges:
            session, number = key_of(exchange)
            if number != BESIDE:
                self._ends[session] = max(number, self._ends.get(session, BESIDE))
                if exchange.id in unplayed:
                    self._left[session].append(exchange)
        self._before: dict[str, _Last] = {}

    def of(self, miss: Miss) -> tuple[Key, Exchange | None]:
        """The turn, and the recording that stands at this place of it, where there is one."""
        near = _near(miss)
        if near[1] == BESIDE or miss.used or miss.ambiguous or miss.nearest is None:
            return near, None
        before = self._before.get(near[0])
        if before is not None and _again(before.request, miss.request):
            return before.key, before.due
        if before is not None and near[1] <= before.key[1]:
            key, due = self._next(before, miss.request)
        elif self._goes_on(miss):
            key, due = self._next(_Last(request=miss.nearest.request, key=near, due=miss.nearest), miss.request)
        else:
            key, due = near, miss.nearest if miss.nearest.id in self._unplayed else None
        self._before[near[0]] = _Last(request=miss.request, key=key, due=due)
        return key, due

    def _next(self, before: _Last, asked: Request) -> tuple[Key, Exchange | None]:
        """What stands behind the last miss: of a later turn, if it was a user who spoke."""
        session, number = before.key
        left = self._left[session]
        while left and (left[0].turn or BESIDE) < number:  # a conversation goes on: what is passed does not come back
            left.popleft()
        ahead = list(itertools.islice(left, _AHEAD))
        later = [one for one in ahead if (one.turn or BESIDE) > number]
        said = said_in(asked)
        if said is None:
            since = before.due.id if before.due is not None else -1
            same = next((one for one in ahead if one.turn == number and one.id > since), None)
            return before.key, same
        due = next((one for one in later if self._said.get(key_of(one)) == said), next(iter(later), None))
        return (self._new(session), None) if due is None else (key_of(due), due)

    def _goes_on(self, miss: Miss) -> bool:
        """Whether it says more behind a recording that was played: it stands for what comes after that."""
        nearest = miss.nearest
        if nearest is None or nearest.id in self._unplayed:
            return False
        recorded = compared.messages(nearest.request)
        return 0 < recorded <= miss.shared < compared.messages(miss.request) and said_in(miss.request) is not None

    def _new(self, session: str) -> Key:
        self._ends[session] += 1
        return session, self._ends[session]


def _again(before: Request, asked: Request) -> bool:
    """Whether it is the same question again: a retry stands where the first stood."""
    if before.path.partition("?")[0] != asked.path.partition("?")[0]:
        return False
    count = compared.messages(before)
    if not count:
        return before.body.join() == asked.body.join()
    return count == compared.messages(asked) == compared.shared_messages(before, asked)


def _near(miss: Miss) -> Key:
    """The turn of the nearest recording, if it is near."""
    nearest = miss.nearest or next(iter(miss.ambiguous), None)
    if nearest is None:
        return "", BESIDE
    asked, there = miss.request, nearest.request
    same_place = (asked.method, asked.path.partition("?")[0]) == (there.method, there.path.partition("?")[0])
    return key_of(nearest) if same_place or miss.shared else ("", BESIDE)
