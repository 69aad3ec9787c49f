"""Who may ask a replay server: programs on this machine, not web pages from elsewhere. Pure.

It listens on this machine alone, but a browser runs the pages of anybody. Such a page is known by its `Origin`, and one
that has a name of its own resolve to this machine (DNS rebinding) by its `Host`. Whatever name a program of this
machine or a container on it calls the server by is taken: names that the public DNS gives to nobody.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

from nexdiag.http1.heads import Asked, Pairs
from nexdiag.http1.refusal import Refusal, malformed

_AUTHORITY = re.compile(r"(?P<name>[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_PRIVATE = ("localhost", "local", "internal", "test", "example", "invalid", "lan", "home.arpa")
"""Endings of names that the public DNS gives to nobody (RFC 6761, RFC 6762, RFC 8375; ICANN's `internal`)."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_PAST_HOST = re.compile(r"[/?#]")
_PROGRAMS = ("app", "capacitor", "chrome-extension", "file", "ionic", "moz-extension", "safari-web-extension", "tauri",
             "vscode-file", "vscode-webview")  # fmt: skip
"""Schemes of the pages of extensions and of desktop programs: no page of the web can have one."""
_LONGEST = 200
_SEEN = 600
"""Seconds for which a browser need not ask again."""
_BAD_HOST = malformed("a Host that is a name or an address is wanted")


def refused(headers: Pairs, show: Callable[[str], str]) -> Refusal | None:
    """Why whoever sends these may not ask; None if it may. `show` makes its words fit to be sent back and told."""
    host, origin = _first(headers, b"host"), _first(headers, b"origin")
    if _welcome(host, origin):
        return None
    if host and not _AUTHORITY.fullmatch(host):
        return _BAD_HOST
    if host and not _of_this_machine(host):
        return Refusal(
            status=HTTPStatus.FORBIDDEN,
            what=f"a Host of this machine is wanted, found {show(host)}",
            hint="call the server by the address that it printed",
            code="host_refused",
        )
    return Refusal(
        status=HTTPStatus.FORBIDDEN,
        what=f"a web page of this machine is wanted, found one of {show(origin)}",
        hint="serve the page from localhost",
        code="origin_refused",
    )


@lru_cache(maxsize=64)
def _welcome(host: str, origin: str) -> bool:
    """Whether both may ask. Clients send the same ones each time."""
    known = not host or (_AUTHORITY.fullmatch(host) is not None and _of_this_machine(host))
    return known and (not origin or _may_ask(origin))


def is_preflight(asked: Asked) -> bool:
    """Whether it is a browser's question, before a page's request, whether the page may make it."""
    return asked.method == "OPTIONS" and bool(_first(asked.headers, b"access-control-request-method"))


def permission(asked: Asked) -> Pairs:
    """The answer to a preflight: the page may send what it wants to. Its origin has been judged."""
    pairs = [(b"access-control-allow-origin", _bytes(origin_of(asked))), (b"vary", b"origin")]
    wanted = (
        (b"access-control-request-method", b"access-control-allow-methods"),
        (b"access-control-request-headers", b"access-control-allow-headers"),
        (b"access-control-request-private-network", b"access-control-allow-private-network"),
    )
    for asks, allows in wanted:
        value = _first(asked.headers, asks)
        if value:
            pairs.append((allows, _bytes(value)))
    return [*pairs, (b"access-control-max-age", b"%d" % _SEEN)]


def origin_of(asked: Asked) -> str:
    """The web page's origin; empty where no web page asks."""
    return _first(asked.headers, b"origin")


def wanted_host(method: str, target: bytes) -> str:
    """The host that somebody wants to reach through this server: the target of CONNECT, or a whole URL."""
    text = without_user(target.decode("latin-1"))
    if method == "CONNECT":
        return shown(text)
    try:
        return shown(urlsplit(text).netloc or text)
    except ValueError:
        return shown(text)


def without_user(text: str) -> str:
    """A target, host or origin without the `user:password@` before its host.

    A password may hold a slash that nobody escaped: where what stands before it is no host, all up to the last `@`
    goes.
    """
    if text.startswith("/") or "@" not in text:
        return text
    found = _SCHEME.match(text)
    scheme = found[0] if found is not None else ""
    rest = text[len(scheme) :]
    authority = _PAST_HOST.split(rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2]
    known = _AUTHORITY.fullmatch(host) is not None and not host.endswith(":")
    return scheme + (host + rest[len(authority) :] if known else rest.rpartition("@")[2])


def own(target: bytes, port: int) -> bytes:
    """A target without the address of this server before it: RFC 9112, section 3.2.2, wants that form understood."""
    if target.startswith(b"/"):
        return target
    for name in (b"127.0.0.1", b"localhost", b"[::1]"):
        address = b"http://%s:%d" % (name, port)
        if target[: len(address)].lower() == address and target[len(address) : len(address) + 1] in (b"/", b"?", b""):
            rest = target[len(address) :]
            return rest if rest.startswith(b"/") else b"/" + rest
    return target


def shown(text: str) -> str:
    """Somebody else's words, so that they can stand in a line."""
    text = text[:_LONGEST]
    if not text.isprintable():
        text = "".join(one if one.isprintable() else "?" for one in text)
    return text or "nothing"


def _of_this_machine(host: str) -> bool:
    """Whether a name cannot be one of somebody else's in the public DNS."""
    found = _AUTHORITY.fullmatch(host)
    name = found["name"].strip("[]").rstrip(".").lower() if found else host
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(tuple(f".{ending}" for ending in _PRIVATE))
    return True


def _may_ask(origin: str) -> bool:
    """Whether a page is this machine's: of a loopback address, or of a program that shows pages itself."""
    try:
        parts = urlsplit(origin)
        name = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return "://" in origin and parts.scheme in _PROGRAMS  # `null` may be any page
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _first(headers: Pairs, wanted: bytes) -> str:
    size = len(wanted)
    for name, value in headers:
        if len(name) == size and name.lower() == wanted:
            return value.decode("latin-1").strip()
    return ""


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")
