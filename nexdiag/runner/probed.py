"""An endpoint with what its server tells of itself: what kind it is, and how large its context window.

It is asked beside the conversation, once, in two seconds at most; a server that is mute or away changes nothing.
What the operator has said goes before it, and is not asked for.
"""

import asyncio

import httpx
import msgspec

from nexdiag.agent.client import probe
from nexdiag.agent.client.transport import Direct
from nexdiag.agent.discover import ask
from nexdiag.agent.provider import with_window
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint import profiles

_WAIT = 2.0


async def probed(endpoint: Endpoint) -> Endpoint:
    """The endpoint with its server's profile and window, as far as they were not known and it tells them."""
    if endpoint.profile.known and endpoint.window is not None:
        return endpoint
    async with Direct() as transport:
        profile, window = await asyncio.gather(_profile(endpoint, transport), _window(endpoint, transport))
        if window is None and profile is not endpoint.profile:  # now it is known whom to ask, and how
            endpoint = msgspec.structs.replace(endpoint, profile=profile)
            window = await _window(endpoint, transport)
    if profile is not endpoint.profile:
        endpoint = msgspec.structs.replace(endpoint, profile=profile)
    return endpoint if window is None else with_window(endpoint, *window)


async def _profile(endpoint: Endpoint, transport: httpx.AsyncBaseTransport) -> Profile:
    if endpoint.profile.known:
        return endpoint.profile
    server = await ask(endpoint.base_url, transport, recognise=recognise, wait=_WAIT, key=endpoint.key)
    return endpoint.profile if server is None or server.profile is None else profiles.named(server.profile)


async def _window(endpoint: Endpoint, transport: httpx.AsyncBaseTransport) -> probe.Window | None:
    return None if endpoint.window is not None else await probe.window_of(endpoint, transport)


def recognise(url: str, response: httpx.Response, body: bytes) -> str | None:
    """The profile of the server that gave this list of models, by the marks that it leaves; None if it leaves none."""
    answer = Response(
        status=response.status_code,
        headers=tuple((name.lower(), value) for name, value in response.headers.items()),
        chunks=(Chunk(at=0.0, bytes=body),),
    )
    request = Request(method="GET", url=f"{url}/models")
    found = profiles.recognise(Exchange(id=0, started=0.0, request=request, response=answer))
    return None if found is None else found.name
