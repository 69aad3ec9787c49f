"""Finding the model server that runs on this machine, and what it serves. It is asked, not guessed.

Law: the transport is handed in; every question is bounded in time and bytes, and no answer of a server raises.
"""

import asyncio
import difflib
from collections.abc import Callable, Sequence

import httpx
import msgspec

from nexdiag.agent.provider import normalise_base_url, split_model
from nexdiag.codec import jsontext
from nexdiag.core.errors import EndpointError, UsageError
from nexdiag.core.version import VERSION

PORTS = (8000, 8080, 30000, 11434, 1234)
"""Where vLLM, llama.cpp, SGLang, Ollama and LM Studio listen if nobody says otherwise."""
HERE = 0.5
"""Seconds that a server on this machine has to answer."""
THERE = 10.0
"""Seconds that one has which somebody named."""

_LARGEST = 4 * 1024**2
"""Bytes of a list of models; OpenRouter's is the longest known, and shorter than that."""
_LOCKED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_SHOWN = 5
_OTHER_KINDS = ("embed", "rerank", "whisper", "tts")
"""Words in the names of models that answer no chat."""

Recognise = Callable[[str, httpx.Response, bytes], str | None]
"""The name of the profile of the server that gave this answer at this URL; None if nothing tells."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answered."""

    base_url: str
    models: tuple[str, ...] = ()
    """The names of what it serves, in its order."""
    profile: str | None = None
    locked: bool = False
    """Whether it wants a key before it tells."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The server and the model to set up."""

    server: Found
    model: str
    """As it was typed, or as the server calls it."""
    others: tuple[str, ...] = ()
    """What it serves besides, if nobody named a model."""


async def discover(
    transport: httpx.AsyncBaseTransport, *, recognise: Recognise, ports: Sequence[int] | None = None, wait: float = HERE
) -> tuple[Found, ...]:
    """Ask the usual ports of this machine, all at once; give the servers that answered, in the order of the ports."""
    urls = [f"http://127.0.0.1:{port}/v1" for port in (PORTS if ports is None else ports)]
    answers = await asyncio.gather(*(ask(url, transport, recognise=recognise, wait=wait) for url in urls))
    return tuple(found for found in answers if found is not None)


async def ask(
    url: str, transport: httpx.AsyncBaseTransport, *, recognise: Recognise, wait: float = THERE, key: str = ""
) -> Found | None:
    """Ask one server what it serves; None if none of its kind answers there."""
    base = normalise_base_url(url)
    headers = {"user-agent": f"nexdiag/{VERSION}", "accept": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    limits = dict.fromkeys(("connect", "read", "write", "pool"), wait)
    try:
        request = httpx.Request("GET", f"{base}/models", headers=headers, extensions={"timeout": limits})
        async with asyncio.timeout(wait):  # by the transport itself: a client would close it for the others
            response = await transport.handle_async_request(request)
            body = await _body(response)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError, TimeoutError):
        return None
    if response.status_code in _LOCKED:
        return Found(base_url=base, profile=recognise(base, response, body), locked=True)
    models = _models(body) if response.status_code == httpx.codes.OK else None
    return None if models is None else Found(base_url=base, models=models, profile=recognise(base, response, body))


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _LARGEST:
                break
    finally:
        await response.aclose()
    return bytes(body)


def _models(body: bytes) -> tuple[str, ...] | None:
    """The names in a list of models; None for what is no such list. Entries without a name are passed over."""
    try:
        value = jsontext.read(body)
    except ValueError:
        return None
    entries = value.get("data") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        return None
    names = (entry.get("id") for entry in entries if isinstance(entry, dict))
    return tuple(name for name in names if isinstance(name, str) and name.strip() and name.isprintable())


def choose(servers: Sequence[Found], model: str | None = None) -> Choice:
    """Choose among the servers that answered. `model` as typed: then the one that serves it.

    Raises `EndpointError` if none answered, `UsageError` if it is not clear which server or model is meant.
    """
    if not servers:
        ports = ", ".join(map(str, PORTS))
        raise EndpointError(
            f"no model server answers on this machine (127.0.0.1, ports {ports})",
            hint="start one, or say where it is: nexdiag init -m MODEL -e URL",
        )
    name = split_model(model)[1] if model is not None else None
    serving = [server for server in servers if name in server.models] if name is not None else list(servers)
    if len(serving) > 1:
        told = "; ".join(described(server) for server in serving)
        hint = f"name one: nexdiag init -e {serving[0].base_url}"
        raise UsageError(f"one model server is wanted, {len(serving)} answer: {told}", hint=hint)
    if model is not None:
        if not serving:
            raise _not_served(servers, name or model)
        return Choice(server=serving[0], model=model)
    return _first(serving[0])


def described(server: Found) -> str:
    """`http://127.0.0.1:8080/v1 (llama.cpp, 1 model)`."""
    return f"{server.base_url} ({serves(server)})"


def serves(server: Found) -> str:
    """`llama.cpp, 1 model`."""
    count = len(server.models)
    told = "wants a key" if server.locked else f"{count} model{'' if count == 1 else 's'}"
    return f"{server.profile}, {told}" if server.profile else told


def _first(server: Found) -> Choice:
    """The first model that can chat."""
    if server.locked:
        hint = f"nexdiag init -e {server.base_url} --key-env NAME, with the key in that variable"
        raise UsageError(f"the server at {server.base_url} wants a key before it tells its models", hint=hint)
    if not server.models:
        hint = f"load one, or name one: nexdiag init -m MODEL -e {server.base_url}"
        raise UsageError(f"the server at {server.base_url} serves no model", hint=hint)
    talking = [name for name in server.models if not any(word in name.lower() for word in _OTHER_KINDS)]
    model = (talking or server.models)[0]
    return Choice(server=server, model=model, others=tuple(name for name in server.models if name != model))


def _not_served(servers: Sequence[Found], name: str) -> UsageError:
    models = list(dict.fromkeys(model for server in servers for model in server.models))
    near = difflib.get_close_matches(name, models, n=1)
    told = f"did you mean {near[0]}? Else" if near else f"served: {listed(models) or 'nothing'};"
    hint = f"{told} say where it is: nexdiag init -m {name} -e URL"
    return UsageError(f"no server on this machine serves the model {name!r}", hint=hint)


def listed(models: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(models) - _SHOWN
    return ", ".join(models[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
