"""The upstream: where it is, and which of its paths a path of ours stands for. Pure.

A client is given `http://127.0.0.1:PORT/v1`, whatever the upstream is called. So the root of the proxy stands for what
precedes the version segment of the upstream's URL, and `/v1` stands for that segment:

    upstream                            /v1/models            /props
    http://host, http://host/v1         /v1/models            /props
    https://host/api/v1                 /api/v1/models        /api/props
    https://host/v1beta/openai          /v1beta/openai/models /props
    https://host/api/paas/v4            /api/paas/v4/models   /api/paas/props
    https://host/gateway                /gateway/v1/models    /gateway/props

A mistake stays what it is: `/v1/v1/models` and `/models` go on as such, and the upstream refuses them as it would have.
"""

import re
from urllib.parse import urlsplit

import msgspec

from nexdiag.core.errors import UsageError

_VERSION = re.compile(r"/v\d+(?:\.\d+)?(?:beta\d*|alpha\d*)?(?:/openai)?$")
_OURS = "/v1"
_PORTS = {"http": 80, "https": 443}


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """A server that requests are passed on to."""

    scheme: str
    host: str
    port: int
    root: str = ""
    """The path before the version segment."""
    version: str = ""
    """What `/v1` stands for; empty if it stands for itself."""

    @classmethod
    def of(cls, url: str) -> "Upstream":
        """Read a URL. Raises `UsageError` for anything that is not http or https with a host and a path."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        good = port and parts.hostname and url.isascii() and url.isprintable() and not re.search(r"[\s\\]", url)
        if not good or parts.query or parts.fragment or "@" in parts.netloc:
            what = "an http or https URL without credentials or query is wanted for the upstream"
            raise UsageError(what, hint="for example: --upstream http://127.0.0.1:8080")
        path = parts.path.rstrip("/")
        found = _VERSION.search(path)
        version = found[0] if found else ""
        root = path.removesuffix(version)
        return cls(scheme=parts.scheme, host=parts.hostname or "", port=port, root=root, version=version)

    @property
    def secure(self) -> bool:
        """Whether it is spoken to through TLS."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The `Host` that it is called by: the port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority: what stands before the target in a URL."""
        return f"{self.scheme}://{self.authority}"

    def target(self, path: str) -> str:
        """The upstream's target for one of ours, which begins with a slash; a query stays."""
        rest = path.removeprefix(_OURS)
        if self.version and rest is not path and (not rest or rest[0] in "/?"):
            return f"{self.root}{self.version}{rest}"
        return f"{self.root}{path}"
