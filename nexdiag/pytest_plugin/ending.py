"""What a test's fixtures say when it ends: whether it was as it should be, where to look, and how much passed.

Each fixture of ours leaves an `Ending` with the test. They are asked when the test itself is over, before any teardown:
what is wrong is a failure of the test, and stands beside the test's own failure if there is one.
"""

import sys
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.core.finding import Finding


class Ending(Protocol):
    """Of one fixture, in one test."""

    def wrong(self, *, failed: bool) -> str:
        """Why the test fails; empty if it does not. `failed` says that it has, by itself."""

    def beside(self) -> str:
        """Where a reader of a failure finds what was sent, and what to type; empty if there is nothing to say."""

    def counts(self) -> Counts:
        """What passed."""

    def sent(self) -> "tuple[Cassette, str | None] | None":
        """What the test sent, and the server it was meant for, where that is known; None if this one does not know."""


ENDINGS = pytest.StashKey[list[Ending]]()
FAILURE = pytest.StashKey[BaseException]()
"""By what a test has failed: its recording may not take the place of one that was good."""
JUDGED = pytest.StashKey[bool]()
"""Whether the test's own lint counts what is found."""
_TOLD = pytest.StashKey[set[tuple[object, ...]]]()
_TITLE = "nexdiag"


def leave(node: pytest.Item, ending: Ending) -> None:
    """Have a fixture asked when the test is over. Those that judge what others know come last."""
    node.stash.setdefault(ENDINGS, []).append(ending)


def untold(node: pytest.Item, found: "Iterable[Finding]") -> "list[Finding]":
    """Those that no other fixture of the test has told: two may know of the same request."""
    told = node.stash.setdefault(_TOLD, set())
    new = {(one.code, str(one.location)): one for one in found if (one.code, str(one.location)) not in told}
    told |= new.keys()
    return list(new.values())


def around(item: pytest.Item) -> Generator[None, object, object]:
    """The test's call: afterwards each fixture is asked, and what is wrong is told."""
    try:
        ended = yield
    except BaseException as error:  # pytest's own failure is no Exception, and an interrupted test is none that passed
        _failed(item, error)
        raise
    swallowed = getattr(item, "_excinfo", None)  # of a unittest.TestCase: pytest looks there later
    if swallowed:
        _failed(item, swallowed[0].value)
        return ended
    told = _told(item, failed=False)
    if told:
        failure = pytest.fail.Exception(told, pytrace=False)
        item.stash[FAILURE] = failure
        raise failure
    return ended


def _failed(item: pytest.Item, error: BaseException) -> None:
    """The test has ended by this; a test that was skipped has not failed."""
    skipped = getattr(sys.modules.get("unittest"), "SkipTest", pytest.skip.Exception)
    if isinstance(error, pytest.skip.Exception | skipped):
        return
    item.stash[FAILURE] = error
    told = _told(item, failed=True)
    if told:
        item.add_report_section("call", _TITLE, told)


def _told(item: pytest.Item, *, failed: bool) -> str:
    """All that the fixtures say: nothing, if all is well."""
    endings = item.stash.get(ENDINGS, [])
    if not endings:
        return ""
    wrong = [text for text in (one.wrong(failed=failed) for one in endings) if text]
    if not wrong and not failed:
        return ""
    beside = [text for text in (one.beside() for one in endings) if text]
    return "\n".join(dict.fromkeys([*wrong, *beside]))


def report(item: pytest.Item, made: Any) -> None:  # noqa: ANN401 - pytest's report, which takes what we put into it
    """Send the counts along with the last report of a test: under xdist it travels to where the summary is made.

    A test whose setup failed has failed: that it sent nothing is no second failure.
    """
    if made.when == "setup" and made.failed:
        item.stash[FAILURE] = pytest.fail.Exception("its setup failed")
    endings = item.stash.get(ENDINGS, None)
    if endings and made.when == "teardown":
        made.nexdiag = Counts.together(one.counts() for one in endings).as_values()
