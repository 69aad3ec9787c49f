"""The recorded requests again, as they were: what a recording of another client can be asked without that client.

It proves that each request gets its own recorded answer: status, end-to-end headers, bytes, the boundaries of its
chunks, and the way in which it broke off. It does not run the client, and says nothing of what that would send today.
What was one after the other when it was recorded is so again; what was side by side is side by side.

Law: nothing of a recording is run, and no request leaves the machine.
"""

import asyncio
import heapq
import shlex
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.canonical import meaning
from nexdiag.replay.playback import Playback, playback
from nexdiag.replay.serving.server import ReplayServer
from nexdiag.report.visible import words_only
from nexdiag.runner.judge import judge
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.carriers import Carrier, Got, OverHTTP, Within, end_to_end, speaks_http
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.verdict.divergence import explain

_TOGETHER = 64
"""Requests that are under way at once, at most."""
_STRICT = How()
_Ask = Callable[[Exchange], Awaitable[Got]]
Key = tuple[str, int | None]


def resend(
    cassette: Cassette,
    how: How = _STRICT,
    *,
    splitter: Splitter | None = None,
    ticks: Callable[[], float] = time.perf_counter,
) -> Run:
    """Send the recorded requests again, and compare each answer with the recorded one.

    Raises `NothingToDo` if it holds no exchange, and where faults are wanted: to these only a client can answer.
    """
    began = ticks()
    name = cassette.name or "the cassette"
    if not cassette.exchanges:
        raise NothingToDo(f"{name} holds no exchange to replay", hint="see what it holds with: nexdiag report")
    if how.faults:
        what = f"{name} was recorded from another client, and a fault can be survived by a client only"
        raise NothingToDo(what, hint=f"run it against the recording: {command_line(cassette)}")
    exchanges = _cleaned(cassette.exchanges)
    bare = msgspec.structs.replace(cassette.header, redactions=())
    answers = answers_of(bare, exchanges, how, splitter=splitter, environ={})
    came = asyncio.run(_all(exchanges, answers, how))
    turns = tuple(_verdicts(cassette, came, whole=how.split == "recorded"))
    return msgspec.structs.replace(
        judge(cassette),
        differences=tuple(one for turn in turns for one in turn.differences),
        replayed=turns,
        how="resent",
        pairing=answers.pairing(),
        seconds=ticks() - began,
    )


