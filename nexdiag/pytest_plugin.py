"""The pytest plugin: an endpoint with a named server's manners, for a test that asks for it. Others never notice.

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello.", "Bye."])
def test_my_agent(nexdiag_endpoint):
    agent = MyAgent(base_url=nexdiag_endpoint + "/v1")
"""

import difflib
from collections.abc import Iterator

import pytest

_LIKE = "llama.cpp"
_KEYS = ("like", "script")
_MARKER = "nexdiag(like='llama.cpp', script=()): the server that `nexdiag_endpoint` behaves as, and what it answers"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers lets it pass."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def nexdiag_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL, without `/v1`, of a stub that refuses what the marker's server refuses, in its words."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.endpoint import serving, stub  # noqa: PLC0415
    from nexdiag.lint import profiles  # noqa: PLC0415

    try:
        like, script = _wanted(request.node.get_closest_marker("nexdiag"))
        app = stub.StubEndpoint(profiles.named(like), script=script)
    except UsageError as error:
        pytest.fail(f"@pytest.mark.nexdiag: {error.what}\nhint: {error.hint}", pytrace=False)
    with serving.running(app) as url:
        yield url


def _wanted(marker: pytest.Mark | None) -> tuple[str, tuple[str, ...]]:
    """The server and its answers that a marker names. Raises `UsageError` for a marker of another form."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    keys: dict[str, object] = {"like": _LIKE, "script": (), **(marker.kwargs if marker is not None else {})}
    like, script = keys.pop("like"), keys.pop("script")
    if marker is not None and marker.args:
        hint = f"write: @pytest.mark.nexdiag(like={marker.args[0]!r})"
        raise UsageError(f"wanted keys, found {marker.args[0]!r} by position", hint=hint)
    for key in keys:
        near = difflib.get_close_matches(key, _KEYS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"unknown key {key!r}", hint=f"{meant}known: {', '.join(_KEYS)}")
    if not isinstance(like, str):
        raise UsageError(f"wanted a profile's name as like, found {like!r}", hint="for example: like='llama.cpp'")
    if not isinstance(script, list | tuple) or not all(isinstance(answer, str) for answer in script):
        raise UsageError(f"wanted a list of answers as script, found {script!r}", hint="for example: script=['Hello.']")
    return like, tuple(script)
