"""The fixture `nexdiag_endpoint`: a stub that refuses what the marker's server refuses, in its words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from nexdiag.pytest_plugin import failing, marker
from nexdiag.pytest_plugin.ending import leave
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.pytest_plugin.tap import Tap

_LIKE = "llama.cpp"


@pytest.fixture
def nexdiag_endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL, without `/v1`, of a stub that refuses what the marker's server refuses, in its words."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.endpoint import serving, stub  # noqa: PLC0415
    from nexdiag.lint import profiles  # noqa: PLC0415
    from nexdiag.pytest_plugin.tap import Tap  # noqa: PLC0415

    try:
        like, script = _wanted(marker.keys_of(request.node, request.fixturenames, marker.ENDPOINT))
        app = stub.StubEndpoint(profiles.named(like), script=script)
    except UsageError as error:
        raise marker.refusal(error) from None
    tap = Tap(app, failing.place_for(request.node, tmp_path_factory))
    leave(request.node, _Ending(tap, like))
    with serving.running(tap) as url:
        yield url
    tap.close()


class _Ending:
    """What came to the stub."""

    def __init__(self, tap: "Tap", like: str) -> None:
        self._tap = tap
        self._like = like

    def wrong(self, *, failed: bool) -> str:
        """A refusal is what such a test is for; where it failed all the same, that is likely why."""
        found = self._tap.cassette if failed else None
        return failing.refusals(found, self._like) if found is not None else ""

    def beside(self) -> str:
        """Where it is."""
        return failing.kept_at(self._tap.path) if self._tap.path.exists() else ""

    def counts(self) -> Counts:
        """How much came."""
        found = self._tap.cassette
        return Counts(stubbed=len(found.exchanges) if found is not None else 0)

    def sent(self) -> "tuple[Cassette, str | None] | None":
        """What came, for the server that the stub is like."""
        found = self._tap.cassette
        return (found, self._like) if found is not None else None


def _wanted(keys: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The server and its answers that a marker names. Raises `UsageError` for a marker of another form."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    like, script = keys.get("like", _LIKE), keys.get("script", ())
    if not isinstance(like, str):
        raise UsageError(f"wanted a profile's name as like, found {like!r}", hint="for example: like='llama.cpp'")
    if not isinstance(script, list | tuple) or not all(isinstance(answer, str) for answer in script):
        raise UsageError(f"wanted a list of answers as script, found {script!r}", hint="for example: script=['Hello.']")
    return like, tuple(script)
