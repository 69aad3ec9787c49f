"""A daemon that records, for as long as a `with` block lasts; killed and started again in between, it records on."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from nexdiag.agent.daemon import lifecycle, redactions


class RecordingDaemon:
    """The daemon of one state directory, in a process of its own."""

    def __init__(
        self, state: Path, cassette: Path, scenario: Path, *, redact: Sequence[str] = (), program: Sequence[str] = ()
    ) -> None:
        """Nothing is started yet. `redact` are expressions of what is secret beside all that always is.

        `program` is what runs nexdiag; by default this very one.
        """
        self._state = state
        program = program or (sys.executable, "-m", "nexdiag")
        recorded = ["--cassette", str(cassette), "--scenario", str(scenario)]
        self._redact = redact
        self._command = [*program, "service", "run", "--dir", str(state), *recorded]

    def __enter__(self) -> Self:
        """Start it. Raises `DaemonError` if it does not come to answer."""
        if self._redact:
            self._command += ["--redact-file", str(redactions.keep(self._state, self._redact).absolute())]
        lifecycle.start(self._state, self._command)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it; a second Ctrl-C meanwhile ends it at once."""
        try:
            lifecycle.stop(self._state)
        except KeyboardInterrupt:
            lifecycle.stop(self._state, force=True)
            raise

    def kill(self) -> None:
        """End it at once, in mid-turn, and start it again; it goes on with the recording that is there."""
        lifecycle.stop(self._state, force=True)
        lifecycle.start(self._state, [*self._command, "--append"])
