"""Replays → SARIF 2.1.0: a result for each conversation that differs, and each recording that cannot be replayed."""

from collections.abc import Iterator, Sequence

from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Replayed
from nexdiag.report import sarif
from nexdiag.report.fingerprint import fingerprint, template
from nexdiag.report.replay import divergence
from nexdiag.report.replay.verdict import divergence_of, fails, first_divergences, title, unplayed_why, word
from nexdiag.report.sources import NOWHERE, Sources

_RULE = "replay-differs"


def whole(done: Sequence[Replayed], sources: Sources = NOWHERE) -> str:
    """The log: one run."""
    return sarif.log(
        [entry for one in done for entry in _entries(one, sources)], _notes(done), command="nexdiag replay"
    )


def _entries(one: Replayed, sources: Sources) -> Iterator[sarif.Entry]:
    for turn in first_divergences(one.run) if one.run is not None else ():
        yield _entry(one, turn, sources)
    if fails(one) and (one.run is None or not one.run.differs):
        yield sarif.Entry(
            rule="replay-fails",
            name="replay-fails",
            level="error",
            message="\n".join(text for text in (unplayed_why(one) or word(one), one.hint) if text),
            path=sources.path(one.path),
            fingerprint=fingerprint(("replay-fails", one.path)),
        )


def _entry(one: Replayed, turn: TurnVerdict, sources: Sources) -> sarif.Entry:
    found = divergence_of(turn)
    pointer = found.first.pointer if found.first is not None else ""
    kind = found.first.kind if found.first is not None else turn.outcome
    return sarif.Entry(
        rule=_RULE,
        name=_RULE,
        level="error",
        message="\n".join([divergence.short(turn), *divergence.lines(turn)]),
        path=sources.path(one.path),
        line=sources.line(one.path, found.nearest),
        places=((title(turn), "member"), (pointer, "property")),
        fingerprint=fingerprint((_RULE, one.path, turn.outcome, kind, template(pointer))),
    )


def _notes(done: Sequence[Replayed]) -> Iterator[str]:
    for one in done:
        if one.run is None:
            if not fails(one):
                yield f"not replayed: {one.path}: {unplayed_why(one)}"
            continue
        unchecked = [turn for turn in one.run.replayed if turn.outcome == "unchecked"]
        yield from (f"not checked: {one.path}: {title(turn)}: {turn.note}" for turn in unchecked)
        if one.run.cassette.tear:
            yield f"not checked: {one.path}: the end of the file: {one.run.cassette.tear}"
