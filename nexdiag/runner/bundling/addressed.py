"""Where a request went and what its head says → the same without what somebody may have put there. Pure."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from nexdiag.core.exchange import Headers
from nexdiag.runner.bundling.facts import LIBRARIES
from nexdiag.runner.bundling.vocabulary import CLIENTS, HEADERS, HOSTS, METHODS, SEGMENTS

_MEDIA = re.compile(
    r"(?:application/(?:json|x-ndjson|octet-stream|problem\+json|x-www-form-urlencoded)|text/(?:event-stream|plain|html"
    r")|\*/\*)(?:; ?charset=(?:utf-8|UTF-8|iso-8859-1))?(?:, ?(?:\*/\*|text/event-stream|application/json))?"
)
_VERSION = r"\d[\d.]{0,15}(?:(?:a|b|rc|\.dev|\.post)\d{1,4})?"
_CLIENT = re.compile(rf"{CLIENTS}(?:[/ ]v?{_VERSION})?")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?(?:ms|s)?")
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_PLAIN = re.compile(
    r"(?:(?:gzip|deflate|br|zstd|identity|chunked|keep-alive|close|no-cache|no-store|no|yes|python|CPython|Linux|MacOS"
    r"|Windows|x64|arm64|x32|unknown|false|true|async:asyncio|Accept-Encoding|Origin|GET|POST|OPTIONS|HEAD|\*"
    r"|2023-06-01|2020-10-01|max-age=\d{1,8}|timeout=\d{1,5}|max=\d{1,5})(?:, ?|\Z)){1,8}"
)
_REDACTED = re.compile(r"(?:Bearer |Basic )?\[redacted [0-9a-f]{8}\]")
_KEPT = (_MEDIA, _CLIENT, _NUMBER, _DATE, _PLAIN, _REDACTED, re.compile(_VERSION))


def url(text: str) -> str:
    """Scheme, port, known hosts and known parts of paths; signs in the place of all else."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "x" * len(text)
    if parts.scheme not in ("http", "https"):
        return "x" * len(text)
    shown = f"[{host}]" if ":" in host else host
    if shown not in HOSTS and not re.fullmatch(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}", shown):
        shown = re.sub(r"[^.]", "x", shown)
    path = "/".join(one if one in SEGMENTS else "x" * len(one) for one in parts.path.split("/"))
    query = "?" + "x" * len(parts.query) if parts.query else ""
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{path}{query}"


def method(text: str) -> str:
    """A method that there is."""
    return text if text in METHODS else "x" * len(text)


def headers(pairs: Headers, name: Callable[[str], str]) -> Headers:
    """Known names, and values that say nothing of anybody."""
    return tuple((key if key in HEADERS else name(key), _value(key, value)) for key, value in pairs)


def version(library: str, text: str) -> str:
    """The name of a library that is known (or its version, where none is named); empty for all else."""
    if library:
        return library if library.lower() in (*LIBRARIES, "python", "nexdiag") else ""
    return text if re.fullmatch(_VERSION, text) else ""


def _value(key: str, value: str) -> str:
    if not value or any(one.fullmatch(value) for one in _KEPT):
        return value
    return url(value) if key == "location" and "://" in value else "x" * len(value)
