"""A recording's file → text. What cannot be read is shown as far as it goes, with the reason."""

from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, NexdiagError, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.report.cassette.text import View, text
from nexdiag.report.visible import one_line, visible
from nexdiag.runner.cassettes import files
from nexdiag.runner.cassettes.prune import numbers
from nexdiag.runner.cassettes.salvage import salvage

_FOR_GIT = View(times=False, ids=False)


def opened(path: Path) -> tuple[Cassette, list[str]]:
    """The recording, and what of its file could not be read.

    Raises `CassetteError` for a file that cannot be read, or holds nothing of a cassette.
    """
    return _opened(files.read(path), str(path))


def shown(cassette: Cassette, view: View, faults: list[str]) -> str:
    """The text of a recording. Raises `UsageError` for a turn that is not there."""
    if view.turn is not None:
        numbers(str(view.turn), (turn.number for turn in cassette.turns), "turn")
    return text(cassette, view, faults)


def chosen(cassette: Cassette, number: int) -> Exchange:
    """The exchange of that number. Raises `UsageError` if there is none."""
    numbers(str(number), (exchange.id for exchange in cassette.exchanges), "exchange")
    return next(exchange for exchange in cassette.exchanges if exchange.id == number)


def raw_side(exchange: Exchange, side: str) -> bytes:
    """The very bytes of a body: of the `request`, or of the `response`."""
    if side == "request":
        return exchange.request.body.join()
    return exchange.response.body if exchange.response is not None else b""


def textconv(path: Path) -> bytes:
    """What git compares: no times, no ids. Whatever the file is, this gives a text; no change to it goes unseen."""
    raw = b""
    try:
        raw = files.read(path)
        cassette, faults = _opened(raw, "")
        return text(cassette, _FOR_GIT, faults).encode("utf-8", "backslashreplace")
    except NexdiagError as error:
        why = error.what.replace(str(path), "the file")  # git gives a name of its own making
    except Exception as error:  # noqa: BLE001 - git stops the whole diff where its textconv fails
        why = f"cannot be shown: {error!r}"
    return f"! {one_line(why, 1000)}\n{visible(raw.decode('utf-8', 'backslashreplace'))}".encode()


def _opened(raw: bytes, name: str) -> tuple[Cassette, list[str]]:
    try:
        return codec.decode(raw, name=name), []
    except CassetteError as error:
        kept = salvage(raw, name=name)
        faults = [f"line {one.line} is left out: {one.why}" for one in kept.left_out]
        faults += [f"line {one.line}: {one.why}" for one in kept.bared]
        return kept.cassette, faults or [error.what]


def one_of(exchange: int | None, curl: int | None, turn: int | None) -> None:
    """Raises `UsageError` if more than one thing is asked for."""
    asked = [
        name for name, value in (("--exchange", exchange), ("--curl", curl), ("--turn", turn)) if value is not None
    ]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} do not go together", hint="name one of them")
