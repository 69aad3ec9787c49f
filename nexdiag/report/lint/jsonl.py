"""Judged → JSON Lines: one line for each bare exchange, in its place; of anything else one line a finding."""

from collections.abc import Iterator, Sequence

from nexdiag.core.judged import Judged
from nexdiag.report.json import dump, finding_fields


def whole(judged: Sequence[Judged]) -> str:
    """All lines, each ended; nothing where there is no line."""
    return "".join(f"{line}\n" for one in judged for line in _lines(one))


def _lines(one: Judged) -> Iterator[str]:
    if one.bare:
        yield dump(
            {"id": one.id, "profile": one.profile, "findings": [finding_fields(finding) for finding in one.findings]}
        )
        return
    for finding in one.findings:
        yield dump({"file": one.file, **finding_fields(finding)})
