"""`nexdiag replay [CASSETTE...] -- COMMAND` without its door: any client, answered from its recording, with no way out.

    serving ◄─ command          closing: how it finds the server, and nothing else      chosen: which recording is meant

Law: nothing unmatched ever goes live. The command has its terminal, and its exit code goes before ours.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.core.errors import NothingToDo
from nexdiag.core.run import Replayed
from nexdiag.report import passing
from nexdiag.report.replay.verdict import fails
from nexdiag.report.visible import one_line
from nexdiag.runner.redaction import redactor_for, redactor_of
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served import chosen
from nexdiag.runner.replaying.served.closing import Escape, closed, escapes
from nexdiag.runner.replaying.served.serving import Serving, serving
from nexdiag.runner.replaying.served.together import upstream_of
from nexdiag.runner.wrapped import child, variables, words
from nexdiag.runner.wrapped.program import Told, demand, unbroken

_USED = "OPENAI_BASE_URL, OPENAI_API_BASE nor ANTHROPIC_BASE_URL"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was replayed, and is over."""

    command: tuple[str, ...]
    code: int
    """Its own exit code: 128 and the number of the signal, where one ended it."""
    replayed: tuple[Replayed, ...] = ()
    """What came of each recording; empty if no request came."""
    escapes: tuple[Escape, ...] = ()
    """Who tried to leave, and was refused."""

    @property
    def exit_code(self) -> int:
        """The command's own if it failed; else 1 for a mismatch, or a recording that was not played. Else 0.

        Raises `NothingToDo` if no request came, and the command did not fail.
        """
        if self.code:
            return self.code
        if not self.replayed:
            raise NothingToDo(nothing(self.command), hint=hint(self.command))
        return int(any(fails(one) for one in self.replayed))


def played(  # noqa: PLR0913 - what is replayed, how, and who hears of it
    command: Sequence[str],
    cassettes: Sequence[Path],
    how: How,
    *,
    environment: Mapping[str, str],
    told: Told,
    port: int = 0,
    ticks: Callable[[], float] = time.perf_counter,
) -> Played:
    """Run a command with its terminal; its clients are answered from recordings. `told` hears line after line.

    Without a cassette it is the newest recording of this very command, else the newest that is named after it.

    Raises `UsageError` if the command cannot be run, or it is not clear which recording is meant, and what `serving`
    raises: all before the command has started.
    """
    told = unbroken(told)
    demand(command, environment, doing="replay")
    paths = list(cassettes) or [recorded_of(command, environment)]
    with tempfile.TemporaryDirectory(prefix="nexdiag-replay-") as scratch:
        notes = Path(scratch) / "refused"
        notes.touch(mode=0o600)
        plain = _line(command, environment)
        with serving(paths, how, port=port, environ=environment, ticks=ticks, command=plain) as server:
            if not cassettes:
                told(f"replaying {one_line(str(paths[0]))}, the newest recording of this command")
            directed = closed(environment, server.url, upstream_of(server.together.header), notes)
            began = ticks()
            ended = child.run([word.replace(variables.PLACEHOLDER, server.url) for word in command], directed)
            took = ticks() - began
        left = (*escapes(notes), *(Escape(address=host) for host in server.away))
        done, unstruck = _verdicts(server), server.unstruck
    told("")
    told(passing.ended(command, code=ended.code, signal=ended.signal, turn=None, took=took))
    for one in left:
        told(_refused(one))
    for why in unstruck if done else ():
        told(f"! {one_line(why, 300)}")
    if not done and ended.code:  # else it is raised, and told by that
        told(f"✗ {nothing(command)}")
    return Played(command=tuple(command), code=ended.code, replayed=done, escapes=left)


def recorded_of(command: Sequence[str], environment: Mapping[str, str], *, home: Path = chosen.HOME) -> Path:
    """The recording that is meant where a command alone is named. Raises `UsageError`."""
    title = words.title(command, redactor_for((), secrets_of(environment)).text)
    return chosen.of_command(lambda redactions: _line(command, environment, redactions), title, home=home)


def _line(command: Sequence[str], environment: Mapping[str, str], redactions: Sequence[str] = ()) -> str:
    """The command line as a recording with these redactions would have it, without secrets."""
    redactor, _ = redactor_of(redactions, secrets_of(environment))
    return redactor.command(words.text(command, redactor.text))


def nothing(command: Sequence[str]) -> str:
    """That no request came, and what the command did not do."""
    return f"no request came: {passing.called(command)} used neither {_USED}"


def hint(command: Sequence[str]) -> str:
    """How a command that reads no variable comes by the server."""
    return (
        f"tell it where to go in its own way; {variables.PLACEHOLDER} in its arguments, and ${variables.PROXY}, are "
        f"our server: nexdiag replay CASSETTE -- {passing.program(command)} --base-url {variables.PLACEHOLDER}/v1"
    )


def _verdicts(server: Serving) -> tuple[Replayed, ...]:
    try:
        return server.verdicts()
    except NothingToDo:
        return ()


def _refused(one: Escape) -> str:
    where = f"   at {one_line(one.site, 400)}" if one.site else ""
    times = f"   {one.times} times" if one.times > 1 else ""
    return f"! tried to reach {one_line(one.address, 200)}, and was refused: the network is closed{where}{times}"
