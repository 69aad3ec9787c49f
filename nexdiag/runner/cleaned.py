"""A recording that comes from elsewhere, as our recorder keeps one: without secrets, its messages tied together.

Law: it may be done again and again. A placeholder stays what it is.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange, Request


class Cleaner:
    """A redactor, and what ties messages together, so that they are stored once."""

    def __init__(self, secrets: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        """`secrets`: values that must never be written; `patterns`: regular expressions of what else is secret.

        Raises `UsageError` for a pattern that cannot be used.
        """
        self._redactor = Redactor(secrets, patterns=patterns)
        self._splitter = Splitter()

    def cassette(self, cassette: Cassette) -> Cassette:
        """The recording without its secrets; those that any of its requests carries are replaced everywhere."""
        tied = tuple(map(self._tied, cassette.exchanges))
        return self._redactor.cassette(msgspec.structs.replace(cassette, exchanges=tied))

    def request(self, request: Request) -> Request:
        """The request without its secrets: as a recording has it."""
        return self._redactor.request(self._split(request))

    def _tied(self, exchange: Exchange) -> Exchange:
        return msgspec.structs.replace(exchange, request=self._split(exchange.request))

    def _split(self, request: Request) -> Request:
        return msgspec.structs.replace(request, body=self._splitter.split(request.body.join()))
