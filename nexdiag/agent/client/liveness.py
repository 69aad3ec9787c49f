"""Whether a silent llama.cpp server on this machine still works: asked on a second connection, beside the stream.

A long prompt takes a small machine minutes, and the server says nothing meanwhile. Law: a question that fails changes
nothing; only a refused connection is an answer of its own.
"""

import asyncio
from typing import Any

import httpx

from nexdiag.agent.client import failure
from nexdiag.agent.client.clocks import is_loopback
from nexdiag.agent.client.guard import GONE, Life
from nexdiag.agent.client.probe import Side
from nexdiag.core.endpoint import Endpoint

PATIENCE = 2.0
_ASKED = "llama.cpp"
_BROKEN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError)


def can_be_asked(endpoint: Endpoint) -> bool:
    """Whether this server has something to ask, and asking it reaches nobody else."""
    return endpoint.profile.name.startswith(_ASKED) and is_loopback(endpoint.base_url)


async def ask(side: Side) -> Life:
    """What the server says of itself: its slots, or at least that it is well."""
    try:
        async with asyncio.timeout(PATIENCE):
            return _of_slots(await side.ask("/slots"))
    except _BROKEN as error:
        if failure.of_break(error).kind == "refused":
            return Life(state=GONE)
    try:
        async with asyncio.timeout(PATIENCE):
            await side.ask("/health")
    except _BROKEN:
        return Life()
    return Life(words="the server is well, and silent")


def _of_slots(value: Any) -> Life:  # noqa: ANN401 - JSON is anything
    slots = [slot for slot in value if isinstance(slot, dict)] if isinstance(value, list) else []
    working = sum(slot.get("is_processing") is True for slot in slots)
    if working:
        return Life(state="working", words=f"the server is at work ({working} of {len(slots)} slots)")
    return Life(words="the server says that it works on nothing" if slots else "")
