"""Of the recordings that can still be used, the one that shares the longest beginning of a conversation. Pure.

The recorded conversations of one address are a tree. Its leaves are numbered so that what goes on from one list stands
together, and the shortest that is left of them is kept for each half, quarter and so on: a look-up costs the logarithm
of the recordings, and a list that nothing goes on from any more is climbed over once.
"""

from collections.abc import Iterator, Sequence

from nexdiag.replay.matching.canonical import Digest
from nexdiag.replay.matching.forms import FormNode
from nexdiag.replay.matching.queued import Queue

_NONE = (2**63, 2**63)
Leaf = tuple[int, int]
"""How many messages it has, and its first place in the recording."""


class Branch:
    """A recorded list of messages."""

    __slots__ = ("before", "depth", "end", "first", "leaves", "next", "start", "up")

    def __init__(self, before: "Branch | None", depth: int, first: int) -> None:
        """`first` is the first recording that begins with it."""
        self.before = before
        self.up = before
        """Where to look when nothing goes on from here any more."""
        self.depth = depth
        self.first = first
        self.next: list[Branch] = []
        self.leaves: dict[Digest, Queue] = {}
        """The recordings that are just this list, equal requests together."""
        self.start = self.end = 0


class Tree:
    """The recorded conversations of one address. All are put in before the first is looked for."""

    def __init__(self) -> None:
        """Nothing is recorded."""
        self._root = Branch(None, 0, 0)
        self._by_digest: dict[Digest, Branch] = {}
        self._queues: list[Queue] = []
        self._depths: list[int] = []
        self._least: list[Leaf] = []
        self._size = 0

    def put(self, node: FormNode, place: int, same: Digest, queue: Queue) -> None:
        """A recording; `same` is equal for requests that mean the very same, which `queue` holds."""
        new: list[FormNode] = []
        at: FormNode | None = node
        while at is not None and at.depth and at.digest not in self._by_digest:
            new.append(at)
            at = at.before
        branch = self._by_digest.get(at.digest, self._root) if at is not None else self._root
        for at in reversed(new):
            branch.next.append(Branch(branch, branch.depth + 1, place))
            branch = self._by_digest[at.digest] = branch.next[-1]
        branch.leaves.setdefault(same, queue)

    def close(self) -> None:
        """All are in: number the leaves."""
        waiting = [(self._root, False)]
        while waiting:
            branch, done = waiting.pop()
            if done:
                branch.end = len(self._queues)
                continue
            branch.start = len(self._queues)
            self._queues += branch.leaves.values()
            self._depths += [branch.depth] * len(branch.leaves)
            waiting.append((branch, True))
            waiting += [(later, False) for later in reversed(branch.next)]
        self._size = len(self._queues)
        self._least = [_NONE] * self._size + [self._leaf(at) for at in range(self._size)]
        for at in range(self._size - 1, 0, -1):
            self._least[at] = min(self._least[2 * at], self._least[2 * at + 1])

    def shared(self, node: FormNode) -> Branch | None:
        """The longest recorded list that a conversation begins with; None if it is empty."""
        at: FormNode | None = node
        while at is not None and at.depth:
            branch = self._by_digest.get(at.digest)
            if branch is not None:
                return branch
            at = at.before
        return None

    def alive(self, branch: Branch) -> Branch | None:
        """The longest list, from this one up, that a recording that is left begins with; None if it is empty."""
        path: list[Branch] = []
        at: Branch | None = branch
        while at is not None and at.depth and next(self.going_on(at), None) is None:
            path.append(at)
            at = at.up
        for one in path:
            one.up = at
        return at if at is not None and at.depth else None

    def going_on(self, branch: Branch) -> Iterator[int]:
        """Places of recordings that are left and begin with this list: one for each request, the shortest first.

        It ends where they get longer: whoever wants one wants the shortest.
        """
        spans = [(branch.start, branch.end)]
        shortest: int | None = None
        while spans:
            start, end = spans.pop()
            found = self._best(start, end)
            if found is None or (shortest is not None and self._depths[found] != shortest):
                continue
            shortest = self._depths[found]
            place = self._queues[found].first
            assert place is not None  # it was just seen to be left
            yield place
            spans += [(start, found), (found + 1, end)]

    def _leaf(self, at: int) -> Leaf:
        place = self._queues[at].first
        return _NONE if place is None else (self._depths[at], place)

    def _best(self, start: int, end: int) -> int | None:
        """Of these leaves, the one with the fewest messages, and of several the one that was recorded first."""
        while True:
            best, leaf = _NONE, None
            for at in self._cover(start, end):
                if self._least[at] < best:
                    best, leaf = self._least[at], at
            if leaf is None:
                return None
            while leaf < self._size:
                leaf = 2 * leaf if self._least[2 * leaf] == best else 2 * leaf + 1
            now = self._leaf(leaf - self._size)
            if now == best:
                return leaf - self._size
            self._set(leaf, now)  # it was used since

    def _cover(self, start: int, end: int) -> Sequence[int]:
        left, right, cover = start + self._size, end + self._size, []
        while left < right:
            if left & 1:
                cover.append(left)
                left += 1
            if right & 1:
                right -= 1
                cover.append(right)
            left, right = left >> 1, right >> 1
        return cover

    def _set(self, at: int, leaf: Leaf) -> None:
        self._least[at] = leaf
        while at > 1:
            at >>= 1
            self._least[at] = min(self._least[2 * at], self._least[2 * at + 1])
