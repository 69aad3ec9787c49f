"""The fixture `nexdiag_endpoint`: a stub that refuses what the marker's server refuses, in its words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nexdiag.pytest_plugin import failing, marker
from nexdiag.pytest_plugin.ending import JUDGED, leave, untold
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.endpoint.stub.answers import Answer
    from nexdiag.pytest_plugin.tap import Tap

_LIKE = "llama.cpp"


@pytest.fixture
def nexdiag_endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL, without `/v1`, of a stub that refuses what the marker's server refuses, in its words."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.endpoint import serving, stub  # noqa: PLC0415
    from nexdiag.lint import profiles  # noqa: PLC0415
    from nexdiag.pytest_plugin.tap import Tap  # noqa: PLC0415

    place = failing.place_for(request.node, tmp_path_factory)
    try:
        keys = marker.keys_of(request.node, request.fixturenames, marker.ENDPOINT)
        like, script = _wanted(keys, request.node.path.parent, place.with_name("script.jsonl"))
        app = stub.StubEndpoint(profiles.named(like), script=script)
    except UsageError as error:
        raise marker.refusal(error) from None
    tap = Tap(app, place)
    leave(request.node, _Ending(request.node, tap, like))
    with serving.running(tap) as url:
        yield url
    tap.close()


class _Ending:
    """What came to the stub."""

    def __init__(self, node: pytest.Item, tap: "Tap", like: str) -> None:
        self._node = node
        self._tap = tap
        self._like = like
        self._found = 0

    def wrong(self, *, failed: bool) -> str:
        """A refusal is what such a test is for; where it failed all the same, that is likely why."""
        found = self._tap.cassette if failed else None
        if found is None:
            return ""
        told = untold(self._node, failing.refusals(found, self._like))
        self._found = len(told)
        return failing.findings(told)

    def beside(self) -> str:
        """Where it is."""
        return failing.kept_at(self._tap.path) if self._tap.path.exists() else ""

    def counts(self) -> Counts:
        """How much came."""
        found = self._tap.cassette
        own = 0 if self._node.stash.get(JUDGED, False) else self._found
        return Counts(stubbed=len(found.exchanges) if found is not None else 0, findings=own)

    def sent(self) -> "tuple[Cassette, str | None] | None":
        """What came, for the server that the stub is like."""
        found = self._tap.cassette
        return (found, self._like) if found is not None else None


def _wanted(keys: dict[str, Any], folder: Path, own: Path) -> "tuple[str, tuple[str | Answer, ...]]":
    """The server and its answers that a marker names. Raises `UsageError` for a marker of another form."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    like = keys.get("like", _LIKE)
    if not isinstance(like, str):
        raise UsageError(f"wanted a profile's name as like, found {like!r}", hint="for example: like='llama.cpp'")
    return like, _script(keys.get("script", ()), folder, own)


def _script(given: Any, folder: Path, own: Path) -> "tuple[str | Answer, ...]":  # noqa: ANN401 - whatever the marker holds
    """Answers: texts and objects, or a file of them beside the test's, as `nexdiag endpoint --script` takes it."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above
    from nexdiag.endpoint.script import read_script  # noqa: PLC0415

    if isinstance(given, str | Path) and str(given):
        if not (folder / given).exists():
            hint = f"answers are a list: script=[{str(given)!r}]; a file of them stands beside the test's"
            raise UsageError(f"wanted a list of answers or a file as script, found no file {str(given)!r}", hint=hint)
        return read_script(folder / given)
    if not isinstance(given, list | tuple) or not all(isinstance(one, str | dict) for one in given):
        hint = "for example: script=['Hello.'], or a file beside the test: script='answers.jsonl'"
        raise UsageError(f"wanted a list of answers as script, found {given!r}", hint=hint)
    if all(isinstance(one, str) for one in given):
        return tuple(given)
    try:
        own.write_text("".join(json.dumps(one) + "\n" for one in given))
        return read_script(own)
    except (TypeError, ValueError) as error:
        raise UsageError(f"script holds what JSON cannot say: {error}", hint="answers are texts and dicts") from None
    except UsageError as error:  # it names the file, which nobody has written
        raise UsageError(error.what.replace(f"{own}, line", "script, answer"), hint=error.hint) from None
