"""What a server tells of itself beside the conversation: its context window. Asked once, in two seconds, or not known.

    llama.cpp       GET  /props               default_generation_settings.n_ctx
    Ollama          GET  /api/ps, else        context_length of the model as it is loaded
                    POST /api/show            parameters `num_ctx`, within model_info *.context_length
    vLLM, SGLang    GET  /v1/models           max_model_len
    OpenRouter      GET  /v1/models           context_length
    LM Studio       GET  /api/v0/models       loaded_context_length

Law: nothing here raises, and nothing is believed: bodies are bounded, absurd numbers are none, no redirect is followed,
and the key goes to the endpoint's own origin only. A window that the operator has set is never asked for.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from nexdiag.codec import jsontext
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Endpoint

PATIENCE = 2.0
"""Seconds for all questions together: an executor waits for this before its first message."""
_LARGEST = 4 * 1024**2
"""Bytes of an answer: OpenRouter's list of models has about one megabyte."""
_LEAST, _MOST = 1, 10_000_000
_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)

Window = tuple[int, str]
"""Tokens, and who says so."""
_BROKEN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError)


async def window_of(
    endpoint: Endpoint, transport: httpx.AsyncBaseTransport, *, patience: float = PATIENCE
) -> Window | None:
    """The context window as the server tells it; None if it does not, or not in time. `transport` stays open."""
    side = Side(endpoint, transport)
    tasks = [asyncio.ensure_future(question(side)) for question in _questions(endpoint)]
    try:
        async with asyncio.timeout(patience):
            for task in tasks:  # all are asked at once; the first in the list that knows is believed
                found = await task
                if found is not None:
                    return found
    except TimeoutError:
        answers = [task.result() for task in tasks if task.done() and not task.cancelled()]
        return next((answer for answer in answers if answer is not None), None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return None


class Side:
    """Questions to an endpoint's own origin, beside its conversations."""

    def __init__(self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport) -> None:
        """`transport` stays open until `close`."""
        self.endpoint = endpoint
        self._transport = transport

    async def close(self) -> None:
        """Close its connections."""
        await self._transport.aclose()

    async def ask(self, path: str, *, body: bytes | None = None) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value at a path of the origin (`/props`) or behind the base URL (`models`).

        Raises `OSError`, `ValueError` or an error of httpx for anything else.
        """
        key, base = self.endpoint.key, self.endpoint.base_url
        url = f"{origin(base)}{path}" if path.startswith("/") else f"{base}/{path}"
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if key.isascii() and key.isprintable():
            headers |= DIALECTS[self.endpoint.wire].headers(key)
        timeout = {"connect": PATIENCE, "read": PATIENCE, "write": PATIENCE, "pool": PATIENCE}
        method = "GET" if body is None else "POST"
        request = httpx.Request(method, url, headers=headers, content=body, extensions={"timeout": timeout})
        response = await self._transport.handle_async_request(request)
        response.request = request
        try:
            if response.status_code != httpx.codes.OK:  # a redirect is none: it might lead the key elsewhere
                raise ValueError(f"HTTP {response.status_code}")
            raw = bytearray()
            async for piece in response.aiter_bytes():
                raw += piece
                if len(raw) > _LARGEST:
                    raise ValueError("too long")
        finally:
            await response.aclose()
        return jsontext.read(bytes(raw))


def origin(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def tokens(value: object) -> int | None:
    """A number of tokens that a window can have; None for anything else."""
    return value if type(value) is int and _LEAST <= value <= _MOST else None


_Question = Callable[[Side], Awaitable[Window | None]]


def _questions(endpoint: Endpoint) -> Sequence[_Question]:
    """What to ask: all that the profile may answer; of a server that nobody named, everything."""
    asked = _ASKED.get(endpoint.profile.name)
    if asked is not None:
        return asked
    return _ANYBODY if not endpoint.profile.known else (_models,)


async def _props(side: Side) -> Window | None:
    """llama.cpp: the window of one slot, which is what one conversation has."""
    value = await _value(side, "/props")
    settings = value.get("default_generation_settings") if isinstance(value, dict) else None
    window = tokens(settings.get("n_ctx")) if isinstance(settings, dict) else None
    return None if window is None else (window, "/props")


async def _models(side: Side) -> Window | None:
    """The entry of exactly our model; a server with one model takes any name for it."""
    entries = list(_entries(await _value(side, "models")))
    own = [entry for entry in entries if side.endpoint.model in (entry.get("id"), entry.get("root"))]
    for entry in own or (entries if len(entries) == 1 else []):
        for key in ("max_model_len", "context_length"):
            window = tokens(entry.get(key))
            if window is not None:
                return window, "/v1/models"
    return None


async def _show(side: Side) -> Window | None:
    """Ollama: what the model was made with is used up to its own limit. Without `num_ctx` the server's default rules,
    and is not told: the model's limit is no promise, and is not believed.
    """  # noqa: D205 - one paragraph
    value = await _value(side, "/api/show", body=jsontext.write({"model": side.endpoint.model}))
    if not isinstance(value, dict):
        return None
    parameters, told = value.get("parameters"), value.get("model_info")
    limits = [tokens(told[key]) for key in told if key.endswith(".context_length")] if isinstance(told, dict) else []
    found = _NUM_CTX.search(parameters[:100_000]) if isinstance(parameters, str) else None
    chosen = tokens(int(found[1])) if found is not None else None
    if chosen is None:
        return None
    return min([chosen, *(limit for limit in limits if limit is not None)]), "/api/show"


async def _running(side: Side) -> Window | None:
    """Ollama: the window that the model is loaded with, if it is."""
    value = await _value(side, "/api/ps")
    name = side.endpoint.model
    for entry in _entries(value, "models"):
        window = tokens(entry.get("context_length"))
        if window is not None and entry.get("model", entry.get("name")) in (name, f"{name}:latest"):
            return window, "/api/ps"
    return None


async def _loaded(side: Side) -> Window | None:
    """LM Studio: the window that the model is loaded with, not the one that it could have."""
    for entry in _entries(await _value(side, "/api/v0/models")):
        window = tokens(entry.get("loaded_context_length"))
        if entry.get("id") == side.endpoint.model and window is not None:
            return window, "/api/v0/models"
    return None


async def _value(side: Side, path: str, *, body: bytes | None = None) -> Any:  # noqa: ANN401 - JSON is anything
    """What stands there; None if nothing can be had."""
    try:
        return await side.ask(path, body=body)
    except _BROKEN:
        return None


def _entries(value: object, key: str = "data") -> Iterator[dict[str, Any]]:
    """The objects of a list of models."""
    entries = value.get(key) if isinstance(value, dict) else None
    return (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else iter(())


_ASKED: dict[str, Sequence[_Question]] = {
    "llama.cpp": (_props,),
    "ollama": (_running, _show),
    "vllm": (_models,),
    "sglang": (_models,),
    "openai": (),
    "azure": (),
    "anthropic": (),
    "mistral": (),
}
"""By profile; what is not asked would not be told."""
_ANYBODY: Sequence[_Question] = (_props, _loaded, _running, _show, _models)
"""In the order of how sure it is: what runs, before what a list says."""
