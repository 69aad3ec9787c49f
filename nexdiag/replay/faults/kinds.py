"""What each kind of fault makes of an answer: one row a kind. Pure.

A fault is settled first: what it leaves open is drawn, and where it cannot strike that is told. A settled fault makes
the same of the same answer, always.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType

import msgspec

from nexdiag.codec import fault as texts
from nexdiag.core.exchange import Headers
from nexdiag.core.fault import Fault
from nexdiag.replay.faults import garbling, refusals
from nexdiag.replay.faults.blocks import Answer, Block
from nexdiag.replay.playback import STALLED, Piece, Playback

RESET = "ReadError: [Errno 104] Connection reset by peer"
SLOW = "30"
"""Seconds, where a `slow` names none."""
ERROR = "500"
"""The status that an `error` is of, where it names none."""
_GONE = ("content-", "transfer-encoding", "trailer", "retry-after", "x-should-retry")
"""Beginnings of headers that tell of a body, or of a refusal, that is not sent."""
_OF_A_BODY: Mapping[str, str] = MappingProxyType({"garble": "it garbles", "error": "an error is"})
"""Kinds that strike an event of a stream, or a body as a whole."""


class CannotStrikeError(Exception):
    """Why a fault cannot strike this answer."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    strike: Callable[[Answer, Fault], Playback]
    """What a settled fault makes of the answer."""
    chunks: Callable[[Answer], list[int]] = lambda answer: list(range(len(answer.counted)))
    """Numbers of the chunks at which it can strike."""
    drawn: bool = True
    """Whether a chunk is drawn where none is named; else the whole answer is struck."""
    bodiless: bool = False
    """Whether it needs nothing of an answer."""


def settle(fault: Fault, answer: Answer, *, seed: int = 0) -> Fault:
    """The fault with nothing left open. Raises `CannotStrikeError`, in words."""
    kind = KINDS[fault.kind]
    if not kind.bodiless and answer.playback.status is None:
        raise CannotStrikeError("no answer was recorded there")
    if fault.kind == "no-done" and not answer.ends:
        what = "it has no end that is told" if answer.streamed else "it is no event stream"
        raise CannotStrikeError(f"{what}, so that none can be missing")
    chunk, value = _chunk(kind, fault, answer, seed), fault.value
    if fault.kind == "garble" and not value:
        value = texts.WAYS[draw(len(texts.WAYS), seed, "way", answer.playback.exchange.id, str(chunk))]
    return msgspec.structs.replace(fault, chunk=chunk, value=value)


def strike(fault: Fault, answer: Answer) -> Playback:
    """What is sent instead of the answer, by a settled fault."""
    return KINDS[fault.kind].strike(answer, fault)


def draw(many: int, seed: int, *words: str | int) -> int:
    """One of the numbers below `many`: the same for the same seed and words, on every machine."""
    sign = blake2b(repr((seed, *words)).encode(), digest_size=8).digest()
    return int.from_bytes(sign) % many


def _chunk(kind: Kind, fault: Fault, answer: Answer, seed: int) -> int | None:
    """The number of the chunk at which it strikes; None for a fault of the whole answer."""
    if fault.kind not in texts.AT_A_CHUNK or fault.value == texts.HEAD or (fault.chunk is None and not kind.drawn):
        return None
    if fault.kind in _OF_A_BODY and not answer.streamed:
        if fault.chunk is not None:
            raise CannotStrikeError(
                f"it is no event stream, and {_OF_A_BODY[fault.kind]} its whole body: name no chunk"
            )
        if fault.kind == "garble" and not garbling.can(b"".join(block.content for block in answer.blocks)):
            raise CannotStrikeError("it holds no JSON")
        return None
    allowed = kind.chunks(answer)
    return _drawn(fault, answer, allowed, seed) if fault.chunk is None else _named(fault, answer, allowed)


def _named(fault: Fault, answer: Answer, allowed: list[int]) -> int:
    count, chunk = len(answer.counted), fault.chunk or 0
    what = "chunks" if answer.streamed else "quarters of a body"
    place = chunk + count if chunk < 0 else chunk
    if not 0 <= place < count:
        raise CannotStrikeError(f"it has {count} {what}, and none is number {chunk}")
    if place not in allowed:
        why = "holds no JSON" if fault.kind == "garble" else "is the last: nothing would be missing"
        raise CannotStrikeError(f"number {chunk} of its {count} {what} {why}")
    return place


def _drawn(fault: Fault, answer: Answer, allowed: list[int], seed: int) -> int:
    likely = [chunk for chunk in allowed if chunk not in answer.ends] or allowed
    if not likely:
        what = "holds no JSON" if fault.kind == "garble" else "is too short: it has no two chunks"
        raise CannotStrikeError(f"it {what if answer.counted else 'has no body'}")
    return likely[draw(len(likely), seed, fault.kind, answer.playback.exchange.id)]


def _but_the_last(answer: Answer) -> list[int]:
    return list(range(len(answer.counted) - 1))


def _with_json(answer: Answer) -> list[int]:
    blocks = enumerate(answer.blocks[place] for place in answer.counted)
    return [chunk for chunk, block in blocks if garbling.can(block.content)]


def _upto(answer: Answer, fault: Fault) -> tuple[Block, ...]:
    assert fault.chunk is not None
    return answer.blocks[: answer.counted[fault.chunk] + 1]


