"""What a request says of where and when it is sent: its working directories, and what day it calls today. Pure.

Law: that is learnt from what its sender set up alone: instructions, messages of the system or the developer, and the
user's messages up to the first that a person wrote. What a model asked for, what a tool gave and what was said later
names nothing.
"""

from collections.abc import Iterator, Mapping

import msgspec

from nexdiag.core.body import Link
from nexdiag.replay.matching import dates, directories
from nexdiag.replay.matching.canonical import CONVERSATIONS, entries_of

_SETUP = ("instructions", "system")
_SYSTEM = (b'"system"', b'"developer"')
_MOST_DAYS = 4


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """By one request."""

    directories: tuple[str, ...] = ()
    """The first few, in the order of their naming."""
    days: tuple[int, ...] = ()
    """The first few that it calls today, counted from 1970."""
    begun: bool = False
    """Whether a person has spoken."""

    def today(self, day: int | None) -> int | None:
        """What its sender calls today, if the day in UTC is this one: clocks stand in other zones."""
        return next((one for one in self.days if day is not None and abs(one - day) <= 1), day)

    def more(self, texts: list[str], *, begun: bool) -> "Told":
        """Together with what stands in these texts."""
        named = dict.fromkeys((*self.directories, *(one for text in texts for one in directories.told(text))))
        days = dict.fromkeys((*self.days, *(one for text in texts for one in dates.stated(text))))
        return Told(directories=tuple(named)[: directories.MOST], days=tuple(days)[:_MOST_DAYS], begun=begun)


class Learner:
    """Learns it. Remembers each list and each field that it has read."""

    def __init__(self) -> None:
        """Nothing is read."""
        self._by_link: dict[Link, Told] = {}
        self._by_text: dict[tuple[bytes, bool], Told] = {}

    def told(self, values: Mapping[str, bytes | Link]) -> Told:
        """What the fields of a body tell."""
        found = Told()
        for name in (*_SETUP, *CONVERSATIONS):
            if name in values:
                one = self._in(values[name], name in _SETUP)
                named = dict.fromkeys((*found.directories, *one.directories))
                found = Told(directories=tuple(named)[: directories.MOST], days=(*found.days, *one.days))
        return found

    def _in(self, value: bytes | Link, setup: bool) -> Told:
        if isinstance(value, Link):
            if not setup:
                return self._of_list(value)
            value = b"[%s]" % b",".join(link.raw for link in value.chain())
        found = self._by_text.get((value, setup))
        if found is None:
            found, entries = Told(), None if setup else entries_of(value)
            if entries is None:
                found = found.more(list(_said(_decoded(value))), begun=False)
            for entry in entries or ():
                found = _longer(found, entry)
            self._by_text[value, setup] = found
        return found

    def _of_list(self, last: Link) -> Told:
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._by_link:
            new.append(link)
            link = link.before
        found = self._by_link[link] if link is not None else Told()
        for link in reversed(new):
            found = self._by_link[link] = _longer(found, link.raw)
        return found


def _longer(found: Told, raw: bytes) -> Told:
    """With one message more."""
    if found.begun and not any(role in raw for role in _SYSTEM):
        return found
    message = _decoded(raw)
    message = message if isinstance(message, dict) else {}
    role = message.get("role")
    if role not in ("system", "developer", "user") or (role == "user" and found.begun):
        return found
    texts = list(_said(message.get("content")))
    person = role == "user" and any(not text.lstrip().startswith("<") for text in texts)
    return found.more(texts, begun=found.begun or person)


def _said(content: object) -> Iterator[str]:
    """The texts of a content: itself, or those of its parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, dict) else part
            if isinstance(text, str):
                yield text


def _decoded(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None