def _cleaned(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """As they will be compared: what looks like a secret is replaced in what is asked, so it must be here.

    No pattern of the user and no key of this machine is applied: what they mean was replaced when it was recorded.
    """
    clean = redactor_for((), ()).request
    return tuple(msgspec.structs.replace(one, request=clean(one.request)) for one in exchanges)


def command_line(cassette: Cassette) -> str:
    """How to run the client itself against the recording. It is told, and never run: a recording may say anything."""
    file = shlex.quote(cassette.name) if cassette.name else "FILE"
    return f"nexdiag replay {file} -- {words_only(cassette.header.command) or 'COMMAND'}"


async def _all(exchanges: Sequence[Exchange], answers: Answers, how: How) -> dict[int, Got]:
    """What came back for each exchange, by its id."""
    server = ReplayServer(answers, speed=how.speed, told=explain)
    carriers: tuple[Carrier, Carrier] = OverHTTP(await server.start()), Within(answers, how.speed)
    try:
        return await in_order(exchanges, lambda exchange: _one(exchange, *carriers))
    finally:
        await server.close()


async def _one(exchange: Exchange, over_http: Carrier, within: Carrier) -> Got:
    carrier = over_http if speaks_http(exchange.request, playback(exchange)) else within
    return await carrier.ask(exchange.request)


async def in_order(exchanges: Iterable[Exchange], ask: _Ask) -> dict[int, Got]:
    """Ask for each once those that had ended before it have ended again.

    Equal requests are never under way together: who of them came first would be chance.
    """
    came: dict[int, Got] = {}
    running: list[tuple[float, int, Exchange, asyncio.Task[Got]]] = []

    async def settle() -> None:
        _, _, exchange, task = heapq.heappop(running)
        came[exchange.id] = await task

    for exchange in sorted(exchanges, key=lambda one: one.id):
        alike = [one for _, _, one, _ in running if _alike(one.request, exchange.request)]
        while running and (running[0][0] <= exchange.started or len(running) >= _TOGETHER or alike):
            await settle()
            alike = [one for one in alike if one.id not in came]
        task = asyncio.ensure_future(ask(exchange))
        heapq.heappush(running, (exchange.started + exchange.duration, exchange.id, exchange, task))
        await asyncio.sleep(0)
    while running:
        await settle()
    return came


def _alike(one: Request, other: Request) -> bool:
    """Whether two requests may mean the same: they are then asked one after the other."""
    if (one.method, one.path) != (other.method, other.path):
        return False
    return meaning(one.body.join()) == meaning(other.body.join())


def _verdicts(cassette: Cassette, came: Mapping[int, Got], *, whole: bool) -> Iterator[TurnVerdict]:
    """One for each turn, in order; then one with the number 0 for what belongs to none."""
    own: dict[Key, list[Exchange]] = {(turn.session, turn.number): [] for turn in cassette.turns}
    rest: list[Exchange] = []
    for exchange in cassette.exchanges:
        own.get((exchange.session, exchange.turn), rest).append(exchange)
    for turn in cassette.turns:
        mine = own.pop((turn.session, turn.number), [])
        verdict = TurnVerdict(number=turn.number, session=turn.session, said=turn.said, outcome="exact")
        yield _judged(verdict, mine, came, whole=whole)
    if rest:
        yield _judged(TurnVerdict(number=0, said="", outcome="exact"), rest, came, whole=whole)


def _judged(
    verdict: TurnVerdict, exchanges: Sequence[Exchange], came: Mapping[int, Got], *, whole: bool
) -> TurnVerdict:
    """The verdict of a turn by what came back for its exchanges."""
    found = [one for exchange in exchanges for one in _differences(playback(exchange), came[exchange.id], whole=whole)]
    note = "" if exchanges else "no exchange of it was recorded"
    outcome = "changed" if found else "unchecked" if note else "exact"
    if verdict.number == 0 and not note:
        note = "what belongs to no turn"
    placed = (msgspec.structs.replace(one, turn=verdict.number or None, session=verdict.session) for one in found)
    return msgspec.structs.replace(verdict, outcome=outcome, differences=tuple(placed), note=note)


def _differences(expected: Playback, got: Got, *, whole: bool) -> Iterator[Difference]:
    """What of an answer is not as it was recorded; `whole` if its boundaries are to be those of the recording."""
    if got.status != expected.status:
        yield Difference(pointer="(status)", left=expected.status, right=got.status)
        return
    if expected.status is not None:
        left, right = _fields(expected, got)
        if left != right:
            yield Difference(pointer="(headers)", left=left, right=right)
    pieces = [piece.bytes for piece in expected.pieces if piece.bytes]
    sent = [piece for piece in got.pieces if piece]
    if b"".join(pieces) != b"".join(sent):
        yield Difference(pointer="(body)", left=_text(pieces), right=_text(sent))
    elif whole and got.framed and pieces != sent:
        yield Difference(pointer="(chunks)", left=[len(one) for one in pieces], right=[len(one) for one in sent])
    if (expected.failure is None) != (got.broken is None):
        yield Difference(pointer="(failure)", left=expected.failure, right=got.broken)


def _fields(expected: Playback, got: Got) -> tuple[list[list[str]], list[list[str]]]:
    left, right = (sorted(map(list, end_to_end(one))) for one in (expected.headers, got.headers))
    return left, right


def _text(pieces: Sequence[bytes]) -> str:
    return b"".join(pieces).decode(errors="replace")
