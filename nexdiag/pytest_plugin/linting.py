"""The fixture `nexdiag_lint`: what the test sends is linted when it is over, and it fails with what is found.

It judges what its other fixtures know: what came to the endpoint, the replay or the cassette. Where the test has none
of them, what its httpx clients send is recorded for this.
"""

import os
from typing import TYPE_CHECKING, Any

import pytest

from nexdiag.pytest_plugin import failing, marker, options
from nexdiag.pytest_plugin.ending import ENDINGS, JUDGED, leave, untold
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.core.finding import Finding
    from nexdiag.runner.linting.choice import Choice


@pytest.fixture
def nexdiag_lint(request: pytest.FixtureRequest) -> "Linted":
    """Everything that the test sends is linted; it fails at its end with each finding that is not allowed."""
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    node, names = request.node, {*request.fixturenames}
    try:
        keys = marker.keys_of(node, names, marker.LINT)
        linted = Linted(node, _choice(node, keys))
    except NexdiagError as error:
        raise marker.refusal(error) from None
    known = [name for name in (*sorted(marker.SERVERS), marker.CASSETTE, marker.RECORDER) if name in names]
    for name in known or [marker.RECORDER]:
        request.getfixturevalue(name)
    if keys.get("lint", True):
        leave(node, linted)
        node.stash[JUDGED] = True
    return linted


class Linted:
    """What was found in what the test has sent."""

    def __init__(self, node: pytest.Item, choice: "Choice") -> None:
        """`choice` says by what it is judged."""
        self._node = node
        self._choice = choice
        self._last: tuple[Finding, ...] | None = None

    @property
    def findings(self) -> "tuple[Finding, ...]":
        """The findings so far, the cause first. Remarks, which fail nothing, are among them."""
        told = (one.sent() for one in self._node.stash.get(ENDINGS, []) if one is not self)
        every = (one for cassette, profile in filter(None, told) for one in self._judged(cassette, profile))
        return tuple(every)

    def wrong(self, *, failed: bool) -> str:  # noqa: ARG002 - an ending is asked so
        """Each finding that weighs."""
        self._last = self.findings
        return failing.findings(untold(self._node, (one for one in self._last if one.weighs)))

    def beside(self) -> str:
        """Those who know what was sent say where it is."""
        return ""

    def counts(self) -> Counts:
        """How much was found."""
        found = self.findings if self._last is None else self._last
        return Counts(findings=len({(one.code, str(one.location)) for one in found if one.weighs}))

    def sent(self) -> None:
        """It knows what others know."""

    def _judged(self, cassette: "Cassette", profile: str | None) -> "tuple[Finding, ...]":
        return failing.judged(cassette, self._choice.profile or profile, self._choice)


def _choice(node: pytest.Item, keys: dict[str, Any]) -> "Choice":
    """By what to judge. Raises `UsageError` for a word that names no rule or no server."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above
    from nexdiag.lint import profiles  # noqa: PLC0415
    from nexdiag.runner.linting.choice import choice_of  # noqa: PLC0415
    from nexdiag.runner.settings import lint_defaults  # noqa: PLC0415

    profile = keys.get("profile") or options.ini(node.config, "profile") or None
    if profile is not None:
        if not isinstance(profile, str):
            raise UsageError(f"wanted a server's name as profile, found {profile!r}", hint="write: profile='vllm'")
        profiles.named(profile)
    words = {key: _words(keys.get(key, ()), key) for key in ("select", "allow")}
    settings = lint_defaults(os.environ, node.path.parent)
    return choice_of(settings, profile=profile, select=words["select"], ignore=words["allow"])


def _words(given: object, key: str) -> tuple[str, ...]:
    several = (given,) if isinstance(given, str) else given
    if isinstance(several, list | tuple) and all(isinstance(one, str) for one in several):
        return tuple(several)
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    raise UsageError(f"wanted names of rules as {key}, found {given!r}", hint=f"write: {key}=['role-alternation']")
