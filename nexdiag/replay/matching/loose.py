"""Recordings as they are looked for where none means the very same: by rule, by beginning, by turn. Pure.

It is made when the first request needs it, once for the whole recording.
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from nexdiag.core.exchange import Exchange
from nexdiag.replay.matching.canonical import Digest, digest
from nexdiag.replay.matching.forms import FormNode
from nexdiag.replay.matching.nearest import Branch, Tree
from nexdiag.replay.matching.queued import Queue
from nexdiag.replay.matching.rules import Rules
from nexdiag.replay.matching.volatile import Form, Volatile


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What fits a request, looser than the very same: one recording, or several between which nothing decides."""

    places: tuple[int, ...]
    """One; or the first of each kind."""
    how: str = "rule"
    aside: tuple[str, ...] = ()


class _Address(msgspec.Struct):
    """What was recorded of one method and path."""

    tree: Tree
    all: Queue
    openings: dict[Digest | None, Queue]
    """Conversations, by what they begin with."""


class _Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Many recordings that differ in nothing but the volatile."""

    alike: bool
    """Whether each was recorded once, and all of them answer the same."""
    told: set[tuple[int, Digest | None]]
    """What was set aside in any of them, by row."""


class Loose:
    """A recording, read by rules."""

    def __init__(
        self, exchanges: Sequence[Exchange], keys: Sequence[Digest], rules: Rules, spent: AbstractSet[int]
    ) -> None:
        """Read it. `keys` are equal for requests that mean the very same; `spent` is what has been used."""
        self._exchanges = exchanges
        self._spent = spent
        self.volatile = Volatile(rules, exchanges)
        self._forms: list[Form] = []
        self._kinds: dict[Digest, dict[Digest, Queue]] = {}
        """By form, then by what means the very same."""
        self._left: dict[Digest, dict[Digest, Queue]] = {}
        """Likewise, without those that are known to be used up."""
        self._addresses: dict[Digest, _Address] = {}
        self._answers: dict[int, Digest] = {}
        self._crowds: dict[Digest, _Crowd] = {}
        self._rest = Queue(spent)
        for place, exchange in enumerate(exchanges):
            self._put(place, self.volatile.recorded(exchange), keys[place])
        for address in self._addresses.values():
            address.tree.close()
        self._left = {key: dict(kinds) for key, kinds in self._kinds.items()}

    def by_rule(self, form: Form, *, again: bool = False) -> Fit | None:
        """What differs in nothing but the volatile: what is left, or, to be played `again`, what was last used."""
        left = (self._kinds if again else self._left).get(form.key, {})
        first = self._one_for_all(form, left) if not again and len(left) > 1 else None
        if first is not None:
            return first
        places: list[int] = []
        for kind, queue in list(left.items()):
            place = queue.last if again else queue.first
            if place is None:
                del left[kind]
            else:
                places.append(place)
        needed = {place: self.volatile.needed(form, self._forms[place]) for place in places}
        fitting = {place: rows for place, rows in needed.items() if rows is not None}
        several = set(fitting.values())
        fewest = {rows for rows in several if all(rows <= other for other in several)}
        least = [place for place, rows in fitting.items() if rows in fewest]
        chosen = self._one_of(least or list(fitting))
        if not chosen:
            return None
        return Fit(places=chosen, aside=self.volatile.names(fitting[chosen[0]]) if len(chosen) == 1 else ())

    def _one_for_all(self, form: Form, left: dict[Digest, Queue]) -> Fit | None:
        """The first of many, where all of them answer the same, and none of them needs fewer rules than it; else None.

        Without it, a recording of n requests that differ only in an id would cost n² to be played.
        """
        while left and (place := left[kind := next(iter(left))].first) is None:
            del left[kind]
        if not left or form.quotes:
            return None
        crowd = self._crowds.get(form.key)
        if crowd is None:
            crowd = self._crowds[form.key] = self._crowd(left.values())
        assert place is not None  # such were just passed over
        needed = self.volatile.needed(form, self._forms[place]) if crowd.alike else None
        if needed is None or any((row, form.taken.get(row)) in crowd.told for row in needed):
            return None
        return Fit(places=(place,), aside=self.volatile.names(needed))

    def _crowd(self, queues: Collection[Queue]) -> "_Crowd":
        places = [queue.last for queue in queues]
        alike = all(len(queue.places) == 1 for queue in queues) and len(set(map(self._answer, places))) == 1
        rows = {row for place in places for row in self._forms[place].taken}
        told = {(row, self._forms[place].taken.get(row)) for place in places for row in rows}
        return _Crowd(alike=alike, told=told)

    def by_beginning(self, form: Form) -> Fit | None:
        """What is left and shares the longest beginning of the conversation; of several, the shortest."""
        address = self._addresses.get(form.address)
        if address is None or form.conversation is None:
            return None
        branch = address.tree.shared(form.conversation)
        branch = branch and address.tree.alive(branch)
        chosen = self._one_of(address.tree.going_on(branch)) if branch is not None else ()
        return Fit(places=chosen, how="prefix") if chosen else None

    def by_turn(self, form: Form) -> Fit | None:
        """What is left and comes next in the same conversation; if none begins so, in the only one that is left."""
        address = self._addresses.get(form.address)
        if address is None:
            return None
        known = address.openings.get(form.opening)
        if known is not None:
            return None if known.first is None else Fit(places=(known.first,), how="turn")
        heads = [place for queue in address.openings.values() if (place := queue.first) is not None]
        chosen = self._one_of(heads)
        return Fit(places=chosen, how="turn") if chosen else None

    def nearest(self, form: Form) -> tuple[int | None, int]:
        """The recording that is nearest, one that is left if there is, and how many messages are shared with it."""
        own = self._addresses.get(form.address)
        found = self._shared(own, form.conversation) if own is not None else None
        if found is None:  # the same conversation at another address: a base URL that is wrong
            others = (self._shared(one, form.conversation) for one in self._addresses.values())
            found = max((one for one in others if one is not None), key=lambda one: one[1].depth, default=None)
        if found is not None:
            tree, branch = found
            return next(tree.going_on(branch), branch.first), branch.depth
        place = own.all.first if own is not None else None
        place = self._rest.first if place is None else place
        if place is None and self._rest.places:  # all were played: what there was to ask for still says most
            place = (own.all if own is not None else self._rest).places[0]
        return place, 0

    def known(self, form: Form) -> int | None:
        """The last recording that differs in nothing but the volatile, used or not."""
        kinds = self._kinds.get(form.key, {}).values()
        fitting = (queue.last for queue in kinds if self.volatile.needed(form, self._forms[queue.last]) is not None)
        return max(fitting, default=None)

    def _put(self, place: int, form: Form, key: Digest) -> None:
        self._forms.append(form)
        kinds = self._kinds.setdefault(form.key, {})
        if key not in kinds:
            kinds[key] = Queue(self._spent)
        address = self._addresses.get(form.address)
        if address is None:
            made = _Address(tree=Tree(), all=Queue(self._spent), openings={})
            address = self._addresses[form.address] = made
        if form.opening not in address.openings:
            address.openings[form.opening] = Queue(self._spent)
        for queue in (kinds[key], address.all, address.openings[form.opening], self._rest):
            queue.places.append(place)
        if form.conversation is not None:
            address.tree.put(form.conversation, place, key, kinds[key])

    @staticmethod
    def _shared(address: _Address, node: FormNode | None) -> tuple[Tree, Branch] | None:
        branch = address.tree.shared(node) if node is not None else None
        return None if branch is None else (address.tree, branch)

    def _one_of(self, places: Iterable[int]) -> tuple[int, ...]:
        """The first of recordings that fit equally well, if all of them answer the same; else one of each answer."""
        by_answer: dict[Digest, int] = {}
        seen = sorted(places)
        if len(seen) == 1:
            return tuple(seen)
        for place in seen:
            by_answer.setdefault(self._answer(place), place)
        return tuple(by_answer.values())

    def _answer(self, place: int) -> Digest:
        known = self._answers.get(place)
        if known is None:
            exchange = self._exchanges[place]
            response = exchange.response
            status = b"" if response is None else str(response.status).encode()
            failure = (exchange.failure or "").encode("utf-8", "replace")
            known = digest(status, b"" if response is None else response.body, failure)
            self._answers[place] = known
        return known
