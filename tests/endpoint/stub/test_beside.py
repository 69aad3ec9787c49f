"""What a server tells beside its conversations."""

import asyncio

import httpx
import pytest

from nexdiag.agent.client.probe import window_of
from nexdiag.core.endpoint import Endpoint
from nexdiag.endpoint.stub import StubEndpoint
from nexdiag.endpoint.stub.beside import WINDOW, told
from nexdiag.lint.profiles import ALL, named


@pytest.mark.parametrize("profile", [one for one in ALL if any("models" in route for route in one.routes)])
def test_models_are_listed(profile: object) -> None:
    """Under the name that was given."""
    found = told(profile, "/v1/models/", "tiny", 7)  # type: ignore[arg-type]
    assert found is not None
    assert [entry["id"] for entry in found.value["data"]] == ["tiny"]


@pytest.mark.parametrize("path", ["/health", "/v1/health"])
def test_health(path: str) -> None:
    """It is well as long as it answers."""
    found = told(named("llama.cpp"), path, "m", 0)
    assert found is not None
    assert found.value == {"status": "ok"}


@pytest.mark.parametrize(("name", "source"), [("llama.cpp", "/props"), ("ollama", "/api/ps")])
def test_nex_learns_the_window(name: str, source: str) -> None:
    """By the question that it asks such a server."""
    profile = named(name)
    endpoint = Endpoint(base_url="http://h/v1", model="m", profile=profile)
    transport = httpx.ASGITransport(StubEndpoint(profile, model="m"))
    assert asyncio.run(window_of(endpoint, transport)) == (WINDOW, source)


def test_elsewhere_there_is_nothing() -> None:
    """An unknown path, and one of a server that has it but whose answer a stub does not know."""
    assert told(named("llama.cpp"), "/slots", "m", 0) is None
