"""Recordings that wait to be used, in the order recorded. Pure."""

from collections.abc import Set as AbstractSet


class Queue:
    """Places in the recording. One that was used elsewhere is passed over when it comes to the front."""

    __slots__ = ("_at", "_spent", "places")

    def __init__(self, spent: AbstractSet[int]) -> None:
        """`spent` is what has been used, kept by whoever uses it."""
        self._spent = spent
        self._at = 0
        self.places: list[int] = []

    @property
    def first(self) -> int | None:
        """The first that is left."""
        while self._at < len(self.places) and self.places[self._at] in self._spent:
            self._at += 1
        return self.places[self._at] if self._at < len(self.places) else None

    @property
    def last(self) -> int:
        """The last of all, used or not. There is one."""
        return self.places[-1]
