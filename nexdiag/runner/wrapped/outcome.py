"""What became of a wrapped command and of its recording: read from the file, judged, and told."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.secrets import mark
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo
from nexdiag.core.finding import Finding
from nexdiag.report import passing
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load
from nexdiag.runner.wrapped.variables import NO_KEY, PLACEHOLDER

Told = Callable[[str], None]
_MARKS = re.compile(rb"\[redacted [0-9a-f]{8}\]")
_CREDENTIAL = re.compile(r"auth|cookie|key|token|secret|password|credential|signature|session")
_OURS = {mark(text.encode()).encode() for text in (NO_KEY, f"Bearer {NO_KEY}")}
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

    def demand_recorded(self) -> None:
        """Raise what the recording failed by, unless the command failed itself: then its code says more.

        `NothingToDo` if no exchange was recorded, `CassetteError` if the recording stopped before its end.
        """
        if self.code:
            return
        if self.trouble is not None:
            raise CassetteError(self.trouble, hint="the command was not disturbed; what there is stands in that file")
        if not self.exchanges:
            raise NothingToDo(nothing(self.command), hint=hint(self.command))


def nothing(command: Sequence[str]) -> str:
    """That no exchange was recorded, and what the command did not do."""
    return f"no exchange recorded: {passing.program(command)} {_UNUSED}"


def hint(command: Sequence[str]) -> str:
    """How a command that reads no variable comes by the proxy."""
    return (
        f"tell it where to go in its own way; {PLACEHOLDER} in its arguments, and $NEXDIAG_PROXY_URL, are the proxy: "
        f"nexdiag capture -- {passing.program(command)} --base-url {PLACEHOLDER}/v1"
    )


def come_of(command: Sequence[str], code: int, path: Path, trouble: str | None, told: Told) -> Wrapped:
    """Read the recording back, tell what it holds and what is wrong in it."""
    came = Wrapped(command=tuple(command), code=code, trouble=trouble)
    if not path.exists():  # the proxy leaves no file in which no exchange stands
        return came
    try:
        cassette = load(path)
        size, marks = path.stat().st_size, set(_MARKS.findall(path.read_bytes()))
    except (NexdiagError, OSError) as error:
        what = error.what if isinstance(error, NexdiagError) else str(error)
        told(f"not checked: {what}")
        return msgspec.structs.replace(came, trouble=trouble or what)
    secrets = len(marks - _harmless(cassette))
    counts = {"exchanges": len(cassette.exchanges), "log_lines": len(cassette.log), "secrets": secrets}
    told(passing.saved(str(path), size=size, **counts))
    findings = judge(cassette).findings
    for row in passing.found(findings):
        told(row)
    return msgspec.structs.replace(came, cassette=path, findings=findings, **counts)


def _harmless(cassette: Cassette) -> set[bytes]:
    """What stands for headers that nobody knows, whose names tell of no secret (`x-stainless-os`), and our own."""
    return _OURS | {
        value.encode()
        for exchange in cassette.exchanges
        for side in (exchange.request, exchange.response)
        if side is not None
        for name, value in side.headers
        if not _CREDENTIAL.search(name)
    }
