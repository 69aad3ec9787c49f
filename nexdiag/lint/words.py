"""The server's own words, unwrapped from what it answered. What they mean is for the rules to say.

Servers, gateways and clients wrap them: `error.message`, OpenRouter's `metadata.raw`, LiteLLM's prefixes, lists of one
entry, FastAPI's `detail`, JSON within a string, an error inside an event stream under status 200, HTML, plain text.
"""

import re
from typing import Any

import msgspec

from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat.error import both_ends

_LONGEST = 4000
"""Characters of a server's words that are kept: enough for any known refusal, little enough for any expression."""
_READ = 100_000
"""Characters of a plain text that are looked at."""
_DEPTH = 8
_SPEAKING = ("message", "detail", "errors", "error_message", "error_description", "msg", "title", "code")
_PREFIX = re.compile(r"^\s*(?:litellm\.)?[A-Za-z_]{1,60}(?:Error|Exception)\s*(?::|-)\s*")
_TAG = re.compile(r"<[^>]{0,500}>")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says."""

    words: str = ""
    """Verbatim and unwrapped; empty if it holds none that speak of a failure."""
    error: bool = False
    """The answer itself says that it is an error, whatever its status."""
    plain: bool = False
    """The answer is text: neither JSON nor an event stream."""


def heard(answer: object) -> Said:
    """What an answer says: bytes or text of a body, or a JSON value. Never raises."""
    if isinstance(answer, bytes):
        answer = answer.decode("utf-8-sig", "replace")
    if not isinstance(answer, str):
        return _of_value(answer)
    text = answer.strip()
    if text[:1] in ("{", "["):
        value = _json(text)
        if value is not None:
            return _of_value(value)
    if re.match(r"(?:data|event|id|retry)?:", text):
        return _of_stream(text)
    text = text[:_READ]
    return Said(words=_cut(_of_html(text) or _unwrapped(text, _DEPTH)), plain=bool(text))


def _of_value(value: object) -> Said:
    while isinstance(value, list) and len(value) == 1:  # Gemini's compatible endpoint wraps its error in a list
        value = value[0]
    if not isinstance(value, dict):
        return Said()
    marked = "error" in (_lower(value.get("object")), _lower(value.get("type")))
    error = bool(value.get("error")) or marked or "detail" in value
    if not error and ("choices" in value or "object" in value):
        return Said()
    return Said(words=_cut(_words(value, _DEPTH)), error=error)


def _words(value: object, depth: int) -> str:
    """The words in a JSON value that speaks of a failure."""
    if isinstance(value, str):
        return _unwrapped(value, depth)
    if depth == 0:
        return ""
    if isinstance(value, list):
        return "; ".join(words for entry in value if (words := _words(entry, depth - 1)))
    if not isinstance(value, dict):
        return ""
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    for inner in (raw, value.get("error"), *(value.get(key) for key in _SPEAKING)):
        words = _words(inner, depth - 1)
        if words:
            return _placed(words, value.get("loc"))
    return ""


def _placed(words: str, place: object) -> str:
    """FastAPI says where in the request: `body.stream_options: Extra inputs are not permitted`."""
    if not isinstance(place, list):
        return words
    return ".".join(str(part) for part in place if isinstance(part, str | int)) + ": " + words


def _unwrapped(text: str, depth: int) -> str:
    """A text without the names that a gateway put before it, and out of the JSON that it may be."""
    bare = text
    while (shorter := _PREFIX.sub("", bare, count=1)) != bare:
        bare = shorter
    bare = bare.strip()
    if depth and bare[:1] in ("{", "["):
        return _words(_json(bare), depth - 1) or bare
    return bare or text.strip()


def _of_stream(text: str) -> Said:
    """The error that a server told inside its stream, if it told one."""
    parser = sse.Parser()
    for event in parser.feed(text.encode("utf-8", "replace")) + parser.close():
        if event.event != "error" and '"error"' not in event.data:
            continue
        value = _json(event.data)
        if isinstance(value, dict) and value.get("error"):
            return Said(words=_cut(_words(value, _DEPTH)), error=True)
        if event.event == "error":
            return Said(words=_cut(_words(value, _DEPTH) or event.data.strip()), error=True)
    return Said()


def _of_html(text: str) -> str:
    if not re.match(r"<(?:!doctype|html|head|body|\?xml)", text[:20], re.IGNORECASE):
        return ""
    for tag in ("title", "h1"):
        found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text[:20_000], re.IGNORECASE | re.DOTALL)
        if found and found[1].strip():
            return " ".join(_TAG.sub(" ", found[1]).split())
    return " ".join(_TAG.sub(" ", text[:20_000]).split())


def _json(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return jsontext.read(text)
    except ValueError:
        return None


def _lower(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""


def _cut(words: str) -> str:
    return both_ends(words, _LONGEST)
