"""web_fetch: a page as text.

Law: nothing of ours goes out but the address that was asked for: no key, no cookie, no proxy of the environment. Every
hop of a redirect is checked like the first; where a page may come from is said in `addresses`.
"""

import asyncio
import contextlib
import json
import re
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec

from nexdiag.agent.tools import page
from nexdiag.agent.tools.addresses import GuardedTransport, Resolve, local, system_resolve
from nexdiag.agent.tools.output import head
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import check, shown
from nexdiag.core.errors import ToolError
from nexdiag.core.version import VERSION

CAP = 16000
SECONDS = 30.0
SIZE = 5 << 20
"""Bytes of a page, unpacked."""
HOPS = 5
KEPT = 32
"""Pages that a session remembers."""

_PARSING = 10.0
"""Seconds that turning HTML into text may take."""
_URL_LENGTH = 2000
_PORTS = 65535
_HEADERS = {
    "user-agent": f"nexdiag/{VERSION}",
    "accept": "text/html, text/plain, text/markdown, application/json;q=0.9, */*;q=0.5",
    "accept-encoding": "gzip, identity",
}
_TEXTUAL = re.compile(r"text/.*|application/(.*\+)?(json|xml|javascript|ecmascript|yaml|toml|x-sh|x-ndjson)")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


