"""The transport under the executor's client: certificates are read when somebody speaks TLS, and not before.

To read the roots of all authorities takes httpx some 20 ms, for every transport; most endpoints are on this machine and
speak plain HTTP.
"""

import ssl
from functools import cached_property

import httpx


class Direct(httpx.AsyncBaseTransport):
    """Straight to the endpoint: each request once, whatever becomes of it (the ledger of the loop owns retries)."""

    @cached_property
    def _plain(self) -> httpx.AsyncHTTPTransport:
        """For http. Its context trusts nobody: no TLS can come of it by mistake."""
        return httpx.AsyncHTTPTransport(retries=0, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    @cached_property
    def _secure(self) -> httpx.AsyncHTTPTransport:
        """For https, with the roots that httpx trusts, or those of SSL_CERT_FILE and SSL_CERT_DIR."""
        return httpx.AsyncHTTPTransport(retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises what httpx raises."""
        carrier = self._secure if request.url.scheme == "https" else self._plain
        return await carrier.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what was opened."""
        for name in ("_plain", "_secure"):
            if name in self.__dict__:
                await self.__dict__[name].aclose()
