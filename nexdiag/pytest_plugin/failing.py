"""The words of a failure: findings, the first place that differs, where the recording is, and what to type next.

Paths are shown from where pytest was started, so that a line can be pasted.
"""

import os
import shlex
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nexdiag.pytest_plugin.naming import file_name

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette, Header
    from nexdiag.core.exchange import Exchange, Request
    from nexdiag.core.fault import Fault
    from nexdiag.core.finding import Finding
    from nexdiag.core.replayed import Divergence
    from nexdiag.runner.linting.choice import Choice

_MOST = 5
"""Findings that are told; the others are counted."""


def place_for(node: pytest.Item, factory: pytest.TempPathFactory) -> Path:
    """A file for what a test sends: pytest keeps its directories of the last runs, each worker has its own."""
    return factory.mktemp("nexdiag") / file_name(node.nodeid)


def shown(path: Path) -> str:
    """A path for a shell."""
    near = os.path.relpath(path)
    return shlex.quote(str(path) if near.startswith(os.path.join("..", "..")) else near)  # noqa: PTH118 - a text


def near(path: Path) -> Path:
    """The same, as one who works in this directory calls it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def kept_at(path: Path) -> str:
    """Where what was sent can be looked at."""
    return f"recording  {shown(path)}\nrepro      nexdiag lint {shown(path)}"


def left(path: Path, cassette: "Cassette") -> str:
    """Leave what was sent in a file, and say where."""
    from nexdiag.codec.cassette.encoder import encode  # noqa: PLC0415 - imported when a test has failed

    path.write_bytes(encode(cassette))
    path.chmod(0o600)
    return f"sent       {shown(path)}"


def as_sent(
    header: "Header", pairs: "Iterable[tuple[Request, Exchange]]", missed: "Iterable[Request]"
) -> "tuple[Cassette, str | None]":
    """What was asked of a recording: each request as it was sent, with the answer that was recorded, or with none."""
    from msgspec.structs import replace  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    from nexdiag.core.cassette import Cassette  # noqa: PLC0415
    from nexdiag.core.exchange import Exchange  # noqa: PLC0415

    answered = [replace(exchange, request=asked) for asked, exchange in pairs]
    every = [*answered, *(Exchange(id=0, started=0.0, request=asked) for asked in missed)]
    exchanges = tuple(replace(one, id=place) for place, one in enumerate(every))
    return Cassette(header=header, exchanges=exchanges), header.profile or None


def compared(recordings: "Iterable[Path]", sent: Path) -> list[str]:
    """The commands that show in what the recordings and what was sent differ, and what is wrong with that."""
    each = [f"nexdiag diff {shown(one)} {shown(sent)}" for one in recordings][:_MOST]
    lines = [*each, f"nexdiag lint {shown(sent)}"]
    return [f"{'repro' if place == 0 else '':<10} {line}" for place, line in enumerate(lines)]


def parted(found: "Divergence", of: Path) -> str:
    """Where a request parts from the recording: the path, both values, what to do."""
    from nexdiag.core.replayed import TurnVerdict  # noqa: PLC0415 - as above
    from nexdiag.report.replay.divergence import lines  # noqa: PLC0415 - as above

    verdict = TurnVerdict(number=found.nearest_turn or 0, said="", outcome="changed", divergence=found)
    rows = [f"≠ {shown(of)}", *(f"  {row}" for row in lines(verdict))]
    return "\n".join(rows)


def struck(node: pytest.Item, faults: "Iterable[Fault]") -> list[str]:
    """What was to go wrong in this run, and how it is run alone."""
    from nexdiag.codec.fault import encode  # noqa: PLC0415 - imported when a test has failed

    named = ", ".join(map(encode, faults))
    return [f"fault      {named}", f"again      pytest {shlex.quote(node.nodeid)}"] if named else []


def again(node: pytest.Item, mode: str) -> str:
    """How the test is run so that it is recorded."""
    return f"pytest --record-mode={mode} {shlex.quote(node.nodeid)}"


def refusals(cassette: "Cassette", profile: str | None, missed: "Collection[int]" = ()) -> "tuple[Finding, ...]":
    """The findings for which a server refused something, and those that weigh in requests without a recording."""
    from nexdiag.runner.linting.choice import Choice  # noqa: PLC0415 - imported when a test has failed

    found = judged(cassette, profile, Choice())
    return tuple(one for one in found if one.refused or (one.weighs and one.location.exchange in missed))


def judged(cassette: "Cassette", profile: str | None, choice: "Choice") -> "tuple[Finding, ...]":
    """The findings of what was sent that are none of a scenario's own doing, without secrets."""
    from msgspec.structs import replace  # noqa: PLC0415 - as above

    from nexdiag.runner.linting.judge import judge_subject  # noqa: PLC0415 - as above
    from nexdiag.runner.linting.subjects import Recording  # noqa: PLC0415 - as above

    wanted = replace(choice, profile=profile)
    subject = Recording(name="sent", cassette=cassette)
    return tuple(finding for one in judge_subject(subject, wanted) for finding in one.findings)


def findings(found: Sequence["Finding"]) -> str:
    """Each with its code, place, fix and the server's words; the worst first, as lint has them."""
    from nexdiag.report.lint.text import diagnosis  # noqa: PLC0415 - as above
    from nexdiag.report.wording import count  # noqa: PLC0415 - as above

    rows = [_without_silence(diagnosis(one)) if one.server_words is None else diagnosis(one) for one in found[:_MOST]]
    if len(found) > _MOST:
        rows.append(f"    and {count(len(found) - _MOST, 'more finding')}")
    return "\n".join(rows)


def _without_silence(told: str) -> str:
    """A server that took the request has said nothing against it: that is no news."""
    return "\n".join(row for row in told.split("\n") if not row.lstrip().startswith("the server  said nothing"))
