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
    asked = [view.of_exchange(_unanswered(one)) for one in cassette.exchanges]
    return _table(cassette.name, [seen for seen in asked if seen.asks_chat], servers)


def of_bare(bares: Sequence[BareExchange], servers: Sequence[Profile], *, file: str) -> Portability:
    """The table of requests that do not follow one another: a row for each."""
    plain = [msgspec.structs.replace(one, status=None, response=None, log=None) for one in bares]
    return _table(file, [seen for seen in map(view.of_bare, plain) if seen.asks_chat], servers)


def _unanswered(exchange: Exchange) -> Exchange:
    return msgspec.structs.replace(exchange, response=None, failure=None)


def _table(file: str, asked: Sequence[View], servers: Sequence[Profile]) -> Portability:
    columns = [list(_column(asked, server)) for server in servers]
    rows = tuple(
        PortableRow(
            turn=seen.turn,
            session=seen.session,
            exchange=place if seen.exchange is None else seen.exchange,
            against=tuple(column[place] for column in columns),
        )
        for place, seen in enumerate(asked)
    )
    return Portability(file=file, servers=tuple(server.name for server in servers), rows=rows)


def _column(asked: Iterable[View], server: Profile) -> Iterator[tuple[Finding, ...]]:
    """For each request what stands in the way on this server. A fault of the history stands in all that carry it."""
    judging = Judging(server)
    for seen in asked:
        found = (entry.finding(server) for entry in judging.take(seen))
        weighty = (one for one in found if one is not None and one.weighs and one.rule not in _OF_THE_ADDRESS)
        yield tuple(sorted(weighty, key=_order))


def _order(one: Finding) -> tuple[bool, int, str]:
    return (one.severity is not Severity.ERROR, one.location.message_index or 0, one.code)
