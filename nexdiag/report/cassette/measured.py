"""What `nexdiag cassette stats` counted: as lines and as JSON."""

import json
from collections.abc import Mapping, Sequence

import msgspec

from nexdiag.core.message import Usage
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count, seconds

_SCHEMA = "nexdiag.cassette-stats/1"
_KB = 1000


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What one recording holds."""

    file: str
    size: int = 0
    """Bytes of the file."""
    bytes_by_kind: dict[str, int] = {}
    """The same by what its lines hold: `header`, `link`, `headers`, `exchange`, `tool`, `log`, `turn`, `other`."""
    sessions: int = 0
    turns: int = 0
    outcomes: dict[str, int] = {}
    exchanges: int = 0
    attempts: int = 0
    """How many of the exchanges tried again what had failed."""
    chunks: int = 0
    tool_runs: int = 0
    log_lines: int = 0
    messages_sent: int = 0
    """Over all requests: each sends its whole history."""
    messages_stored: int = 0
    """Those that stand in the recording, once each."""
    request_bytes: int = 0
    """Of all request bodies, as they were sent."""
    response_bytes: int = 0
    usage: Usage = Usage()
    statuses: dict[str, int] = {}
    """By HTTP status; `none` where no response came."""
    models: dict[str, int] = {}
    failures: dict[str, int] = {}
    duration: float = 0.0
    """Seconds that its exchanges took, added up."""
    slowest: float = 0.0
    first_byte: float = 0.0
    """Seconds to the response head: the one in the middle of all."""
    tear: str | None = None

    @property
    def saving(self) -> float | None:
        """How many times larger the bodies were on the wire than the file is; None for an empty file."""
        return (self.request_bytes + self.response_bytes) / self.size if self.size else None


def measure_text(files: Sequence[Measure]) -> str:
    """A block of lines a file; for several files also their sum."""
    blocks = ["\n".join(_rows(one)) for one in files]
    if len(files) > 1:
        size, sent = sum(one.size for one in files), sum(one.request_bytes + one.response_bytes for one in files)
        turns, exchanges = sum(one.turns for one in files), sum(one.exchanges for one in files)
        held = f"{count(turns, 'turn')}, {count(exchanges, 'exchange')}"
        blocks.append(f"{count(len(files), 'file')}: {size_of(size)}, {held}, {size_of(sent)} on the wire")
    return "\n\n".join(blocks)


def measure_json(files: Sequence[Measure]) -> str:
    """All files as one JSON object."""
    told = [msgspec.to_builtins(one) | {"saving": _rounded(one.saving)} for one in files]
    return json.dumps({"schema": _SCHEMA, "files": told}, indent=2, ensure_ascii=False)


def size_of(size: float) -> str:
    """`812 B`, `1.2 kB`, `34 kB`, `5.1 MB`."""
    unit = "B"
    for larger in ("kB", "MB", "GB"):
        if size < _KB:
            break
        size, unit = size / _KB, larger
    return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"  # noqa: PLR2004 - two digits


def _rows(one: Measure) -> list[str]:
    wire = one.request_bytes + one.response_bytes
    saved = f", {one.saving:.1f} times the file" if one.saving is not None else ""
    kinds = ", ".join(
        f"{kind} {size_of(size)}" for kind, size in sorted(one.bytes_by_kind.items(), key=lambda k: -k[1])
    )
    pieces = f" in {count(one.chunks, 'chunk')}" + (saved if wire else "")
    first = f"first byte {seconds(one.first_byte)} in the middle"
    rows = [
        f"{one_line(one.file, 1000)}   {size_of(one.size)}",
        f"  turns      {one.turns}{_told(one.outcomes)} in {count(one.sessions, 'session')}",
        f"  exchanges  {one.exchanges}{_told(one.statuses)}, {count(one.attempts, 'retry', 'retries')}",
        f"  messages   {one.messages_sent:,} sent, {one.messages_stored:,} stored",
        f"  wire       {size_of(one.request_bytes)} sent, {size_of(one.response_bytes)} received{pieces}",
        f"  file       {kinds}",
        f"  tokens     {_tokens(one.usage)}",
        f"  models    {_told(one.models, bare=True)}",
        f"  time       {seconds(one.duration)} in exchanges, slowest {seconds(one.slowest)}, {first}",
        f"  beside     {count(one.tool_runs, 'tool run')}, {count(one.log_lines, 'log line')}",
    ]
    if one.failures:
        rows.append(f"  broke off {_told(one.failures, bare=True)}")
    if one.tear:
        rows.append(f"  torn       {one_line(one.tear, 1000)}")
    return rows


def _tokens(usage: Usage) -> str:
    told = f"{usage.input_tokens:,} in ({usage.cached_tokens:,} cached)"
    return f"{told}, {usage.output_tokens:,} out ({usage.reasoning_tokens:,} reasoning)"


def _told(counts: Mapping[str, int], *, bare: bool = False) -> str:
    parts = ", ".join(f"{one_line(name)} × {number:,}" for name, number in counts.items())
    if bare:
        return f" {parts or 'none'}"
    return f" ({parts})" if parts else ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
