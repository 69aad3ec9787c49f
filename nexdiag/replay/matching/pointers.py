"""JSON pointers with `*` for any entry and `**` for any depth: read, and followed through a value. Pure.

All pointers of a set of rules are followed at once, as the states of one automaton: what a value costs does not grow
with how often `**` could begin.
"""

from collections.abc import Sequence

from nexdiag.core.errors import UsageError

ANY = "*"
DEEP = "**"
_LONGEST = 64
States = frozenset[tuple[int, int]]
"""Which pointer, and how many of its names are behind us."""


def read(text: str) -> tuple[str, ...]:
    """The names of a pointer. Raises `UsageError` for one that is none."""
    hint = "write a JSON pointer, such as /metadata/trace, /messages/*/name or /**/timestamp"
    if not text.startswith("/"):
        raise UsageError(f"a rule begins with a slash, found {text!r}", hint=hint)
    names = text[1:].split("/")
    for name in names:
        if "~" in name.replace("~0", "").replace("~1", ""):
            raise UsageError(f"a ~ in a pointer is written ~0, and a slash in a name ~1, found {name!r}", hint=hint)
    if len(names) > _LONGEST:
        raise UsageError(f"a pointer has {_LONGEST} names at most, found {len(names)}", hint=hint)
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


class Automaton:
    """Follows pointers through a value, name by name."""

    def __init__(self, pointers: Sequence[tuple[str, ...]]) -> None:
        """Of these pointers; each is known by its place."""
        self._pointers = pointers
        self._named = frozenset(name for pointer in pointers for name in pointer)
        self._next: dict[tuple[States, str | None], States] = {}
        self._ends: dict[States, tuple[int, ...]] = {}
        self.start = self._closed({(which, 0) for which in range(len(pointers))})

    def after(self, states: States, name: str) -> States:
        """What is open behind this name."""
        if not states:
            return states
        key = (states, name if name in self._named else None)  # all other names are one: the memory stays small
        found = self._next.get(key)
        if found is None:
            found = self._next[key] = self._closed({one for state in states for one in self._behind(state, name)})
        return found

    def ends(self, states: States) -> tuple[int, ...]:
        """The pointers that are at their end here, in order."""
        found = self._ends.get(states)
        if found is None:
            ended = {which for which, at in states if at == len(self._pointers[which])}
            found = self._ends[states] = tuple(sorted(ended))
        return found

    def _behind(self, state: tuple[int, int], name: str) -> list[tuple[int, int]]:
        which, at = state
        pointer = self._pointers[which]
        if at == len(pointer):
            return []
        wanted = pointer[at]
        if wanted == DEEP:
            return [state]
        return [(which, at + 1)] if wanted in (ANY, name) else []

    def _closed(self, states: set[tuple[int, int]]) -> States:
        """With what `**` may stand for nothing of."""
        waiting = list(states)
        while waiting:
            which, at = waiting.pop()
            pointer = self._pointers[which]
            if at < len(pointer) and pointer[at] == DEEP and (which, at + 1) not in states:
                states.add((which, at + 1))
                waiting.append((which, at + 1))
        return frozenset(states)
