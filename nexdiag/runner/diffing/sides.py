"""What is named on a command line → one side of a comparison: read, without secrets, in parts that share their text."""

import os
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec.body import Splitter
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.lint.seen.bare import encode_bare
from nexdiag.runner.foreign.bare import decode_lines
from nexdiag.runner.linting.subjects import Recording, Requests, read

_ENDS = (SUFFIX, ".har", ".yaml", ".yml", ".json", ".jsonl")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """One side."""

    name: str
    cassette: Cassette
    kind: str = "recording"
    """As `core.comparison.Side` has it."""
    lost: tuple[str, ...] = ()
    """What could not be carried over from another tool's format."""


def load_side(path: Path, splitter: Splitter, *, turn: int | None = None) -> Loaded:
    """One recording, request or file of exchanges; of one turn alone, where it is named.

    Raises `CassetteError` for what cannot be read, `UsageError` for what cannot be compared, `NothingToDo` for what
    holds no exchange.
    """
    subject = next(iter(read([path])))
    if isinstance(subject, Recording):
        cassette, lost, kind = subject.cassette, subject.lost, "recording"
    elif isinstance(subject, Requests):
        losses = Losses()
        lines = b"\n".join(encode_bare(bare) for bare in subject.bares)
        cassette = decode_lines(lines, name=subject.name, losses=losses)
        lost, kind = losses.lines(), "request" if subject.alone else "exchanges"
    else:
        what = f"{subject.name} is a state directory, which holds no exchange"
        raise UsageError(what, hint="record one with: nexdiag capture")
    cassette = msgspec.structs.replace(of_turn(cassette, turn), name=subject.name)
    if not cassette.exchanges:
        what = f"{subject.name} holds no exchange{'' if turn is None else f' of turn {turn}'}"
        raise NothingToDo(f"{what}: nothing to compare", hint="see what it holds with: nexdiag cassette show")
    return Loaded(name=subject.name, cassette=shared(without_secrets(cassette), splitter), kind=kind, lost=lost)


def of_turn(cassette: Cassette, turn: int | None) -> Cassette:
    """What belongs to one turn, in all sessions; all of it where none is named."""
    if turn is None:
        return cassette
    return msgspec.structs.replace(
        cassette,
        turns=tuple(one for one in cassette.turns if one.number == turn),
        exchanges=tuple(one for one in cassette.exchanges if one.turn == turn),
        log=tuple(one for one in cassette.log if one.turn == turn),
    )


def without_secrets(cassette: Cassette) -> Cassette:
    """What was handed to us was never redacted, and what was recorded may hold a secret all the same."""
    return Redactor(secrets_of(os.environ)).cassette(cassette)


def shared(cassette: Cassette, splitter: Splitter) -> Cassette:
    """The same, with bodies in parts: so a chat is compared by what is new in each request."""
    exchanges = tuple(_split(one, splitter) for one in cassette.exchanges)
    return msgspec.structs.replace(cassette, exchanges=exchanges)


def _split(exchange: Exchange, splitter: Splitter) -> Exchange:
    raw = exchange.request.body.raw
    if raw is None:
        return exchange
    request = msgspec.structs.replace(exchange.request, body=splitter.split(raw))
    return msgspec.structs.replace(exchange, request=request)


def in_pairs(left: Path, right: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Two files, or the files of two directories by their names below them; and which have no counterpart.

    Raises `UsageError` for a file and a directory, `NothingToDo` where no name is in both.
    """
    if left.is_dir() != right.is_dir():
        folder, file = (left, right) if left.is_dir() else (right, left)
        what = f"{folder} is a directory, and {file} is none"
        raise UsageError(what, hint="name two files, or two directories whose files have the same names")
    if not left.is_dir():
        return [(left, right)], []
    before, after = _below(left), _below(right)
    names = [name for name in before if name in after]
    if not names:
        raise NothingToDo(f"{left} and {right} have no file of the same name", hint="name two files: nexdiag diff A B")
    alone = [f"{before[name]}: only the left has it" for name in before if name not in after]
    alone += [f"{after[name]}: only the right has it" for name in after if name not in before]
    return [(before[name], after[name]) for name in names], alone


def _below(folder: Path) -> dict[str, Path]:
    files = (one for one in sorted(folder.rglob("*")) if one.name.endswith(_ENDS) and one.is_file())
    return {str(one.relative_to(folder)): one for one in files}
