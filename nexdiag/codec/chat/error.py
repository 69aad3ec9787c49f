"""The words of a server out of the body of a refused request. What they mean is for the rules to say."""

import html
import re
import unicodedata
from http import HTTPStatus
from typing import Any

from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat.message import as_text

_LONGEST = 500
_SPEAKING = ("error", "message", "detail", "errors", "error_message", "error_description", "msg", "title")
"""Where servers put their words, best first: OpenAI's shape, plain ones, FastAPI's, Cloudflare's, gateways'."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DEPTH = 8
_ERROR = re.compile(r"(?<![\w.])[\w.]{0,60}(?:Error|Exception): ")
_WORD = 30
"""Characters within which the end of a word is looked for."""
_HEAD = 4096
"""Characters of a page in which its title is looked for."""


def split_error(status: int, body: bytes) -> str:
    """Find what the server said, in one line of at most 500 characters, with control characters made visible."""
    text = body.decode("utf-8-sig", "replace").strip()
    words = _of_json(text) if text[:1] in ("{", "[", '"') else ""
    if not words and text.startswith(("data:", "event:")):
        words = _of_stream(body)
    words = words or _of_html(text) or text
    line = visible(" ".join(both_ends(words, _HEAD).split()))
    if not line:
        return f"HTTP {status} {_phrase(status)}".rstrip() + ", without a word in its body"
    return both_ends(line, _LONGEST)


def both_ends(text: str, limit: int, *, gap: str = " … ") -> str:
    """The text in at most `limit` characters: its beginning and its end, for an exception has its reason in the end.

    The end begins where an error is named, if one is, else with a whole word.
    """
    if len(text) <= limit:
        return text
    room = max(limit - len(gap), 2)
    tail = text[-(room * 2 // 3) :]
    named = _ERROR.search(tail)
    space = tail.find(" ", 0, _WORD)
    tail = tail[named.start() if named else space + 1 :]
    return f"{text[: room - len(tail)].rstrip()}{gap}{tail}"


def visible(text: str) -> str:
    """Write what a terminal would obey, or an eye not see, as an escape."""
    if text.isprintable():
        return text
    return "".join(_escaped(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _of_json(text: str) -> str:
    try:
        return words_of(jsontext.read(text))
    except ValueError:
        return ""


def _of_stream(body: bytes) -> str:
    parser = sse.Parser()
    events = parser.feed(body) + parser.close()
    return next((words for event in events if (words := _of_json(event.data) or event.data.strip())), "")


def words_of(value: object, depth: int = _DEPTH) -> str:
    """Find the words in a JSON value; an empty string if it has none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "; ".join(words for entry in value if (words := words_of(entry, depth - 1)))
    return _of_object(value, depth - 1) if isinstance(value, dict) and depth else ""


def _of_object(value: dict[str, Any], depth: int) -> str:
    words = next((found for key in _SPEAKING if (found := words_of(value.get(key), depth))), "")
    message, place, metadata = value.get("message"), value.get("loc"), value.get("metadata")
    if isinstance(message, str) and message and words == value.get("error") != message:
        words = f"{words}: {message}"  # Spring: the error is the status phrase, the message says it
    if words and isinstance(place, list):  # FastAPI: where in the request
        words = ".".join(as_text(part) for part in place) + ": " + words
    raw = as_text(metadata.get("raw")) if isinstance(metadata, dict) else ""
    if words and raw:  # OpenRouter: "Provider returned error", and here what the provider said
        words = f"{words}: {_of_json(raw) or raw}"
    return words


def _of_html(text: str) -> str:
    if not text.startswith("<"):
        return ""
    for tag in ("title", "h1"):
        found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text[:_HEAD], re.IGNORECASE | re.DOTALL)
        if found and found[1].strip():
            return html.unescape(re.sub(r"<[^>]*>", " ", found[1]))
    return ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
