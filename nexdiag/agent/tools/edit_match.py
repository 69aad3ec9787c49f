"""Where a model's `old_string` stands in a text, and what goes in its place. Pure: no I/O.

Law: nothing is guessed. A place is equal to what the model wrote but for line endings (which read_file does not show)
and, only when the model asks for it, white space; likeness is for error messages alone. A failed edit is cheaper than
an edit that nobody knows about.
"""

import re
from difflib import SequenceMatcher
from itertools import islice

import msgspec

PLACES = 1000
"""Places after which the search stops: one too many is already a refusal."""

_LISTED = 20_000
_LONGEST = 500
"""Lines, and characters of a line, that are compared when something like the text is looked for."""
_LIKE = 0.6
_ENDING = r"\r\n|(?<!\r)\n"
_ANY_ENDING = r"\r\n|(?<!\r)\n|\r(?!\n)"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One place that fits."""

    start: int
    end: int
    new: str
    """What goes there, with the line endings of the place."""
    inexact: bool = False
    """True if white space had to be ignored."""


def places(text: str, old: str, new: str, *, spaces: bool, endings: bool | None) -> list[Place]:
    """Return every place where `old` stands, overlapping ones too, first to last.

    `endings`: None takes LF in `old` for whatever ending the text has there; True takes every kind of ending for
    every other; False takes each character for itself. `spaces` allows whole lines that differ in white space only,
    if nothing fits otherwise.
    """
    if endings:
        old, new = (re.sub(_ANY_ENDING, "\n", word) for word in (old, new))
    literal = endings is False or "\r" in old
    found = _plain(text, old) if literal or "\r" not in text else _folded(text, old, any_kind=bool(endings))
    if found:
        usual = _ending(text)
        return [Place(start=a, end=b, new=new if literal else _fit(new, text[a:b], usual)) for a, b in found]
    return _loose(text, old, new) if spaces else []


def _plain(text: str, old: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = text.find(old)
    while at >= 0 and len(found) < PLACES:
        found.append((at, at + len(old)))
        at = text.find(old, at + 1)
    return found


def _folded(text: str, old: str, *, any_kind: bool) -> list[tuple[int, int]]:
    ending = f"(?:{_ANY_ENDING if any_kind else _ENDING})"
    pattern = re.compile(ending.join(re.escape(line) for line in old.split("\n")))
    found: list[tuple[int, int]] = []
    match = pattern.search(text)
    while match and len(found) < PLACES:
        found.append(match.span())
        match = pattern.search(text, match.start() + 1)
    return found


def _fit(new: str, place: str, usual: str) -> str:
    """Return `new` with the line ending of the place, or the usual one if the place has none."""
    return new if "\r" in new else new.replace("\n", _ending(place, usual))


def _ending(text: str, usual: str = "\n") -> str:
    """Return the line ending that a text has most."""
    both = text.count("\r\n")
    counts = {"\n": text.count("\n") - both, "\r\n": both, "\r": text.count("\r") - both}
    return max(counts, key=lambda ending: counts[ending]) if any(counts.values()) else usual


def _loose(text: str, old: str, new: str) -> list[Place]:
    """Return the runs of whole lines that equal `old` once white space is ignored."""
    wanted = old.split("\n")
    closed = len(wanted) > 1 and not wanted[-1]
    wanted = wanted[:-1] if closed else wanted
    keys = [" ".join(line.split()) for line in wanted]
    if not any(keys):
        return []
    lines = re.findall(rf"(?s).*?(?:{_ENDING})|.+\Z", text)
    have = [" ".join(line.split()) for line in lines]
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    usual = _ending(text)
    found: list[Place] = []
    for at in range(len(have) - len(keys) + 1):
        if have[at] == keys[0] and have[at : at + len(keys)] == keys:
            chosen = lines[at : at + len(keys)]
            end = offsets[at + len(keys)] - (0 if closed else len(chosen[-1]) - len(chosen[-1].rstrip("\r\n")))
            place = text[offsets[at] : end]
            words = _fit(_indented(new, wanted, chosen), place, usual)
            found.append(Place(start=offsets[at], end=end, new=words, inexact=True))
    return found[:PLACES]


def _indented(new: str, wanted: list[str], chosen: list[str]) -> str:
    """Move `new` as far to the right or left as the chosen lines stand from the wanted ones, if all agree."""
    pairs = [(_margin(mine), _margin(theirs)) for mine, theirs in zip(wanted, chosen, strict=True) if mine.strip()]
    right = {theirs.removesuffix(mine) if theirs.endswith(mine) else None for mine, theirs in pairs}
    left = {mine.removesuffix(theirs) if mine.endswith(theirs) else None for mine, theirs in pairs}
    lines = new.split("\n")
    if len(right) == 1 and (margin := next(iter(right))):
        return "\n".join(margin + line if line.strip() else line for line in lines)
    if len(left) == 1 and (margin := next(iter(left))):
        return "\n".join(line.removeprefix(margin) for line in lines)
    return new


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def like(text: str, old: str, count: int = 3) -> list[tuple[int, str]]:
    """Return the lines, with their numbers, that are most like the longest line of `old`; best first."""
    sought = max((line.strip() for line in old.splitlines()), key=len, default="")[:_LONGEST]
    matcher = SequenceMatcher(b=sought, autojunk=False)
    scored: list[tuple[float, int, str]] = []
    for number, line in enumerate(islice(text.split("\n"), _LISTED), 1):
        matcher.set_seq1(line.strip()[:_LONGEST])
        # The two upper bounds are cheap and spare the costly ratio for nearly every line.
        if matcher.real_quick_ratio() >= _LIKE and matcher.quick_ratio() >= _LIKE and matcher.ratio() >= _LIKE:
            scored.append((-matcher.ratio(), number, line.rstrip("\r")))
    return [(number, line) for _, number, line in sorted(scored)[:count]]
