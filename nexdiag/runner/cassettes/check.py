"""What to know of a recording before it is trusted: whether it is whole and finished, who may write it, what it tells.

Whether it holds secrets is looked for by shape alone, line by line and in what its streams say piece by piece.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.capture.redaction.streamed import edits
from nexdiag.codec import cassette as codec
from nexdiag.codec.encodings import read_response, response_text
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.report.answers import CUT, answer
from nexdiag.report.cassette.health import Health, Remark, Weight
from nexdiag.runner.cassettes import files
from nexdiag.runner.cassettes.salvage import salvage
from nexdiag.runner.load import find

_OTHERS, _GROUP = 0o002, 0o020
_SHOWN = 20
"""Remarks of one sort that are told; the others are counted."""
_NUMBERS = 8


def check_paths(paths: Sequence[Path]) -> list[Health]:
    """Every file named, and every recording below each directory named. A file that cannot be read is told as such.

    Raises `NothingToDo` for a directory without a recording.
    """
    return [_checked(path) for path in find(list(paths))]


def _checked(path: Path) -> Health:
    try:
        raw = files.read(path)
    except CassetteError as error:
        return Health(file=str(path), remarks=(Remark(weight="broken", what=error.what),))
    return check(raw, str(path), mode=files.mode_of(path))


def check(raw: bytes, name: str, *, mode: int | None = None) -> Health:
    """What is to be known of one file. Never raises."""
    remarks: list[Remark] = []
    try:
        cassette = codec.decode(raw, name=name)
    except CassetteError as error:
        try:
            kept = salvage(raw, name=name)
        except CassetteError:
            return Health(file=name, size=len(raw), remarks=(Remark(weight="broken", what=error.what),))
        lost = [
            Remark(weight="broken", line=one.line, what=one.why)
            for one in sorted((*kept.left_out, *kept.bared), key=lambda one: one.line)
        ]
        remarks += _few(lost or [Remark(weight="broken", what=error.what)], "line", "broken")
        cassette = kept.cassette
    if cassette.tear:
        remarks.append(Remark(weight="warning", what=f"{cassette.tear}; mend it with: nexdiag cassette repair"))
    remarks += _few(list(_secrets(raw, cassette)), "secret", "warning")
    remarks += _few(list(_huge(cassette)), "answer", "warning")
    remarks += _writable(mode or 0)
    remarks += _unfinished(cassette)
    return Health(
        file=name,
        format=cassette.header.cassette,
        exchanges=len(cassette.exchanges),
        turns=len(cassette.turns),
        size=len(raw),
        remarks=tuple(remarks),
    )


def _writable(mode: int) -> Iterator[Remark]:
    """Who else may write to it. A checkout of git is often open to the group: that is how it was asked for."""
    if mode & _OTHERS:
        yield Remark(weight="warning", what=f"anybody may write to it (mode {mode:04o}): chmod o-w")
    elif mode & _GROUP:
        yield Remark(weight="note", what=f"its group may write to it (mode {mode:04o})")


def _few(remarks: list[Remark], noun: str, weight: Weight) -> list[Remark]:
    """The first of many, and how many more there are."""
    if len(remarks) <= _SHOWN:
        return remarks
    return [*remarks[:_SHOWN], Remark(weight=weight, what=f"and {len(remarks) - _SHOWN:,} more like it ({noun}s)")]


def _secrets(raw: bytes, cassette: Cassette) -> Iterator[Remark]:
    """What has the shape of a secret: never the secret, but the mark that should stand in its place."""
    shapes = Secrets()
    told: set[bytes] = set()
    for number, line in enumerate(raw.split(b"\n"), start=1):
        for edit in shapes.find(line):
            told.add(edit.text)
            what = f"what looks like a secret stands here; it should read {edit.text.decode()}"
            yield Remark(weight="warning", line=number, what=what)
    for exchange in cassette.exchanges:
        sent = exchange.request.body.raw or b""
        body = response_text(exchange.response) if exchange.response is not None else b""
        if {edit.text for edit in shapes.find(sent)} - told:
            said = (
                f"the request of exchange {exchange.id} holds what looks like a secret, between bytes that are no text"
            )
            yield Remark(weight="warning", what=said)
        found = {edit.text for edit in shapes.find(body)} - told
        where = f"in the response of exchange {exchange.id}, in several pieces or encoded"
        for mark in sorted(found):
            yield Remark(
                weight="warning", what=f"what looks like a secret stands {where}; it should read {mark.decode()}"
            )
        if not found and edits(body, shapes):
            said = f"exchange {exchange.id} is answered with what looks like a secret, said piece by piece"
            yield Remark(weight="warning", what=said)


def _huge(cassette: Cassette) -> Iterator[Remark]:
    """Where secrets were looked for in the beginning alone."""
    for exchange in cassette.exchanges:
        if exchange.response is not None and read_response(exchange.response)[1]:
            yield Remark(weight="warning", what=f"the answer of exchange {exchange.id}: {CUT}")


def _unfinished(cassette: Cassette) -> Iterator[Remark]:
    """What ended early, or is not there: it may have happened so."""
    turns = [
        f"{turn.number} of session {turn.session}" if turn.session else str(turn.number)
        for turn in cassette.turns
        if turn.outcome == "unfinished"
    ]
    if turns:
        yield Remark(weight="note", what=f"unfinished: turn {_numbers(turns)}")
    cut = [str(exchange.id) for exchange in cassette.exchanges if exchange.failure and not answer(exchange).complete]
    if cut:
        yield Remark(weight="note", what=f"broke off: exchange {_numbers(cut)}")
    there = {exchange.id for exchange in cassette.exchanges}
    missing = max(there, default=-1) + 1 - len(there)
    if missing:
        first = next(number for number in range(len(there) + 1) if number not in there)
        yield Remark(weight="note", what=f"{missing:,} numbers of exchanges are not there, the first is {first}")
    if not there:
        yield Remark(weight="note", what="it holds no exchange")


def _numbers(numbers: list[str]) -> str:
    told = ", ".join(numbers[:_NUMBERS])
    return f"{told} and {len(numbers) - _NUMBERS:,} more" if len(numbers) > _NUMBERS else told
