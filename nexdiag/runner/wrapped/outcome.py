"""What became of a wrapped command and of its recording: read from the file, judged, and told."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.secrets import mark
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo
from nexdiag.core.finding import Finding
from nexdiag.report import passing
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count
from nexdiag.runner.judge import judge
from nexdiag.runner.redaction import read_back
from nexdiag.runner.wrapped.variables import NO_KEY, PLACEHOLDER

Told = Callable[[str], None]
_OURS = {mark(text.encode()).encode() for text in (NO_KEY, f"Bearer {NO_KEY}")}
"""What stands for the key that we gave the command."""
_NOT_WHOLE = " · not whole"
_UNUSED = "used neither OPENAI_BASE_URL nor OPENAI_API_BASE"


class Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded command that is over."""

    command: tuple[str, ...]
    code: int
    """Its own exit code: 128 and the number of the signal, where one ended it."""
    cassette: Path | None = None
    """None if nothing was recorded."""
    exchanges: int = 0
    log_lines: int = 0
    secrets: int = 0
    """How many different ones were replaced."""
    findings: tuple[Finding, ...] = ()
    trouble: str | None = None
    """Why the recording is not whole, if it is not."""

    @property
    def lacking(self) -> str | None:
        """What the recording lacks, in words; None if it is whole."""
        if self.trouble is not None:
            return one_line(self.trouble)
        return None if self.exchanges else nothing(self.command)

    def demand_recorded(self) -> None:
        """Raise what the recording failed by, unless the command failed itself: then its code says more.

        `NothingToDo` if no exchange was recorded, `CassetteError` if the recording stopped before its end.
        """
        if self.code:
            return
        if self.trouble is not None:
            there = "; what there is stands in that file" if self.cassette is not None else ""
            raise CassetteError(one_line(self.trouble), hint=f"the command was not disturbed{there}")
        if not self.exchanges:
            raise NothingToDo(nothing(self.command), hint=hint(self.command))


def nothing(command: Sequence[str]) -> str:
    """That no exchange was recorded, and what the command did not do."""
    return f"no exchange recorded: {passing.called(command)} {_UNUSED}"


def hint(command: Sequence[str]) -> str:
    """How a command that reads no variable comes by the proxy."""
    return (
        f"tell it where to go in its own way; {PLACEHOLDER} in its arguments, and $NEXDIAG_PROXY_URL, are the proxy: "
        f"nexdiag capture -- {passing.program(command)} --base-url {PLACEHOLDER}/v1"
    )


def come_of(  # noqa: PLR0913 - the command, its recording, and who hears of them
    command: Sequence[str], code: int, path: Path, trouble: str | None, told: Told, *, written: int = 0
) -> Wrapped:
    """Read the recording back, tell what it holds and what is wrong in it. `written`: exchanges that went into it."""
    came = Wrapped(command=tuple(command), code=code, trouble=trouble)
    if not path.exists():  # the proxy leaves no file in which no exchange stands
        gone = f"{path} is gone: somebody removed it while {count(written, 'exchange')} were written to it"
        return msgspec.structs.replace(came, trouble=gone) if written else came
    try:
        kept = read_back(path, harmless=_OURS)
    except NexdiagError as error:
        told(f"not checked: {error.what}")
        return msgspec.structs.replace(came, trouble=trouble or error.what)
    counts = {"exchanges": len(kept.cassette.exchanges), "log_lines": len(kept.cassette.log), "secrets": kept.secrets}
    told(passing.saved(str(path), size=kept.size, **counts) + (_NOT_WHOLE if trouble is not None else ""))
    findings = judge(kept.cassette).findings
    for row in passing.found(findings):
        told(row)
    return msgspec.structs.replace(came, cassette=path, findings=findings, **counts)
