"""What a replayed command finds in its environment: it leads to the replay server, and nowhere else.

Clients that honour a proxy are refused by the replay server, which names whom they meant; Python programs are closed
by `closed_child`, which names the call site. Programs of other kinds with sockets of their own are not reached.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.runner.replaying.served import closed_child
from nexdiag.runner.replaying.served.closed_child.sitecustomize import here
from nexdiag.runner.wrapped import variables

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")
"""Their clients do not start without one; where none is set, one that opens nothing is."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_GUARD = str(Path(closed_child.__file__).parent)
_FILE, _CLOSED = "NEXDIAG_REFUSED", "NEXDIAG_CLOSED"
_LARGEST = 1024 * 1024
"""Bytes of notes that are read."""
_MOST = 20


class Escape(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody tried to leave, and was refused."""

    address: str
    site: str = ""
    """`FILE:LINE in FUNCTION`; empty where only the address is known."""
    times: int = 1


def closed(environment: Mapping[str, str], url: str, upstream: Upstream | None, notes: Path) -> dict[str, str]:
    """The environment of a command whose clients are to come by the replay server at `url`.

    `upstream` is the server that was recorded, where that is known; Python programs note refusals in the file `notes`.
    """
    directed = variables.directed(environment, url, upstream=upstream or Upstream.of(url))
    for name in KEYS:
        directed[name] = environment.get(name) or variables.NO_KEY
    directed |= dict.fromkeys(_PROXIES, url)
    directed |= dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(_LOOPBACK))
    directed.setdefault("NODE_USE_ENV_PROXY", "1")  # else fetch in Node goes past every proxy
    before = environment.get("PYTHONPATH", "")
    directed["PYTHONPATH"] = _GUARD + (os.pathsep + before if before else "")
    directed[_FILE] = str(notes)
    directed[_CLOSED] = _recorded_here(upstream, url)
    return directed


def _recorded_here(upstream: Upstream | None, url: str) -> str:
    """The port of the recorded server, if that is on this machine: it may be running now. Else nothing.

    This machine has many names: `localhost`, 127.0.0.2, 0.0.0.0. The port is closed at all of them.
    """
    if upstream is None or upstream.port == Upstream.of(url).port:
        return ""
    host = upstream.host.strip("[]").rstrip(".").lower()
    return str(upstream.port) if here(host) or host.endswith(".localhost") else ""


def escapes(notes: Path) -> tuple[Escape, ...]:
    """What Python programs noted: each place once, the first ones. Anybody may have written there."""
    raw = b""
    with contextlib.suppress(OSError), notes.open("rb") as file:
        raw = file.read(_LARGEST)
    found: dict[tuple[str, str], int] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        address, _, rest = line.partition("\t")
        key = address[:200], rest.partition("\t")[0][:400]
        found[key] = found.get(key, 0) + 1
    return tuple(
        Escape(address=address, site=site, times=times) for (address, site), times in list(found.items())[:_MOST]
    )
