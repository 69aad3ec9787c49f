"""web_search: asks the search service that config.toml names. What it answers may be anything."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import msgspec

from nexdiag.agent.config import WebSearch as Backend
from nexdiag.agent.tools.tool import check, nearest, shown
from nexdiag.core.errors import ToolError
from nexdiag.core.version import VERSION

HITS = 20
SNIPPET = 300
SECONDS = 10.0
SIZE = 2 << 20
"""Bytes of an answer."""

_TITLE = 200
_URL = 500
_QUERY = 500
_KINDS = ("searxng", "brave")
_BRAVE = "https://api.search.brave.com"
_NONE = (
    "no search service is configured",
    'add these lines to config.toml: [tools.web_search]\nkind = "searxng"\nurl = "http://127.0.0.1:8888"',
)


class WebSearch:
    """Searches the web."""

    name = "web_search"
    read_only = True
    description = (
        "Search the web. Gives titles, addresses and short excerpts; web_fetch gets a page. Use it for facts about the "
        "present."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to search for"}},
        "required": ["query"],
        "additionalProperties": False,
    }

    def __init__(
        self,
        backend: Backend | None,
        transport: httpx.AsyncBaseTransport,
        *,
        environ: Mapping[str, str],
        seconds: float = SECONDS,
    ) -> None:
        """Ask `backend` through `transport`; its key is in `environ`."""
        self._backend = backend
        self._transport = transport
        self._environ = environ
        self._seconds = seconds

    @property
    def configured(self) -> bool:
        """Whether there is anybody to ask."""
        return self._backend is not None

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the hits, best first, numbered."""
        query = " ".join(check(arguments, self.parameters)["query"].split())
        if self._backend is None:
            raise ToolError(_NONE[0], hint=_NONE[1])
        if not query or len(query) > _QUERY:
            raise ToolError(f"query must have 1 to {_QUERY} characters, found {len(query)}")
        request = self._request(self._backend, query)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._answer(request)
        except TimeoutError:
            raise ToolError(f"the search service gave no answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, OSError) as error:
            what = " ".join(str(error).split())[:200] or type(error).__name__
            raise ToolError(f"the search service cannot be reached: {what}") from error
        hits = list(_hits(answer, self._backend.kind))[:HITS]
        return "\n".join(f"{at}. {hit}" for at, hit in enumerate(hits, 1)) or "No hits."

    def _request(self, backend: Backend, query: str) -> httpx.Request:
        headers = {"user-agent": f"nexdiag/{VERSION}", "accept": "application/json", "accept-encoding": "identity"}
        if backend.kind == "searxng":
            base, path, asked = backend.url, "/search", {"q": query, "format": "json"}
        elif backend.kind == "brave":
            base, path, asked = backend.url or _BRAVE, "/res/v1/web/search", {"q": query, "count": str(HITS)}
            headers["x-subscription-token"] = self._key(backend)
        else:
            near = nearest(backend.kind, _KINDS)
            hint = f"did you mean {near!r}?" if near else f"the kinds are: {', '.join(_KINDS)}"
            raise ToolError(f"[tools.web_search] has an unknown kind: {shown(backend.kind)}", hint=hint)
        if urlsplit(base).scheme not in {"http", "https"}:
            raise ToolError(f"[tools.web_search] needs url with http:// or https://, found {shown(base)}")
        timeout = {"timeout": httpx.Timeout(self._seconds).as_dict()}
        url = httpx.URL(base.rstrip("/") + path, params=asked)
        return httpx.Request("GET", url, headers=headers, extensions=timeout)

    def _key(self, backend: Backend) -> str:
        if not backend.api_key_env:
            raise ToolError("[tools.web_search] names no api_key_env, and brave wants a key")
        key = self._environ.get(backend.api_key_env, "")
        if not key or not (key.isascii() and key.isprintable()):
            raise ToolError(f"the key for web_search is not set: the variable {backend.api_key_env} is empty or no key")
        return key

    async def _answer(self, request: httpx.Request) -> object:
        """Return the answer's JSON. A redirect is not followed: it might lead the key to another host."""
        response = await self._transport.handle_async_request(request)
        try:
            body = bytearray()
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for piece in response.stream:
                body += piece
                if len(body) > SIZE:
                    raise ToolError(f"the search service answered with more than {SIZE >> 20} MiB")
        finally:
            await response.aclose()
        if response.status_code != httpx.codes.OK:
            hint = "searxng refuses JSON unless its settings.yml has json under search.formats"
            searxng = self._backend is not None and self._backend.kind == "searxng"
            refused = searxng and response.status_code == httpx.codes.FORBIDDEN
            raise ToolError(f"the search service answered HTTP {response.status_code}", hint=hint if refused else "")
        try:
            return msgspec.json.decode(bytes(body))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ToolError("the search service did not answer with JSON") from error


def _hits(answer: object, kind: str) -> list[str]:
    """Return what can be read of the answer, one text a hit."""
    found = answer
    for key in ("results",) if kind == "searxng" else ("web", "results"):
        found = found.get(key) if isinstance(found, dict) else None
    return [hit for entry in (found if isinstance(found, list) else ()) if (hit := _hit(entry))]


def _hit(entry: object) -> str:
    """Return title, address and excerpt; empty without an address."""
    if not isinstance(entry, dict):
        return ""
    url = _line(entry.get("url"), _URL)
    if not url:
        return ""
    title = _line(entry.get("title"), _TITLE) or "(no title)"
    snippet = _line(entry.get("content") or entry.get("description"), SNIPPET)
    return f"{title}\n   {url}" + (f"\n   {snippet}" if snippet else "")


def _line(value: object, limit: int) -> str:
    """Return a text as one line without control characters, within the limit."""
    if not isinstance(value, str):
        return ""
    line = " ".join(value[: 4 * limit].split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= limit else line[: limit - 1] + "…"
