"""A recording that comes from elsewhere, without its secrets: what the recorder does to what passes, done to a whole.

Law: it may be done again and again. A placeholder stays what it is.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.capture.in_use import carried
from nexdiag.capture.redact import Redactor
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.turn import ToolRun, Turn


class Cleaner:
    """Takes secrets out of recordings, and ties their messages together, so that they are stored once."""

    def __init__(self, secrets: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        """`secrets`: values that must never be written; `patterns`: regular expressions of what else is secret.

        Raises `UsageError` for a pattern that cannot be used.
        """
        self._redactor = Redactor(secrets, patterns=patterns)
        self._splitter = Splitter()

    @property
    def count(self) -> int:
        """How many secrets it has replaced."""
        return self._redactor.count

    def cassette(self, cassette: Cassette) -> Cassette:
        """The recording without its secrets; those that any of its requests carries are replaced everywhere."""
        for exchange in cassette.exchanges:
            for value in carried(exchange.request):
                self._redactor.learn(value)
        return msgspec.structs.replace(
            cassette,
            header=self._redactor.header(cassette.header),
            turns=tuple(map(self._turn, cassette.turns)),
            exchanges=tuple(map(self.exchange, cassette.exchanges)),
            tool_runs=tuple(map(self._run, cassette.tool_runs)),
            log=tuple(map(self._redactor.line, cassette.log)),
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without its secrets."""
        response = exchange.response
        return msgspec.structs.replace(
            exchange,
            request=self.request(exchange.request),
            response=None if response is None else self._redactor.response(response),
            failure=self._perhaps(exchange.failure),
        )

    def request(self, request: Request) -> Request:
        """The request without its secrets: as a recording has it."""
        body = self._splitter.split(request.body.join())
        return self._redactor.request(msgspec.structs.replace(request, body=body))

    def _turn(self, turn: Turn) -> Turn:
        bare = msgspec.structs.replace(turn, exchanges=(), tool_runs=(), log=())
        said, reply, error = self._redactor.text(turn.said), self._perhaps(turn.reply), self._perhaps(turn.error)
        return msgspec.structs.replace(bare, said=said, reply=reply, error=error)

    def _run(self, run: ToolRun) -> ToolRun:
        arguments, output = self._redactor.text(run.arguments), self._redactor.text(run.output)
        return msgspec.structs.replace(run, arguments=arguments, output=output)

    def _perhaps(self, text: str | None) -> str | None:
        return None if text is None else self._redactor.text(text)
