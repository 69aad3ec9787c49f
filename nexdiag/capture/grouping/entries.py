"""What one entry of a conversation on the wire is to grouping: who speaks, and a key that survives rewriting. Pure.

Clients send their history again and again, and not always alike: text becomes a list of parts, a `cache_control` moves,
reasoning falls away, an old tool output is cleared, reminders come and go. A key looks at what stays.

Law: nothing here raises, whatever the entry holds.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.lenient import fields, objects, read, words

Kind = Literal["user", "assistant", "call", "tool", "other"]

_SYSTEM = ("system", "developer")
_TOOL = ("tool", "function")
_ASSISTANT = ("assistant", "model")
_TEXTS = ("text", "input_text", "output_text")
_THOUGHTS = ("reasoning", "thinking", "redacted_thinking")
_MARKS = ("cache_control", "id", "status", "annotations", "index")
"""Fields of a part that a client adds or drops without meaning."""
_LONG, _LONG_ID = 40, 8
"""Characters of an answer, and of a call's id, that hardly come twice."""
_ENVELOPE = re.compile(
    r"<([\w.:-]{0,40}(?:reminder|context|environment|instructions|details|metadata|permissions|caveat|stdout|notification)"
    r"[\w.:-]{0,40})(?:\s[^<>]{0,400})?>",
    re.IGNORECASE,
)
"""What a client puts into a user's message and no user said: the directory, the date, a reminder."""


_LONGEST = 2**18
_MOST_ENVELOPES = 100
"""Of one text: more are no client's, and would take long to find."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said, called or answered."""

    kind: Kind
    key: bytes
    """Equal for entries that mean the same."""
    own: bool = False
    """No other conversation has it, as far as one can tell: an answer of some length, or the id of a call."""


def entries(raw: bytes) -> tuple[Entry, ...]:
    """What one message, or one item, comes to; nothing for system prompts, thoughts and a client's own envelopes."""
    try:
        value = read(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return (Entry(kind="other", key=_key(b"other", raw)),)
    kind, role = words(value.get("type")), words(value.get("role"))
    if role in _SYSTEM or kind in _THOUGHTS:
        return ()
    if role in _ASSISTANT:
        return tuple(_answered(value))
    if role in _TOOL or kind.endswith("_output"):
        return (_tool(value.get("tool_call_id" if role in _TOOL else "call_id")),)
    if not role and kind.endswith("_call"):
        return (_call(value.get("call_id"), value.get("name")),)
    return tuple(_asked(value)) if role or kind in ("", "message") else (Entry(kind="other", key=_key(b"other", raw)),)


def system_text(raw: bytes) -> str | None:
    """The text of a system message; None for any other entry."""
    if b"system" not in raw and b"developer" not in raw:
        return None
    try:
        value = fields(read(raw))
    except ValueError:
        return None
    return text_of(value.get("content")) if value.get("role") in _SYSTEM else None


def said(raw: bytes) -> str | None:
    """The words of a user's message, as they stand on the wire; None for any other entry, and for envelopes alone."""
    if not any(entry.kind == "user" for entry in entries(raw)):
        return None
    value = fields(read(raw))
    if isinstance(value.get("content"), str):
        return words(value["content"])
    parts = [words(part.get("text")) for part in objects(value.get("content")) if part.get("type") in _TEXTS]
    return "\n".join([part for part in parts if spoken(part)] or parts)


def plain_said(text: str) -> tuple[Entry, ...]:
    """The entry of a question that is mere text: `input` of the Responses wire."""
    return (_user(text, ()),) if spoken(text) or not text.strip() else ()


def spoken(text: str) -> str:
    """The text without a client's envelopes, its white space normalised; one that is very long as it is."""
    if len(text) > _LONGEST:  # to normalise megabytes holds up every other client
        return text
    return " ".join((_opened(text) if "</" in text else text).split())


def _opened(text: str) -> str:
    """The text without its envelopes. Each is looked for once, and a bounded number of them."""
    kept, start = [], 0
    for _ in range(_MOST_ENVELOPES):
        found = _ENVELOPE.search(text, start)
        if found is None:
            break
        end = text.find(f"</{found[1]}>", found.end())
        kept.append(text[start : found.end() if end < 0 else found.start()])
        start = found.end() if end < 0 else end + len(found[1]) + 3
    return " ".join((*kept, text[start:]))


def text_of(content: object) -> str:
    """The text of a content: a string, or its text parts joined."""
    if isinstance(content, str):
        return words(content)
    return "\n".join(words(part.get("text")) for part in objects(content) if part.get("type", "text") in _TEXTS)


def answer_entry(text: str) -> Entry | None:
    """The entry of what the assistant said; None if it said nothing."""
    plain = " ".join(text.split())
    if not plain:
        return None
    return Entry(kind="assistant", key=_key(b"assistant", plain.encode(errors="replace")), own=len(plain) >= _LONG)


def call_entry(call_id: str, name: str) -> Entry:
    """The entry of a call."""
    return _call(call_id, name)


def _answered(value: dict[str, Any]) -> Iterator[Entry]:
    content = value.get("content")
    entry = answer_entry(text_of(content))
    if entry is not None:
        yield entry
    for call in objects(value.get("tool_calls")):
        yield _call(call.get("id"), fields(call.get("function")).get("name"))
    for block in objects(content):
        if block.get("type") == "tool_use":
            yield _call(block.get("id"), block.get("name"))


def _asked(value: dict[str, Any]) -> Iterator[Entry]:
    content = value.get("content")
    answers = [part for part in objects(content) if part.get("type") == "tool_result"]
    yield from (_tool(part.get("tool_use_id")) for part in answers)
    text = text_of(content)
    media = [
        jsontext.write({name: entry for name, entry in part.items() if name not in _MARKS})
        for part in objects(content)
        if part.get("type", "text") not in _TEXTS and part.get("type") != "tool_result"
    ]
    silent = not text.strip() and not media
    if spoken(text) or (not answers and (media or silent)):  # a picture after a tool's answer is that tool's
        yield _user(text, media)


def _user(text: str, media: "list[bytes] | tuple[bytes, ...]") -> Entry:
    return Entry(kind="user", key=_key(b"user", spoken(text).encode(errors="replace"), *media))


def _call(call_id: object, name: object) -> Entry:
    called, told = words(call_id), words(name)
    return Entry(kind="call", key=_key(b"call", called.encode(), told.encode()), own=len(called) >= _LONG_ID)


def _tool(call_id: object) -> Entry:
    """Without its text: clients clear old outputs."""
    called = words(call_id)
    return Entry(kind="tool", key=_key(b"tool", called.encode()), own=len(called) >= _LONG_ID)


def _key(*parts: bytes) -> bytes:
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()
