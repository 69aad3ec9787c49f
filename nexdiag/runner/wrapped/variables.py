"""What a wrapped command finds in its environment, so that its client comes by the proxy. Pure.

Each variable was found in the source of a client that reads it; docs/how-to/capture-any-client.md names them. Left
out on purpose: `GROQ_BASE_URL` (its client appends /openai/v1, which no other server has) and those of Azure (the
deployment is in the path).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.core.errors import UsageError

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "OPENAI_BASE_URL": "/v1",  # openai, llm, langchain-openai, litellm, codex
        "OPENAI_API_BASE": "/v1",  # openai before 1.0, langchain-openai, litellm
        "ANTHROPIC_BASE_URL": "",  # anthropic, langchain-anthropic, litellm
        "ANTHROPIC_API_BASE": "",  # litellm, where it goes before the one above
        "ANTHROPIC_API_URL": "",  # langchain-anthropic, where it goes before the one above
        "OLLAMA_HOST": "",  # ollama
        "OLLAMA_API_BASE": "",  # litellm
        "CODEX_OSS_BASE_URL": "/v1",  # codex --oss
    }
)
"""The base URL, and what of a path its clients want in it."""
PROXY = "NEXDIAG_PROXY_URL"
"""The proxy's address, without a path: for a client that reads none of the above, but can be told."""
PLACEHOLDER = "{proxy}"
"""The same in the arguments of the command."""
KEY = "OPENAI_API_KEY"
NO_KEY = "no-key-required"
"""For a server on this machine: OpenAI's clients do not start without a key, and say so before they send anything."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HERE = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")
_OLLAMA_PORT = 11434


def upstream_of(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Where the command would have gone: the first of the variables that is set, and its URL; None if none is.

    Raises `UsageError` for a URL that the proxy could not pass on to.
    """
    for name, url in _pointed(environment):
        try:
            Upstream.of(url)
        except UsageError as error:
            raise UsageError(f"{name} names no upstream: {error.what}", hint=error.hint) from error
        return name, url
    return None


def elsewhere(environment: Mapping[str, str], upstream: Upstream) -> tuple[str, ...]:
    """The variables that are set, and name another place than one that the proxy passes on to."""
    return tuple(name for name, url in _pointed(environment) if _path(url, upstream) is None)


def directed(
    environment: Mapping[str, str], proxy: str, *, upstream: Upstream, keep: Collection[str] = ()
) -> dict[str, str]:
    """The environment in which clients come by `proxy`, but for those whose variables are in `keep`.

    A URL that lacks its version segment lacks it still: a recording shows a mistake, and does not mend it. No key is
    invented, with one exception: see `NO_KEY`.
    """
    paths = {name: _path(url, upstream) for name, url in _pointed(environment)}
    directed = dict(environment)
    for name, usual in VARIABLES.items():
        if name not in keep:
            path = paths.get(name)
            directed[name] = proxy + (usual if path is None else path)
    directed[PROXY] = proxy
    if not environment.get(KEY) and _HERE.fullmatch(upstream.host):
        directed[KEY] = NO_KEY
    for name in ("NO_PROXY", "no_proxy"):  # a client would ask a company's proxy even for this machine
        directed[name] = _with_loopback(environment.get(name) or environment.get(name.swapcase(), ""))
    return directed


def _with_loopback(hosts: str) -> str:
    known = [host.strip() for host in hosts.split(",") if host.strip()]
    return ",".join([*known, *(host for host in _LOOPBACK if host not in known)])


def _pointed(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in VARIABLES:
        url = environment.get(name, "").strip()
        if url and name == "OLLAMA_HOST":
            url = _of_ollama(url)
        if re.match(r"https?://[^/?#]", url, re.IGNORECASE):  # what is no URL is no server: the client would say so
            yield name, url


def _of_ollama(host: str) -> str:
    """`OLLAMA_HOST` as its client reads it: a host alone is one, and every interface is this machine."""
    if "://" not in host:
        bare = re.fullmatch(r"[^:/\[\]]+|\[[^\]]*\]", host) is not None
        host = f"http://{host}:{_OLLAMA_PORT}" if bare else f"http://{host}"
    return host.replace("://0.0.0.0", "://127.0.0.1", 1)


def _path(url: str, upstream: Upstream) -> str | None:
    """The path at the proxy that stands for this URL; None if it stands for another."""
    try:
        named = Upstream.of(url)
    except UsageError:
        return None
    if _place(named) != _place(upstream) or named.version not in ("", upstream.version):
        return None
    return "/v1" if named.version else ""


def _place(upstream: Upstream) -> tuple[str, str, int, str]:
    """The names of this machine are one."""
    host = _LOOPBACK[0] if _HERE.fullmatch(upstream.host) else upstream.host
    return upstream.scheme, host, upstream.port, upstream.root
