"""Streams whose events are alike but for a word each: looked through for secrets without reading every event. Pure.

Nearly all that models say comes so. What is looked at is the words, joined, and the few events that are not alike.

Law: it may only say that a stream holds nothing; where it is not sure, the stream is read event by event.
"""

import json
import re

from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.codec.cassette.frames import NONE, Whole, frame_of, framed

_OPENS = re.compile(r'"([A-Za-z_]{1,40})"[ \t]*:[ \t]*(?:"([^"\\]*))?[^",{}\[\]]{0,40}\Z')
"""How the frame's beginning ends: with a name, and the beginning of the string that it names, if it does so."""
_CLOSES = re.compile(r'([^"\\]*)"')
_WORD = re.compile(r'(?:[^"\\\r\n]|\\[^\r\n])*')
"""What stays within its string."""
_STRINGS = re.compile(r'"([^"\\\r\n]*)"[ \t]*:[ \t]*"((?:[^"\\\r\n]|\\[^\r\n])*)"')
_MOST_OTHERS = 8
"""Events that are not alike. With more, the stream is not one of those."""
_END = b"\n\n"


def holds_nothing(stream: bytes, secrets: Secrets) -> bool:
    """Whether it is sure that no secret is said piece by piece in a stream of events.

    Of a stream that says one text alone: several at once are told apart by indices, and these are not looked at here.
    """
    events = [event + _END for event in stream.split(_END) if event]
    frame = frame_of(events)
    opens, closes = _OPENS.search(frame[0]), _CLOSES.match(frame[1])
    if frame == NONE or opens is None or closes is None:
        return False
    said: dict[str, list[str]] = {}
    others: list[str] = []
    for event in events:
        word = framed(frame, event)
        if isinstance(word, str) and opens[2] is None:  # more than the inside of one string: a number and a word
            for name, value in _STRINGS.findall(f"{opens[0]}{word}{closes[0]}"):
                said.setdefault(name, []).append(value)
            continue
        if isinstance(word, str) and _WORD.fullmatch(word) is not None:
            said.setdefault(opens[1], []).append(f"{opens[2]}{word}{closes[1]}")
            continue
        text = event.decode("utf-8", "replace")
        others.append(text)
        if len(others) > _MOST_OTHERS or (isinstance(word, Whole) and word.text is None):
            return False
        for name, value in _STRINGS.findall(text):
            said.setdefault(name, []).append(value)
    return not any(_spells(texts, secrets) for texts in said.values())


def _spells(texts: list[str], secrets: Secrets) -> bool:
    joined = "".join(texts)
    if "\\" in joined:
        try:
            joined = json.loads(f'"{joined}"')
        except ValueError:  # half an escape, say: not sure
            return True
    return bool(secrets.find(joined.encode("utf-8", "replace")))
