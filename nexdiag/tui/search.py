"""Finding text in a transcript. Pure."""

from collections.abc import Iterable

import msgspec

from nexdiag.tui.entries import Entry, Failure, Note, Said, Streamed, Tool


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was found: in which entry. An entry is one hit, however often it holds the words."""

    key: int


def words_of(entry: Entry) -> str:
    """Everything in an entry that can be read."""
    match entry:
        case Said(text=text) | Note(text=text) | Failure(text=text):
            return text
        case Streamed():
            return entry.text
        case Tool(name=name, arguments=arguments, output=output):
            return f"{name}\n{arguments}\n{output}"
        case _:
            return ""


def find(entries: Iterable[Entry], wanted: str) -> list[Hit]:
    """The entries that hold the words, whatever their case, in order; none for no words."""
    low = wanted.casefold().strip()
    return [Hit(key=entry.key) for entry in entries if low and low in words_of(entry).casefold()]


def places(text: str, wanted: str) -> list[tuple[int, int]]:
    """Each place of the words in a text, whatever their case: from, to."""
    low, wanted = text.lower(), wanted.lower().strip()
    if not wanted or len(low) != len(text):  # a few letters change their length with their case: no marks, then
        return []
    found, at = [], low.find(wanted)
    while at >= 0:
        found.append((at, at + len(wanted)))
        at = low.find(wanted, at + len(wanted))
    return found
