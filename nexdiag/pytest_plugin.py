"""The pytest plugin: an endpoint with a named server's manners, for a test that asks for it. Others never notice.

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello.", "Bye."])
def test_my_agent(nexdiag_endpoint):
    agent = MyAgent(base_url=nexdiag_endpoint + "/v1")
"""

from collections.abc import Iterator

import pytest

_MARKER = "nexdiag(like='llama.cpp', script=()): the server that `nexdiag_endpoint` behaves as, and what it answers"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers lets it pass."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def nexdiag_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL, without `/v1`, of a stub that refuses what the marker's server refuses, in its words."""
    from nexdiag.endpoint import serving, stub  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.lint import profiles  # noqa: PLC0415

    marker = request.node.get_closest_marker("nexdiag")
    wanted = marker.kwargs if marker is not None else {}
    profile = profiles.named(wanted.get("like", "llama.cpp"))
    with serving.running(stub.StubEndpoint(profile, script=tuple(wanted.get("script", ())))) as url:
        yield url