def _status(answer: Answer, fault: Fault) -> Playback:
    body = refusals.body(answer.wire, int(fault.value))
    wait = () if fault.retry_after is None else (("retry-after", f"{fault.retry_after:.3f}".rstrip("0").rstrip(".")),)
    headers: Headers = (("content-type", "application/json"), ("content-length", str(len(body))), *wait)
    return _instead(answer, int(fault.value), headers, body)


def _error(answer: Answer, fault: Fault) -> Playback:
    status = int(fault.value or ERROR)
    if not answer.streamed:
        body = refusals.body(answer.wire, status)
        headers: Headers = (("content-type", "application/json"), ("content-length", str(len(body))))
        return _instead(answer, 200, headers, body)
    before = () if fault.chunk is None else _upto(answer, fault)
    first = answer.blocks[answer.counted[0]].after if answer.counted and not before else 0.0
    event = Block(pieces=(Piece(first, refusals.told(answer.wire, status)),))
    return msgspec.structs.replace(answer.made((*before, event)), status=200)


def _content_type(answer: Answer, fault: Fault) -> Playback:
    if not fault.value:
        headers: Headers = (("content-type", "text/html"), ("content-length", str(len(refusals.PAGE))))
        return _instead(answer, 200, headers, refusals.PAGE)
    headers = tuple(pair for pair in answer.playback.headers if pair[0] != "content-type")
    return msgspec.structs.replace(answer.playback, headers=(*headers, ("content-type", fault.value)))


def _cut(answer: Answer, fault: Fault) -> Playback:
    return answer.made(_upto(answer, fault))


def _reset(answer: Answer, fault: Fault) -> Playback:
    if fault.chunk is None:
        return _headless(answer, RESET)
    return answer.made(_upto(answer, fault), failure=RESET)


def _stall(answer: Answer, fault: Fault) -> Playback:
    if fault.value == texts.HEAD:
        return _headless(answer, STALLED)
    return answer.made(_upto(answer, fault), failure=STALLED)


def _slow(answer: Answer, fault: Fault) -> Playback:
    seconds, whole = float(fault.value or SLOW), answer.playback
    if not answer.streamed or not answer.counted:
        return msgspec.structs.replace(whole, held=whole.held + seconds)
    first, *rest = answer.blocks[answer.counted[0]].pieces
    blocks = list(answer.blocks)
    held = Piece(first.after, first.bytes, first.held + seconds)
    blocks[answer.counted[0]] = Block(pieces=(held, *rest))
    return answer.made(blocks, failure=whole.failure, rest=whole.rest)


def _garble(answer: Answer, fault: Fault) -> Playback:
    whole, blocks = answer.playback, list(answer.blocks)
    if fault.chunk is not None:
        place = answer.counted[fault.chunk]
        blocks[place] = blocks[place].holding(garbling.garbled(blocks[place].content, fault.value))
    else:
        after, held = sum(block.after for block in blocks), sum(block.held for block in blocks)
        body = garbling.garbled(b"".join(block.content for block in blocks), fault.value)
        blocks = [Block(pieces=(Piece(after, body, held),))]
    return answer.made(blocks, failure=whole.failure, rest=whole.rest)


def _duplicate(answer: Answer, fault: Fault) -> Playback:
    whole, before = answer.playback, _upto(answer, fault)
    again = Block(pieces=(Piece(0.0, before[-1].content),))
    return answer.made((*before, again, *answer.blocks[len(before) :]), failure=whole.failure, rest=whole.rest)


def _drop(answer: Answer, fault: Fault) -> Playback:
    whole, before = answer.playback, _upto(answer, fault)
    behind = list(answer.blocks[len(before) :])
    if behind:  # what follows comes when it came
        first, *rest = behind[0].pieces
        held = Piece(first.after + before[-1].after, first.bytes, first.held + before[-1].held)
        behind[0] = Block(pieces=(held, *rest), counts=behind[0].counts)
    return answer.made((*before[:-1], *behind), failure=whole.failure, rest=whole.rest)


def _no_done(answer: Answer, fault: Fault) -> Playback:
    del fault  # it leaves nothing open
    whole, ends = answer.playback, {answer.counted[chunk] for chunk in answer.ends}
    blocks = (block for place, block in enumerate(answer.blocks) if place not in ends)
    return answer.made(blocks, failure=whole.failure, rest=whole.rest)


def _instead(answer: Answer, status: int, headers: Headers, body: bytes) -> Playback:
    """Another answer at the same time, with those of the recorded headers that do not tell of its body."""
    whole = answer.playback
    kept = tuple(pair for pair in whole.headers if not pair[0].startswith(_GONE))
    return Playback(
        exchange=whole.exchange,
        status=status,
        headers=(*kept, *headers),
        after=whole.after,
        held=whole.held,
        pieces=(Piece(0.0, body),),
    )


def _headless(answer: Answer, failure: str) -> Playback:
    whole = answer.playback
    return Playback(exchange=whole.exchange, status=None, after=whole.after, held=whole.held, failure=failure)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "status": Kind(strike=_status, bodiless=True),
        "error": Kind(strike=_error, chunks=_but_the_last, drawn=False),
        "content-type": Kind(strike=_content_type),
        "cut": Kind(strike=_cut, chunks=_but_the_last),
        "reset": Kind(strike=_reset, drawn=False, bodiless=True),
        "stall": Kind(strike=_stall, chunks=_but_the_last),
        "slow": Kind(strike=_slow),
        "garble": Kind(strike=_garble, chunks=_with_json),
        "duplicate": Kind(strike=_duplicate),
        "drop": Kind(strike=_drop),
        "no-done": Kind(strike=_no_done),
    }
)
