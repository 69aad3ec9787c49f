"""The fixture `nexdiag_replay`: a recording served over HTTP, to any client and any process.

A test that has it fails at its end if a request had no recording, or a recording no request.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nexdiag.pytest_plugin import choosing, failing, marker
from nexdiag.pytest_plugin.ending import JUDGED, leave, untold
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.core.fault import Fault
    from nexdiag.core.finding import Finding
    from nexdiag.core.run import Replayed
    from nexdiag.runner.replaying.how import How
    from nexdiag.runner.replaying.served.serving import Serving


@pytest.fixture
def nexdiag_replay(
    request: pytest.FixtureRequest,
    nexdiag_faults: "tuple[Fault, ...] | None",
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL, without `/v1`, of a server that answers from the marker's recording, and from nothing else."""
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.runner.replaying.served.serving import serving  # noqa: PLC0415
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415

    node = request.node
    try:
        keys = marker.keys_of(node, request.fixturenames, marker.REPLAY)
        how = choosing.how(keys, nexdiag_faults, node.path.parent, RecordMode.NONE)
        paths = choosing.paths(node, keys)
        server = serving(list(map(failing.near, paths)), how)
        served = server.__enter__()
    except NexdiagError as error:
        raise marker.refusal(error) from None
    try:
        leave(node, _Ending(node, tmp_path_factory, served, how, paths=paths))
        yield served.url
    finally:
        server.__exit__(None, None, None)


class _Ending:
    """What came to the server."""

    def __init__(
        self,
        node: pytest.Item,
        factory: pytest.TempPathFactory,
        served: "Serving",
        how: "How",
        *,
        paths: Sequence[Path],
    ) -> None:
        self._node = node
        self._factory = factory
        self._served = served
        self._how = how
        self._done: Sequence[Replayed] = ()
        self._found = 0
        self._paths = paths

    def wrong(self, *, failed: bool) -> str:
        """What was not as recorded, in the words of `nexdiag replay`; empty if all was."""
        from nexdiag.codec.fault import encode  # noqa: PLC0415 - as above
        from nexdiag.core.errors import NothingToDo  # noqa: PLC0415
        from nexdiag.report.replay import text, verdict  # noqa: PLC0415
        from nexdiag.runner.tape.choice import unstruck  # noqa: PLC0415

        try:
            self._done = self._served.verdicts()
        except NothingToDo as error:
            return f"{error.what}\nhint: {error.hint}"
        told = [text.recording(one, speed=self._how.speed) for one in self._done if verdict.fails(one)]
        pairs = [pair for one in self._done if one.run and one.run.pairing for pair in one.run.pairing.pairs]
        told += [f"the fault {encode(one)} has struck nothing" for one in unstruck(self._how.faults, pairs)]
        rows = untold(self._node, self._refused()) if told or failed else []
        self._found = len(rows)
        told += [failing.findings(rows)] if rows else []
        told += failing.struck(self._node, self._how.faults) if told or failed else []
        return "\n".join(told)

    def _refused(self) -> "tuple[Finding, ...]":
        """What is wrong with the requests that had no recording, and with those that were refused as recorded."""
        found, answers = self.sent(), self._served.answers
        if found is None:
            return ()
        start = len(answers.pairs)
        return failing.refusals(*found, missed=range(start, start + len(answers.misses)))

    def beside(self) -> str:
        """What was asked, in a file, and how it is compared with the recording."""
        from nexdiag.report.replay import verdict  # noqa: PLC0415 - as above

        found = self.sent()
        if found is None:
            return ""
        place = failing.place_for(self._node, self._factory)
        paths = [Path(one.path) for one in self._done if verdict.fails(one)]
        return "\n".join([failing.left(place, found[0]), *failing.compared(paths, place)])

    def counts(self) -> Counts:
        """Who was answered."""
        pairing = self._served.answers.pairing()
        names = frozenset(map(str, self._paths))
        own = 0 if self._node.stash.get(JUDGED, False) else self._found
        return Counts(scenarios=names, replayed=len(pairing.pairs), findings=own)

    def sent(self) -> "tuple[Cassette, str | None] | None":
        """Each request as it came, with the answer that it got."""
        answers = self._served.answers
        heads = [one.cassette.header for one in self._served.together.recordings]
        missed = [miss.request for _, _, miss in answers.misses]
        return failing.as_sent(heads[0], answers.pairs, missed) if answers.pairs or missed else None
