"""What a recording holds, counted: pure, and linear in its size."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from nexdiag.codec import cassette as codec
from nexdiag.codec.wire import model_of
from nexdiag.core.body import Body, Link
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.core.message import Usage
from nexdiag.report.answers import answer
from nexdiag.report.cassette.measured import Measure
from nexdiag.report.messages import last_message
from nexdiag.runner.cassettes.salvage import kind

_TURNS = ("said", "ended")


def measure(raw: bytes, name: str) -> Measure:
    """Count one file. Raises `CassetteError` for what is no cassette."""
    cassette = codec.decode(raw, name=name)
    exchanges = cassette.exchanges
    responses = [exchange.response for exchange in exchanges if exchange.response is not None]
    statuses = (str(one.response.status) if one.response else "none" for one in exchanges)
    sent, stored = _messages(exchanges)
    sessions = {turn.session for turn in cassette.turns} | {exchange.session for exchange in exchanges}
    return Measure(
        file=name,
        size=len(raw),
        bytes_by_kind=bytes_by_kind(raw),
        sessions=len(sessions - {""}) or int(bool(sessions)),
        turns=len(cassette.turns),
        outcomes=_counted(turn.outcome for turn in cassette.turns),
        exchanges=len(exchanges),
        attempts=sum(exchange.attempt > 1 for exchange in exchanges),
        chunks=sum(len(response.chunks) for response in responses),
        tool_runs=len(cassette.tool_runs),
        log_lines=len(cassette.log),
        messages_sent=sent,
        messages_stored=stored,
        request_bytes=_request_bytes(exchanges),
        response_bytes=sum(len(chunk.bytes) for response in responses for chunk in response.chunks),
        usage=_usage(cassette),
        statuses=_counted(statuses),
        models=_counted(filter(None, (model_of(exchange.request.body) for exchange in exchanges))),
        failures=_counted((one.failure or "").partition(":")[0] for one in exchanges if one.failure),
        duration=sum(exchange.duration for exchange in exchanges),
        slowest=max((exchange.duration for exchange in exchanges), default=0.0),
        first_byte=median(response.first_byte for response in responses) if responses else 0.0,
        tear=cassette.tear,
    )


def bytes_by_kind(raw: bytes) -> dict[str, int]:
    """How many bytes the lines of each kind take, their line ends included; the largest first."""
    first, *lines = raw.split(b"\n")
    counted = Counter({"header": min(len(first) + 1, len(raw))})
    for line in lines[:-1] if lines and not lines[-1] else lines:
        found = kind(line)
        counted["turn" if found in _TURNS else found] += len(line) + 1
    return dict(counted.most_common())


def _messages(exchanges: Iterable[Exchange]) -> tuple[int, int]:
    """How many messages all requests sent, and how many texts of messages are stored for them."""
    sent = 0
    seen: set[bytes] = set()
    texts: set[bytes] = set()
    for exchange in exchanges:
        link = last_message(exchange.request.body)
        sent += link.depth if link else 0
        while link is not None and link.digest not in seen:
            seen.add(link.digest)
            texts.add(link.raw)
            link = link.before
    return sent, len(texts)


def _request_bytes(exchanges: Iterable[Exchange]) -> int:
    """The size of all bodies as they were sent, without putting any of them together."""
    sizes: dict[bytes, int] = {}
    return sum(_body_size(exchange.request.body, sizes) for exchange in exchanges)


def _body_size(body: Body, sizes: dict[bytes, int]) -> int:
    if body.raw is not None:
        return len(body.raw)
    total = 2 + len(body.comma) * max(0, len(body.fields) - 1)
    for field in body.fields:
        total += len(field.key) + len(body.colon)
        if isinstance(field.value, Link):
            total += 2 + _list_size(field.value, sizes) + len(body.item_comma) * (field.value.depth - 1)
        else:
            total += len(field.value)
    return total


def _list_size(last: Link, sizes: dict[bytes, int]) -> int:
    """The bytes of all entries up to this one; each link is walked once."""
    new: list[Link] = []
    link: Link | None = last
    while link is not None and link.digest not in sizes:
        new.append(link)
        link = link.before
    size = sizes[link.digest] if link is not None else 0
    for one in reversed(new):
        size = sizes[one.digest] = size + len(one.raw)
    return size


def _usage(cassette: Cassette) -> Usage:
    """As the answers tell; where none does, as the turns do."""
    answered = sum((answer(exchange).usage for exchange in cassette.exchanges), Usage())
    return answered if answered != Usage() else sum((turn.usage for turn in cassette.turns), Usage())


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
