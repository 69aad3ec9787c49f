"""Streams whose events are alike but for a word each: looked through for secrets without reading every event. Pure.

Nearly all that models say comes so. What is looked at is the words, joined, and the few events that are not alike.

Law: it may only say that a stream holds nothing; where it is not sure, the stream is read event by event.
"""

import json
import re

from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.codec.cassette.frames import NONE, frame_of

_OPENS = re.compile(r'"([A-Za-z_]{1,40})"[ \t]*:[ \t]*(?:"([^"\\]*))?[^",{}\[\]]{0,40}\Z')
"""How the frame's beginning ends: with a name, and the beginning of the string that it names, if it does so."""
_CLOSES = re.compile(r'([^"\\]*)"')
_WORD = re.compile(r'(?:[^"\\\r\n]|\\[^\r\n])*')
"""What stays within its string."""
_STRINGS = re.compile(r'"([^"\\\r\n]*)"[ \t]*:[ \t]*"((?:[^"\\\r\n]|\\[^\r\n])*)"')
INDEX = re.compile(rb'"((?:[a-z_]{1,20}_)?index|item_id)"[ \t]*:[ \t]*("[^"\\\r\n]{0,200}"|\d{1,9})')
"""By which a stream tells several texts apart that it says at once."""
_MOST_OTHERS = 8
"""Events that are not alike. With more, the stream is not one of those."""
_END = b"\n\n"
_LOOKED_AT = 16
"""Events in which a frame is looked for."""


def several(stream: bytes) -> bool:
    """Whether events tell by an index of which text their piece is."""
    seen: dict[bytes, bytes] = {}
    return any(seen.setdefault(match[1], match[2]) != match[2] for match in INDEX.finditer(stream))


def holds_nothing(stream: bytes, secrets: Secrets) -> bool:
    """Whether it is sure that no secret is said piece by piece in a stream of events.

    Of a stream that says one text alone: several at once are told apart by indices, and these are not looked at here.
    """
    frame = frame_of([event + _END for event in stream.split(_END, _LOOKED_AT)[:-1]])
    opens, closes = _OPENS.search(frame[0]), _CLOSES.match(frame[1])
    if frame == NONE or opens is None or closes is None:
        return False
    try:
        first, *words, last = stream.decode().split(frame[1] + frame[0])
    except ValueError:  # no UTF-8, or never twice the same
        return False
    said: dict[str, list[str]] = {}
    whole = [f"{first}{frame[1]}"]
    _read(whole[0], said)
    for word in words:
        if opens[2] is not None and _WORD.fullmatch(word) is not None:
            said.setdefault(opens[1], []).append(f"{opens[2]}{word}{closes[1]}")
        else:  # not alike after all, or alike in more than the inside of one string: a number and a word
            whole.append(f"{frame[0]}{word}{frame[1]}")
            _read(whole[-1], said)
    if opens[2] is not None and len(whole) > _MOST_OTHERS:
        return False
    whole.append(f"{frame[0]}{last}")
    _read(whole[-1], said)
    return not several("".join(whole).encode()) and not any(_spells(texts, secrets) for texts in said.values())


def _read(text: str, said: dict[str, list[str]]) -> None:
    for name, value in _STRINGS.findall(text):
        said.setdefault(name, []).append(value)


def _spells(texts: list[str], secrets: Secrets) -> bool:
    joined = "".join(texts)
    if "\\" in joined:
        try:
            joined = json.loads(f'"{joined}"')
        except ValueError:  # half an escape, say: not sure
            return True
    return bool(secrets.find(joined.encode("utf-8", "replace")))
