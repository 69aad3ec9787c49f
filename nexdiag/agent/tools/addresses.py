"""Which addresses a page may be fetched from, and a transport that connects to nothing else.

A URL that a model names may come from a page that it has read: it must not become a way into networks and cloud
metadata that only this machine can reach. The name is resolved here, every address is judged, and the connection goes
to the very address that was judged: a name that points elsewhere a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx

from nexdiag.core.errors import ToolError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) to addresses; raises OSError if there are none."""

_METADATA = frozenset({"168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"})
"""Cloud metadata services that are not link-local: Azure, Alibaba, AWS over IPv6, Oracle."""
_TRIED = 4
"""Addresses of one host that are tried, one after the other: the first may be of a network that is not there."""
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NEVER = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10")))
"""IPv6 that Python takes for public and is not: NAT64 of one's own network (RFC 8215), IPv4 in two abandoned spellings
(compatible, translated), site-local. Whatever IPv4 address stands in them: nobody's page is found there."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def local(host: str) -> bool:
    """Tell whether a URL names this machine itself, in words or by number."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return _inner(ipaddress.ip_address(name)).is_loopback
    except ValueError:
        return False


def objection(text: str, *, private: bool, loopback: bool) -> str:
    """Say why nothing may be fetched from this address; empty if it may be.

    `private`: networks at home and at work are allowed. `loopback`: this machine is.
    """
    try:
        address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return "no address"
    if str(address) in _METADATA or address.is_link_local:
        return "a link-local or metadata address"
    if address.is_loopback:
        return "" if loopback else "this machine"
    if address.is_unspecified or address.is_multicast:
        return "no address of one machine"
    if any(address in network for network in _PRIVATE):
        return "" if private else "an address of a private network"
    reserved = not address.is_global or any(address in network for network in _NEVER)
    return "an address of a reserved network" if reserved else ""


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


class GuardedTransport(httpx.AsyncBaseTransport):
    """Resolves and judges the host of each request, and connects to the address that passed."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, resolve: Resolve = system_resolve, private: bool = False
    ) -> None:
        """`inner` makes the connection."""
        self._inner = inner
        self._resolve = resolve
        self._private = private

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, unless its host has an address that is not allowed: ToolError then.

        The extension `nexdiag.loopback` says whether this machine may be asked.
        """
        host = request.url.raw_host.decode("ascii")
        loopback = bool(request.extensions.get("nexdiag.loopback")) and local(host)
        try:
            found = await self._resolve(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        except (OSError, UnicodeError) as error:
            raise ToolError(f"the host {host!r} cannot be found: {error}") from error
        if not found:
            raise ToolError(f"the host {host!r} has no address")
        for address in found:
            # One bad address among good ones is how a rebinding name looks: nothing of it is trusted.
            if why := objection(address, private=self._private, loopback=loopback):
                raise ToolError(f"nothing is fetched from {host!r}: {address} is {why}")
        *others, last = found[:_TRIED]
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._inner.handle_async_request(_pinned(request, host, address))
        return await self._inner.handle_async_request(_pinned(request, host, last))

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _pinned(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """Return the request as it goes to this very address, under the name that was asked for.

    The certificate is checked against the name. The connection is not kept: a pool knows it by the address alone, and
    would use it for another name at the same address.
    """
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"connection"]
    extensions = {name: value for name, value in request.extensions.items() if name != "nexdiag.loopback"}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=[*headers, (b"Connection", b"close")],
        stream=request.stream,
        extensions={**extensions, "sni_hostname": host},
    )
