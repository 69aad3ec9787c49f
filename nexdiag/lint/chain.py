"""One chat of a recording: its messages so far, and the faults that they carry from request to request."""

from collections import Counter

from nexdiag.lint.docket import Entry
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.view import View

Found = tuple[Rule, Fault]


class Chain:
    """What is known of the chat between two of its requests."""

    def __init__(self, history: History) -> None:
        """Before its first request."""
        self.history = history
        self.entries: list[Entry] = []
        """The faults of its messages."""
        self.silent: list[Found] = []
        """Those that are harmless until a server's words confirm them."""
        self.taken = 0
        """How many requests it had so far."""
        self.accepted = 0
        """The number of the last one that the server let pass; 0 if there was none."""
        self._numbers: Counter[object] = Counter()

    def upto(self, count: int) -> "Chain":
        """The chat after so many of its messages: itself, or another one, where a request goes on from the midst of it.

        Nothing is read or judged again: what was wrong with those messages is still wrong.
        """
        if count == len(self.history.messages):
            return self
        fork = Chain(History(self.history.list_name))
        for message in self.history.messages[:count]:
            fork.history.add(message)
        for entry in self.entries:
            if _within(entry.fault, count):
                fork.number(entry.rule, entry.fault)
                entry.stays(fork)
                fork.entries.append(entry)
        fork.silent = [found for found in self.silent if _within(found[1], count)]
        return fork

    def number(self, rule: Rule, fault: Fault) -> int:
        """Which of the equal faults of its messages this one is."""
        key = (rule.name, fault.about or fault.summary)
        self._numbers[key] += 1
        return self._numbers[key] - 1

    def take(self, seen: View) -> None:
        """A request was judged, and answered."""
        self.taken += 1
        if seen.accepted:
            self.accepted = self.taken


def _within(fault: Fault, count: int) -> bool:
    """Whether so many of a chat's first messages hold all that the fault takes."""
    last = fault.at if fault.last is None else fault.last
    return last is not None and last < count
