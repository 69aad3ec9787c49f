"""Every kind of fault at each place of a recording where it makes sense. Pure.

An answer that was refused or broke off when it was recorded is left alone. In a stream, kinds that strike at a chunk
strike at the first, the middle and the last at which they can.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nexdiag.codec import fault as texts
from nexdiag.core.exchange import REFUSED, Exchange
from nexdiag.core.fault import Fault
from nexdiag.replay.faults.blocks import Answer, read
from nexdiag.replay.faults.kinds import KINDS, CannotStrikeError, draw, settle
from nexdiag.replay.faults.laying import places
from nexdiag.replay.playback import Playback, playback

_STATUSES = (("429", 1.0), ("500", None), ("503", None), ("529", None))
_SUCCESS = 200


def every(exchanges: Iterable[Exchange], *, seed: int = 0) -> Iterator[Fault]:
    """Each fault to try, in the order of the recording; none twice. What is drawn is drawn by `seed`."""
    seen: set[tuple[int, int]] = set()
    for place in places(exchanges):
        whole = playback(place.exchange)
        if (place.turn, place.number) in seen or not _well(whole):
            continue
        seen.add((place.turn, place.number))
        answer = read(whole)
        for fault in _every(answer, seed):
            here = msgspec.structs.replace(fault, turn=place.turn, exchange=place.number)
            try:
                settle(here, answer, seed=seed)
            except CannotStrikeError:
                continue
            yield here


def _well(whole: Playback) -> bool:
    return whole.status is not None and _SUCCESS <= whole.status < REFUSED and whole.failure is None


def _every(answer: Answer, seed: int) -> Iterator[Fault]:
    for status, wait in _STATUSES:
        yield Fault(kind="status", value=status, retry_after=wait)
    yield Fault(kind="error")
    yield Fault(kind="content-type")
    yield Fault(kind="content-type", value="application/json" if answer.streamed else "text/event-stream")
    yield Fault(kind="reset")
    yield Fault(kind="stall", value=texts.HEAD)
    yield Fault(kind="slow")
    yield Fault(kind="no-done")
    if not answer.streamed:
        yield from (Fault(kind="garble", value=way) for way in texts.WAYS)
    for kind in ("error", "cut", "reset", "stall", "garble", "duplicate", "drop"):
        if kind in ("error", "garble") and not answer.streamed:
            continue
        for order, chunk in enumerate(_first_middle_last(KINDS[kind].chunks(answer))):
            way = (order + draw(len(texts.WAYS), seed, "ways", answer.playback.exchange.id)) % len(texts.WAYS)
            yield Fault(kind=kind, chunk=chunk, value=texts.WAYS[way] if kind == "garble" else "")


def _first_middle_last(chunks: Sequence[int]) -> Sequence[int]:
    return sorted({chunks[0], chunks[len(chunks) // 2], chunks[-1]}) if chunks else ()