class _Got(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, read."""

    status: int
    kind: str
    """The media type, without parameters; in lower case."""
    charset: str
    location: str
    body: bytes
    cut: bool
    """It was longer than SIZE."""


class WebFetch:
    """Fetches pages for one session."""

    name = "web_fetch"
    read_only = True
    description = (
        "Fetch a page by its URL (http or https) and return it as text: HTML becomes Markdown with its links, text "
        "and JSON stay as they are. Pages of private networks are not fetched; those of this machine are."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"url": {"type": "string", "description": "The address, with http:// or https://"}},
        "required": ["url"],
        "additionalProperties": False,
    }

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        spill: Spill,
        resolve: Resolve = system_resolve,
        private: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        """Connect through `transport`, within `seconds`; to `private` networks only if that is wanted."""
        self._transport = GuardedTransport(transport, resolve=resolve, private=private)
        self._spill = spill
        self._seconds = seconds
        self._pages: dict[str, str] = {}

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the page's text; ToolError for an address that is refused, a failure, or any status but 2xx."""
        url = check(arguments, self.parameters)["url"].strip()
        if url not in self._pages:
            try:
                async with asyncio.timeout(self._seconds):
                    text = await self._fetch(url)
            except TimeoutError:
                raise ToolError(f"{shown(url)} gave no whole page within {self._seconds:g} s") from None
            self._pages[url] = self._spill.fit(self.name, text, CAP, cut=head)
            if len(self._pages) > KEPT:
                self._pages.pop(next(iter(self._pages)))
        return self._pages[url]

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _fetch(self, text: str) -> str:
        url = _address(text)
        # Only the model itself may name this machine: a page elsewhere that leads here is up to no good.
        loopback = local(url.host)
        for _ in range(HOPS + 1):
            got = await self._ask(url, loopback=loopback)
            if got.status in {301, 302, 303, 307, 308} and got.location:
                url = _address(str(_onward(url, got.location)))
                loopback = loopback and local(url.host)
                continue
            if not 200 <= got.status < 300:  # noqa: PLR2004 - what HTTP calls a success
                words = (
                    " ".join(got.body[:500].decode("utf-8", "replace").split()) if _TEXTUAL.fullmatch(got.kind) else ""
                )
                raise ToolError(f"HTTP {got.status} from {url}" + (f": {words[:300]}" if words else ""))
            return await _as_text(got, str(url))
        raise ToolError(f"more than {HOPS} redirects from {shown(text)}")

    async def _ask(self, url: httpx.URL, *, loopback: bool) -> _Got:
        """Send one request. Not through a client: that would keep cookies, and obey the environment."""
        timeout = httpx.Timeout(self._seconds).as_dict()
        extensions = {"timeout": timeout, "nexdiag.loopback": loopback}
        try:
            request = httpx.Request("GET", url, headers=_HEADERS, extensions=extensions)
            response = await self._transport.handle_async_request(request)
            try:
                body, cut = await _body(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, zlib.error) as error:
            what = " ".join(str(error).split()) or type(error).__name__
            raise ToolError(f"{shown(str(url))} cannot be fetched: {what[:300]}") from error
        kind = response.headers.get("content-type", "")
        charset = re.search(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", kind)
        return _Got(
            status=response.status_code,
            kind=kind.partition(";")[0].strip().lower(),
            charset=charset[1] if charset else "",
            location=response.headers.get("location", ""),
            body=body,
            cut=cut,
        )


def _address(text: str) -> httpx.URL:
    """Return the address without its fragment; ToolError for one that is none, or that carries a password."""
    try:
        url = httpx.URL(text) if len(text) <= _URL_LENGTH and text.isprintable() else None
    except (httpx.InvalidURL, ValueError, UnicodeError):
        url = None
    port = url.port if url is not None and url.port is not None else 80
    if url is None or not url.host or url.scheme not in {"http", "https"} or not 0 < port <= _PORTS:
        raise ToolError(f"not an http or https address: {shown(text)}", hint="such as https://example.org/page")
    if url.userinfo:
        raise ToolError("an address with a user or password in it is not fetched", hint="take out what is before the @")
    return url.copy_with(fragment=None)


def _refused(got: _Got, url: httpx.URL) -> ToolError:
    """Return what a status says, with the page's own words where it is plain text."""
    plain = _TEXTUAL.fullmatch(got.kind) and got.kind != "text/html"
    words = " ".join(got.body[:500].decode("utf-8", "replace").split())[:300] if plain else ""
    return ToolError(f"HTTP {got.status} from {url}" + (f": {words}" if words else ""))


def _onward(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise ToolError(f"{url} redirects to what is no address: {shown(location)}") from error


async def _body(response: httpx.Response) -> tuple[bytes, bool]:
    """Return the body, unpacked, up to SIZE bytes, and whether there was more: a bomb costs no more than that."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise ToolError(f"the page came packed as {shown(packing)}, which was not asked for")
    unpack = None if packing in {"", "identity"} else zlib.decompressobj(47)
    body = bytearray()
    async for piece in _pieces(response):
        room = SIZE + 1 - len(body)
        body += piece if unpack is None else unpack.decompress(piece, room)
        if len(body) > SIZE:
            return bytes(body[:SIZE]), True
    return bytes(body), False


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give the body as it is on the wire."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for piece in response.stream:
        yield piece


async def _as_text(got: _Got, url: str) -> str:
    """Return what a model can read of the answer; a note for what it cannot."""
    html = got.kind in {"text/html", "application/xhtml+xml"}
    text_like = not got.kind or _TEXTUAL.fullmatch(got.kind) is not None
    if not html and (not text_like or b"\0" in got.body[:8192]):
        kind = got.kind or "no type"
        size = f"over {SIZE >> 20} MiB" if got.cut else f"{len(got.body)} bytes"
        return f"[{url} is not text: {kind}, {size}. To work on it, download it with bash (curl -o) and use a program.]"
    text = _decoded(got)
    if html or text[:200].lstrip().lower().startswith(("<!doctype html", "<html")):
        text = await _rendered(text, url)
    more = f"\n[only the first {SIZE >> 20} MiB were read]" if got.cut else ""
    return (text.strip() or "(the page has no text)") + more


def _decoded(got: _Got) -> str:
    found = _CHARSET.search(got.body[:4096])
    named = got.charset or (found[1].decode("ascii") if found else "")
    for charset in (named, "utf-8"):
        with contextlib.suppress(LookupError, ValueError):
            if charset:
                return got.body.decode(charset, "replace").removeprefix("\ufeff")
    return got.body.decode("latin-1")


async def _rendered(html: str, url: str) -> str:
    """Return an HTML page as text, made in a process that a time limit can end."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-IS",
        str(Path(page.__file__)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PARSING):
            told = json.dumps({"url": url}).encode() + b"\n" + html.encode("utf-8", "replace")
            text, _ = await worker.communicate(told)
        if worker.returncode:
            raise ToolError(f"the page at {url} cannot be read as HTML")
        return text.decode("utf-8", "replace")
    except TimeoutError:
        raise ToolError(f"the page at {url} takes too long to read as HTML") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()
