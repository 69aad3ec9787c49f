"""A URL as somebody typed or pasted it → the base URL that routes are appended to, and the wire that it implies."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from nexdiag.agent.provider.names import LABELS
from nexdiag.core.endpoint import Wire
from nexdiag.core.errors import UsageError

_VERSIONED = re.compile(r"/v\d+(?:\.\d+)?(?:beta\d*|alpha\d*)?(?:/openai)?$")
_CHAT = "/chat/completions"
_WIRES: dict[str, Wire] = {"/responses": "responses", "/messages": "anthropic"}
_ROUTES = (*_WIRES, "/models", "/completions")
"""Other routes that people paste; only behind a version segment is it sure that they are one."""
_HOSTED = {urlsplit(provider.url).hostname: provider.url for provider in LABELS.values() if provider.hosted}
"""Services whose version segment is not at the root (Gemini, OpenRouter), and those where it is."""


def normalise_base_url(url: str) -> str:
    """The URL to which a route is appended: with a version segment, once.

    A URL that already ends in a version segment (`/v1`, `/v1beta/openai`) is kept; of a full route, what stands before
    it, for then the user has told where it is. A known service is known by its host alone. Raises `UsageError` for
    anything that is not http or https with a host, and for credentials or a query: the one would reach logs and
    recordings, the other be lost.
    """
    parts = _split(url)
    if "@" in parts.netloc:
        hint = "name the variable that holds the key: nexdiag init --key-env NAME, or api_key_env in config.toml"
        raise UsageError(f"an endpoint URL without credentials is wanted, found {_shown(url)}", hint=hint)
    if parts.query:
        hint = "it cannot be kept, because routes are appended to the URL; leave it away"
        raise UsageError(f"an endpoint URL without a query is wanted, found {_shown(url)}?…", hint=hint)
    path = parts.path.rstrip("/")
    if not path and parts.port is None and parts.scheme == "https" and parts.hostname in _HOSTED:
        return _HOSTED[parts.hostname]
    if path.endswith(_CHAT):
        path = path.removesuffix(_CHAT)
    else:
        cut = next((path.removesuffix(route) for route in _ROUTES if path.endswith(route)), path)
        path = cut if _VERSIONED.search(cut) else path if _VERSIONED.search(path) else f"{path}/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def implied_wire(url: str) -> Wire | None:
    """The wire of a pasted route, `…/v1/responses` or `…/v1/messages`; None for any other URL."""
    path = urlsplit(url.strip()).path.rstrip("/")
    if path.endswith(_CHAT):
        return "chat"
    return next(
        (_WIRES[end] for end in _WIRES if path.endswith(end) and _VERSIONED.search(path.removesuffix(end))), None
    )


def host_of(url: str) -> str:
    """The host of a URL, without its port; an empty string if it has none."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine."""
    host = host_of(url)
    try:
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    text = url.strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        good = None
    if not good or re.search(r"[\s\x00-\x20\x7f\\]", text):
        hint = "for example: -e http://127.0.0.1:8080"
        raise UsageError(f"an http or https URL is wanted for the endpoint, found {_shown(url)!r}", hint=hint)
    return parts


def _shown(url: str) -> str:
    """The URL as far as it may be shown: no credentials, no query."""
    head, at, rest = url.rpartition("@")
    return (f"…@{rest}" if head or at else rest).partition("?")[0]
