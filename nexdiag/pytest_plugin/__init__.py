"""The pytest plugin: an endpoint with a named server's manners, or a recording that answers. Others never notice.

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello.", "Bye."])
def test_my_agent(nexdiag_endpoint):
    agent = MyAgent(base_url=nexdiag_endpoint + "/v1")

@pytest.mark.nexdiag(cassette="weather.cassette.jsonl", faults=["status:429@1,retry-after=0"])
def test_my_agent_again(nexdiag_replay):
    agent = MyAgent(base_url=nexdiag_replay + "/v1")

A test with `nexdiag_replay` fails at its end if a request had no recording, or a recording no request. With
faults="all" it is run once for each fault at each place of its recording.
"""

import difflib
import os
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from nexdiag.core.fault import Fault
    from nexdiag.runner.replaying.how import How
    from nexdiag.runner.replaying.served.serving import Serving

_LIKE = "llama.cpp"
_ENDPOINT, _REPLAY = "nexdiag_endpoint", "nexdiag_replay"
_KEYS = {
    _ENDPOINT: ("like", "script"),
    _REPLAY: ("cassette", "faults", "match", "ignore", "split", "speed", "seed", "unplayed"),
}
"""What the marker says to each fixture."""
_ALL = "all"
_MARKER = (
    "nexdiag(like='llama.cpp', script=()): the server that `nexdiag_endpoint` behaves as, and what it answers; "
    "nexdiag(cassette=PATH, faults=(), match='exact', ignore=(), split='recorded', speed=None, seed=0, "
    "unplayed=False): the recording that `nexdiag_replay` answers from, and how"
)
_SERVED = pytest.StashKey[tuple["Serving", "How"]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers lets it pass."""
    config.addinivalue_line("markers", _MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each fault, where its marker says faults="all"."""
    marker = metafunc.definition.get_closest_marker("nexdiag")
    if marker is None or marker.kwargs.get("faults") != _ALL or _REPLAY not in metafunc.fixturenames:
        return
    from nexdiag.codec.fault import encode  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - as above

    try:
        faults = _every(metafunc.definition, marker)
    except NexdiagError as error:
        pytest.fail(_refused(error), pytrace=False)
    if not faults:  # pytest would skip the test, and nobody would know
        pytest.fail(
            f"@pytest.mark.nexdiag: no fault can strike an answer of {marker.kwargs['cassette']}", pytrace=False
        )
    metafunc.parametrize(_REPLAY, faults, ids=[encode(one) for one in faults], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose replay was not what was recorded; tell it beside the test's own failure, if there is one."""
    try:
        ended = yield
    except (Exception, pytest.fail.Exception):  # pytest's own failure is no Exception
        wrong = _wrong(item)
        if wrong:
            item.add_report_section("call", "nexdiag", wrong)
        raise
    wrong = _wrong(item)
    if wrong:
        pytest.fail(wrong, pytrace=False)
    return ended


@pytest.fixture
def nexdiag_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL, without `/v1`, of a stub that refuses what the marker's server refuses, in its words."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.endpoint import serving, stub  # noqa: PLC0415
    from nexdiag.lint import profiles  # noqa: PLC0415

    try:
        like, script = _wanted(request)
        app = stub.StubEndpoint(profiles.named(like), script=script)
    except UsageError as error:
        pytest.fail(_refused(error), pytrace=False)
    with serving.running(app) as url:
        yield url


@pytest.fixture
def nexdiag_replay(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL, without `/v1`, of a server that answers from the marker's recording, and from nothing else."""
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - as above
    from nexdiag.runner.replaying.served.serving import serving  # noqa: PLC0415

    try:
        keys = _keys(request, _REPLAY)
        how = _how(keys, getattr(request, "param", None), request.node.path.parent)
        server = serving(_paths(request.node, keys), how)
        served = server.__enter__()
    except NexdiagError as error:
        pytest.fail(_refused(error), pytrace=False)
    try:
        request.node.stash[_SERVED] = (served, how)
        yield served.url
    finally:
        del request.node.stash[_SERVED]
        server.__exit__(None, None, None)


def _wrong(item: pytest.Item) -> str:
    """What was not as recorded, in the words of `nexdiag replay`; empty if all was."""
    served, how = item.stash.get(_SERVED, (None, None))
    if served is None or how is None:
        return ""
    from nexdiag.codec.fault import encode  # noqa: PLC0415 - as above
    from nexdiag.core.errors import NothingToDo  # noqa: PLC0415
    from nexdiag.report.replay import text, verdict  # noqa: PLC0415
    from nexdiag.runner.tape.choice import unstruck  # noqa: PLC0415

    try:
        done = served.verdicts()
    except NothingToDo as error:
        return f"{error.what}\nhint: {error.hint}"
    told = [text.recording(one, speed=how.speed) for one in done if verdict.fails(one)]
    pairs = [pair for one in done if one.run is not None and one.run.pairing for pair in one.run.pairing.pairs]
    told += [f"the fault {encode(one)} has struck nothing" for one in unstruck(how.faults, pairs)]
    return "\n".join(told)


def _wanted(request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
    """The server and its answers that a marker names. Raises `UsageError` for a marker of another form."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    keys = _keys(request, _ENDPOINT)
    like, script = keys.get("like", _LIKE), keys.get("script", ())
    if not isinstance(like, str):
        raise UsageError(f"wanted a profile's name as like, found {like!r}", hint="for example: like='llama.cpp'")
    if not isinstance(script, list | tuple) or not all(isinstance(answer, str) for answer in script):
        raise UsageError(f"wanted a list of answers as script, found {script!r}", hint="for example: script=['Hello.']")
    return like, tuple(script)


def _how(keys: dict[str, Any], fault: "Fault | None", folder: Path) -> "How":
    """How the marker's recording is to be played; `fault` is the one of this run, where there is one for each.

    What the marker leaves open, the settings say, as they do for `nexdiag replay`; rules of both count.
    """
    import msgspec  # noqa: PLC0415 - as above

    from nexdiag.runner.replaying.options import NO_FAULT, Typed, how_of  # noqa: PLC0415
    from nexdiag.runner.settings import replay_defaults  # noqa: PLC0415
    from nexdiag.runner.tape.choice import choice  # noqa: PLC0415
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415

    set_ = how_of(Typed(), replay_defaults(os.environ, folder))
    named = keys.get("faults", ()) if fault is None else fault
    chosen = {key: keys.get(key, getattr(set_, key)) for key in ("match", "split", "speed", "seed")}
    own = choice(
        RecordMode.NONE, faults=() if named == NO_FAULT else named, ignore=keys.get("ignore", ()), **chosen
    )  # fmt: skip
    return msgspec.structs.replace(
        own,
        ignore=(*set_.ignore, *own.ignore),
        unplayed=bool(keys.get("unplayed", set_.unplayed)),
        max_age=set_.max_age,
        expired=set_.expired,
        scenario_faults=named != NO_FAULT,
    )


def _every(definition: pytest.Item, marker: pytest.Mark) -> list["Fault"]:
    """Each fault at each place of the marker's recordings."""
    from nexdiag.replay.faults import every  # noqa: PLC0415 - as above
    from nexdiag.runner.load import load  # noqa: PLC0415

    seed = marker.kwargs.get("seed", 0)
    found = [every(load(path).exchanges, seed=seed) for path in _paths(definition, marker.kwargs)]
    return list(dict.fromkeys(fault for faults in found for fault in faults))


def _paths(node: pytest.Item, keys: Mapping[str, Any]) -> list[Path]:
    """The recordings that a marker names: beside the test's file, or below the root of the suite."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    given = keys.get("cassette", ())
    names = given if isinstance(given, list | tuple) else [given]
    if not names or not all(isinstance(name, str | Path) for name in names):
        hint = "write: @pytest.mark.nexdiag(cassette='weather.cassette.jsonl')"
        found = f"found {given!r}" if "cassette" in keys else "and the marker names none"
        raise UsageError(f"{_REPLAY} wants a recording, {found}", hint=hint)
    paths = []
    for name in names:
        places = [folder / name for folder in (node.path.parent, node.config.rootpath)]
        there = next((place for place in places if place.exists()), None)
        if there is None:
            both = " and ".join(dict.fromkeys(str(place.parent) for place in places))
            raise UsageError(f"no recording {str(name)!r}: looked in {both}", hint="record one with: nexdiag capture")
        paths.append(there)
    return paths


def _keys(request: pytest.FixtureRequest, fixture: str) -> dict[str, Any]:
    """What the marker says, all of it; for one fixture of several, what is said to the others is let pass."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    marker = request.node.get_closest_marker("nexdiag")
    if marker is None:
        return {}
    asked = [name for name in _KEYS if name == fixture or name in request.fixturenames]
    known = [key for name in asked for key in _KEYS[name]]
    if marker.args:
        key = _KEYS[fixture][0]
        hint = f"write: @pytest.mark.nexdiag({key}={marker.args[0]!r})"
        raise UsageError(f"wanted keys, found {marker.args[0]!r} by position", hint=hint)
    for key in marker.kwargs:
        if key not in known:
            owner = next((name for name, keys in _KEYS.items() if key in keys), None)
            near = difflib.get_close_matches(key, known, n=1)
            meant = f"did you mean {near[0]}? " if near else f"it is for {owner}; " if owner else ""
            raise UsageError(f"unknown key {key!r}", hint=f"{meant}known: {', '.join(known)}")
    return dict(marker.kwargs)


def _refused(error: Any) -> str:  # noqa: ANN401 - a NexdiagError: imported only where there is one
    return f"@pytest.mark.nexdiag: {error.what}\nhint: {error.hint}"
