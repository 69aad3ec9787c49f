"""A recording or a request, judged as several servers would: which turns each of them would refuse, and why.

Law: the recorded answers are set aside. That one server took a request tells nothing of another.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.portability import Portability, PortableRow
from nexdiag.lint.judging import Judging
from nexdiag.lint.seen import view
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.view import View

_OF_THE_ADDRESS = frozenset({"base-url-missing-v1", "base-url-wrong-dialect", "model-not-found", "no-answer"})
"""Rules about where a request went, and not about what it was: to another server it goes elsewhere."""


def of_cassette(cassette: Cassette, servers: Sequence[Profile]) -> Portability:
    """The table of a recording: a row for each exchange that asked a model."""
    asked = [seen for seen in map(view.of_exchange, map(_unanswered, cassette.exchanges)) if seen.asks_chat]
    columns = [list(_column(asked, server)) for server in servers]
    rows = [_row(seen, seen.exchange, [column[at] for column in columns]) for at, seen in enumerate(asked)]
    return Portability(file=cassette.name, servers=tuple(server.name for server in servers), rows=tuple(rows))


def of_bare(bares: Sequence[BareExchange], servers: Sequence[Profile], *, file: str) -> Portability:
    """The table of requests that do not follow one another: a row for each, under its place in the file."""
    plain = [msgspec.structs.replace(one, status=None, response=None, log=None) for one in bares]
    asked = [(place, seen) for place, seen in enumerate(map(view.of_bare, plain)) if seen.asks_chat]
    rows = [_row(seen, place, [next(_column([seen], server)) for server in servers]) for place, seen in asked]
    left = len(bares) - len(asked)
    return Portability(
        file=file,
        servers=tuple(server.name for server in servers),
        rows=tuple(rows),
        unchecked=(f"{left} of {len(bares)} exchanges: they hold no request to a model",) if left else (),
    )


def _unanswered(exchange: Exchange) -> Exchange:
    return msgspec.structs.replace(exchange, response=None, failure=None)


def _row(seen: View, place: int | None, against: Sequence[tuple[Finding, ...]]) -> PortableRow:
    return PortableRow(turn=seen.turn, session=seen.session, exchange=place, against=tuple(against))


def _column(asked: Iterable[View], server: Profile) -> Iterator[tuple[Finding, ...]]:
    """For each request what stands in the way on this server. A fault of the history stands in all that carry it."""
    judging = Judging(server)
    for seen in asked:
        found = (entry.finding(server) for entry in judging.take(seen))
        weighty = (one for one in found if one is not None and one.weighs and one.rule not in _OF_THE_ADDRESS)
        yield tuple(sorted(weighty, key=_order))


def _order(one: Finding) -> tuple[bool, int, str]:
    return (one.severity is not Severity.ERROR, one.location.message_index or 0, one.code)
