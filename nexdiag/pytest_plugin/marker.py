"""The marker `nexdiag`: which key is for which fixture, what a test's markers say together, and what is wrong in them.

Of several markers (of the test, its class, its module) each key is taken from the nearest. Law: nothing in a marker is
ignored. A key of a test's own marker is for a fixture that the test has; one of its class or module may be for others.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import pytest

ENDPOINT, REPLAY, CASSETTE = "nexdiag_endpoint", "nexdiag_replay", "nexdiag_cassette"
RECORDER, LINT, FAULTS = "nexdiag_recorder", "nexdiag_lint", "nexdiag_faults"
_PLAYED = ("cassette", "faults", "match", "ignore", "split", "speed", "seed", "unplayed")
KEYS = {
    ENDPOINT: ("like", "script"),
    REPLAY: _PLAYED,
    CASSETTE: (*_PLAYED, "record_mode", "redact", "session"),
    RECORDER: ("record", "redact", "session"),
    LINT: ("lint", "profile", "allow", "select"),
    FAULTS: ("faults", "seed"),
}
"""What the marker says to each fixture."""
EVERYWHERE = ("allowed_hosts", "block_network")
"""What it says of the network, whatever the test has."""
SERVERS = frozenset({ENDPOINT, REPLAY})
LINE = (
    "nexdiag(cassette=PATH, record_mode=None, faults=(), match='exact', ignore=(), split='recorded', speed=None, "
    "seed=0, unplayed=False, redact=(), session=''): what the test sends is played from a recording, or recorded; by "
    "`nexdiag_replay` over HTTP. nexdiag(like='llama.cpp', script=()): the server that `nexdiag_endpoint` behaves as. "
    "nexdiag(lint=True, profile=None, allow=(), select=()): what the test sends is linted. nexdiag(record=PATH): it is "
    "recorded, always live. nexdiag(block_network=True, allowed_hosts=()): who may be reached. "
    "All of them: docs/reference/pytest.md"
)
_ASKED = pytest.StashKey[frozenset[str]]()


def said(node: pytest.Item) -> dict[str, Any]:
    """What all markers of a test say together, the nearest first."""
    found: dict[str, Any] = {}
    for marker in node.iter_markers("nexdiag"):
        found = {**marker.kwargs, **found}
    return found


def implied(keys: Mapping[str, Any], fixtures: Collection[str], *, bare: bool) -> list[str]:
    """The fixtures that a marker stands for without the test naming them: a line above a test is all it takes.

    `bare`: one of them says nothing at all, and means a cassette.
    """
    found = []
    lints = keys.get("lint", any(key in keys for key in KEYS[LINT]))
    if lints and LINT not in fixtures:
        found.append(LINT)
    if "record" in keys and RECORDER not in fixtures:
        found.append(RECORDER)
    wanted = bare or "cassette" in keys or "record_mode" in keys
    if wanted and not {*SERVERS, RECORDER, CASSETTE} & {*fixtures, *found}:
        found.append(CASSETTE)
    return found


def give(item: pytest.Item) -> None:
    """Give a marked test the fixtures that its marker stands for, in front of its own: what they send is met too."""
    names: list[str] = getattr(item, "fixturenames", [])
    bare = any(not (marker.args or marker.kwargs) for marker in item.iter_markers("nexdiag"))
    wanted = implied(said(item), names, bare=bare)
    if not any(marker.name == "nexdiag" for marker in item.own_markers):
        alone = LINT in wanted and not {*SERVERS, CASSETTE, RECORDER} & {*names, *wanted}
        item.stash[_ASKED] = frozenset([*wanted, RECORDER] if alone else wanted)  # lint takes a recorder by itself
    place = _first_of_function(item, names)
    names[place:place] = wanted


def uses(item: pytest.Item) -> bool:
    """Whether a test has a marker or a fixture of ours."""
    names = getattr(item, "fixturenames", ())
    return item.get_closest_marker("nexdiag") is not None or any(name in names for name in KEYS)


def quiet(node: pytest.Item, fixture: str) -> bool:
    """Whether only a marker of the test's class or module asks for a fixture: some tests there may send nothing."""
    return fixture in node.stash.get(_ASKED, frozenset())


def keys_of(node: pytest.Item, fixtures: Collection[str], fixture: str = "") -> dict[str, Any]:
    """What the markers say, all of it; for one fixture of several, what is said to the others is let pass.

    Raises `UsageError` for what is no key, or is for a fixture that the test has not.
    """
    here = [name for name in KEYS if name == fixture or name in fixtures]
    for marker in node.iter_markers("nexdiag"):
        known = here if marker in node.own_markers else list(KEYS)
        _check(marker, [key for name in known for key in KEYS[name]], fixture or (here or [CASSETTE])[0])
    return said(node)


def hosts(keys: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts that a marker lets pass a closed network. Raises `UsageError` for what is no pattern."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    given = keys.get("allowed_hosts", ())
    several = (given,) if isinstance(given, str) else given
    try:
        return tuple(re.compile(one).pattern for one in several)
    except (re.error, TypeError) as error:
        hint = r"for example: allowed_hosts=[r'db\.test']"
        raise UsageError(f"allowed_hosts wants regular expressions, found {given!r}: {error}", hint=hint) from None


def _check(marker: pytest.Mark, for_it: list[str], fixture: str) -> None:
    import difflib  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    from nexdiag.core.errors import UsageError  # noqa: PLC0415

    known = list(dict.fromkeys([*for_it, *EVERYWHERE]))
    if marker.args:
        key = KEYS[fixture][0]
        hint = f"write: @pytest.mark.nexdiag({key}={marker.args[0]!r})"
        raise UsageError(f"wanted keys, found {marker.args[0]!r} by position", hint=hint)
    for key in marker.kwargs:
        if key not in known:
            owners = [name for name, keys in KEYS.items() if key in keys]
            every = list(dict.fromkeys([*known, *(one for keys in KEYS.values() for one in keys)]))
            near = difflib.get_close_matches(key, every, n=1)
            meant = f"it is for {' and '.join(owners)}; " if owners else f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"unknown key {key!r}", hint=f"{meant}known: {', '.join(known)}")


def _first_of_function(item: pytest.Item, names: list[str]) -> int:
    """Where the fixtures begin that are made for each test; those of a session are none of a test's affair."""
    made = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    places = (place for place, name in enumerate(names) if name in made and made[name][-1].scope == "function")
    return next(places, len(names))


def refusal(error: Any) -> BaseException:  # noqa: ANN401 - a NexdiagError: imported only where there is one
    """What is said of a marker that cannot be followed."""
    text = f"@pytest.mark.nexdiag: {error.what}" + (f"\nhint: {error.hint}" if error.hint else "")
    return pytest.fail.Exception(text, pytrace=False)
