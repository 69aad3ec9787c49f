"""What gateways and clients put around a server's words: names of exceptions, a status, JSON or Python's repr of it.

Law: nothing here raises, and nothing takes longer than the length of the text.
"""

import json
import re
from typing import Any

from nexdiag.codec import jsontext

_PHRASE = (
    r"(?:Bad Request|Unprocessable (?:Entity|Content)|Internal Server Error|Not Found|Unauthorized|Forbidden|"
    r"Payload Too Large|Bad Gateway|Service Unavailable|Gateway Time-?out|Too Many Requests)"
)
_STATUS = rf"[\[(<]?[1-5]\d\d(?:\s+{_PHRASE})?[\])>]?"
_PREFIX = re.compile(
    r"\s*(?:"
    # litellm.BadRequestError: OpenAIException - …   openai.BadRequestError: …   Error: …
    r"(?:[A-Za-z_]\w{0,40}\.){0,5}[A-Za-z_]{0,60}(?:Error|Exception)\s*(?::|-|–)\s*"
    # Error code: 400 - …   (openai-python, anthropic)
    rf"|Error code:\s*{_STATUS}\s*[-:]?\s*"
    # error, status code: 400, status: 400 Bad Request, message: …   (go-openai)
    rf"|error, status code:\s*{_STATUS}(?:, status:\s*{_STATUS})?, message:\s*"
    r"|An error occurred \([\w.]{1,80}\) when calling the \w{1,80} operation(?: \([^)]{0,60}\))?:\s*"
    # POST "https://host/v1/chat/completions": 400 Bad Request …   (the Go clients)
    rf'|(?:POST|GET) "?https?://[^\s"]{{1,300}}"?:?\s+{_STATUS}\s*:?\s*'
    # ApiError: status_code: 400, body: {…   (the Cohere client)
    rf"|(?:headers:\s*\{{[^{{}}]{{0,2000}}\}},\s*)?status_code:\s*{_STATUS},\s*body:\s*"
    # 400 Bad Request: …   status 400: …   HTTP 400 - …   Groq API error 400: …   API Error: 400 {…
    r"|(?:[A-Za-z]{1,20} )?(?:(?:API|HTTP|upstream)(?:/\d(?:\.\d)?)?\s+)?"
    r"(?:(?:error|status(?:[ _]?code)?|(?:request )?failed with status(?: code)?)\s*[:=]?\s*)?"
    rf"{_STATUS}\s*(?:[:,–]\s*|-\s+|(?=[{{\[]))"
    r"|Error from provider(?: ?\([^)]{0,60}\))?:\s*"
    r"|(?:Provider returned error|Upstream error(?: from [\w .-]{1,40}?)?|API (?:request|call) failed):\s*"
    r")",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:\. )?(?:Received Model Group=|No fallback model group found|LiteLLM Retried: )")
"""LiteLLM's, behind the words: which of its groups of models it asked."""
_LAYERS = 200
_OPENING = re.compile(r"(?:\[\s*)?\{\s*[\"']")
_ATTEMPTS = 4
_BEFORE = 4000
"""Characters before an embedded object."""
_TOKEN = re.compile(
    r"""[bru]?'((?:[^'\\]|\\.)*)'|[bru]?"((?:[^"\\]|\\.)*)"|\\.|\b(None|True|False)\b|,\s*(?=[)\]}])|[()]""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_NAMES = {"None": "null", "True": "true", "False": "false", "(": "[", ")": "]"}
_UNICODE = 0x110000
_DECODER = json.JSONDecoder()
_ERRORS = ("error", "detail", "errors")
_KINDS = ("type", "code", "object", "status", "msg")


def bare(text: str) -> str:
    """A text without what gateways and clients put before and behind it; as it is, if nothing else is left."""
    at = 0
    for _ in range(_LAYERS):
        found = _PREFIX.match(text, at)
        if found is None or found.end() == at:
            break
        at = found.end()
    behind = _SUFFIX.search(text, at)
    return text[at : behind.start() if behind else len(text)].strip() or text.strip()


def embedded(text: str) -> tuple[str, Any] | None:
    """The text before an error's JSON value (or Python's repr of one) within a text, and that value; None without one.

    What a text begins with may be any object or list, if it is all there is; elsewhere it has to look like an error.
    """
    if text[:1] in ('"', "'", "b"):
        within = _quoted(text)
        return None if within is None else ("", within)
    starts = [0] if text[:1] in ("{", "[") else []
    starts += [found.start() for found in _some(text) if found.start()]
    for start in starts[:_ATTEMPTS]:
        read = _read(text[start:])
        if read is None:
            continue
        value, whole = read
        if _like_an_error(value) or (start == 0 and whole and isinstance(value, dict | list)):
            return text[:start], value
    return None


def _some(text: str) -> list[re.Match[str]]:
    found = []
    for one in _OPENING.finditer(text, 0, _BEFORE):
        found.append(one)
        if len(found) == _ATTEMPTS:
            break
    return found


def _quoted(text: str) -> str | None:
    """What stands in a text that is one string in quotes, of JSON or of Python, and nothing behind it."""
    found = _TOKEN.match(text)
    if found is None or found.end() != len(text):
        return None
    if text[0] == '"':
        try:
            value = jsontext.read(text)
        except ValueError:
            value = None
        if isinstance(value, str):
            return value
    inner = found[1] if found[1] is not None else found[2]
    return None if inner is None else _unescaped(inner)


def _read(text: str) -> tuple[Any, bool] | None:
    """The JSON value with which a text begins, or Python's repr of it, and whether it is all; None if there is none."""
    for candidate in (text, None):
        try:
            read = candidate if candidate is not None else _TOKEN.sub(_as_json, text)
            value, end = _DECODER.raw_decode(read)
        except (ValueError, RecursionError):
            continue
        return jsontext.mended(value) if not read.isascii() or "\\u" in read else value, not read[end:].strip()
    return None


def _as_json(token: re.Match[str]) -> str:
    """A token of Python as JSON has it."""
    inner = token[1] if token[1] is not None else token[2]
    if inner is not None:
        return json.dumps(_unescaped(inner))
    if token[0][0] == ",":  # a tuple of one, or a last comma
        return ""
    return _NAMES.get(token[0], token[0])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code is not None:
        number = int(code, 16)
        return chr(number) if number < _UNICODE else "\ufffd"
    return _PLAIN.get(escape[4], escape[4])


def _like_an_error(value: object) -> bool:
    """Whether a value is one in which servers put their words."""
    if isinstance(value, list):
        return bool(value) and _like_an_error(value[0])
    if not isinstance(value, dict):
        return False
    says = "message" in value or "msg" in value
    return any(value.get(key) for key in _ERRORS) or (says and any(key in value for key in _KINDS))
