"""A recording → the same without what was said in it: for those who may not show it. Pure.

Law: numbers, times, bytes of each chunk, roles, ids, names of tools and keys stay, so that rules find what they found;
what they do not find any more is told (bundle.py compares). The words of refusals stay: they are the server's.
"""

import hashlib
import re

import msgspec

from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import REFUSED, Chunk, Exchange, Response
from nexdiag.core.scenario import Expectation, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.runner.bundling.mask import Masker

_ASSISTANT = re.compile(rb'"role"\s{0,4}:\s{0,4}"assistant"')
_LOGGED = re.compile(r"(?:expected: |Turn \d+ failed\b)")
"""What is ours at the beginning of a line of the log, and tells how a turn ended."""


def contentless(cassette: Cassette, key: bytes) -> Cassette:
    """The recording without its contents; `key` is what its receiver does not have: the recording's own bytes."""
    bare = _Bare(Masker(hashlib.blake2b(key, digest_size=32).digest()))
    header = cassette.header
    return msgspec.structs.replace(
        cassette,
        header=msgspec.structs.replace(
            header, command="", redactions=(), scenario=header.scenario and bare.scenario(header.scenario)
        ),
        turns=tuple(map(bare.turn, cassette.turns)),
        exchanges=tuple(map(bare.exchange, cassette.exchanges)),
        tool_runs=tuple(map(bare.tool_run, cassette.tool_runs)),
        log=tuple(map(bare.line, cassette.log)),
    )


class _Bare:
    """One pass over a recording; messages that requests share are masked once, and stay shared."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._links: dict[Link, Link] = {}

    def exchange(self, exchange: Exchange) -> Exchange:
        request = msgspec.structs.replace(exchange.request, body=self._body(exchange.request.body))
        response = exchange.response
        return msgspec.structs.replace(
            exchange, request=request, response=None if response is None else self._response(response)
        )

    def turn(self, turn: Turn) -> Turn:
        reply = None if turn.reply is None else self._masker.text(turn.reply)
        return msgspec.structs.replace(
            turn, said=self._masker.text(turn.said), reply=reply, exchanges=(), tool_runs=(), log=()
        )

    def tool_run(self, run: ToolRun) -> ToolRun:
        arguments = self._masker.json(run.arguments.encode("utf-8", "replace"), signed=False).decode("utf-8", "replace")
        return msgspec.structs.replace(run, arguments=arguments, output=self._masker.text(run.output))

    def line(self, line: LogLine) -> LogLine:
        kept = _LOGGED.match(line.text)
        head = kept[0] if kept else ""
        return msgspec.structs.replace(line, text=head + self._masker.text(line.text[len(head) :]))

    def scenario(self, scenario: Scenario) -> Scenario:
        nothing = Expectation()
        return msgspec.structs.replace(
            scenario,
            about="",
            system=None if scenario.system is None else self._masker.text(scenario.system),
            say=tuple(
                msgspec.structs.replace(say, text=self._masker.text(say.text), expect=nothing) for say in scenario.say
            ),
        )

    def _body(self, body: Body) -> Body:
        if body.raw is not None:
            return Body.of(self._masker.json(body.raw))
        return msgspec.structs.replace(body, fields=tuple(map(self._field, body.fields)))

    def _field(self, field: Field) -> Field:
        key = field.key.strip(b'"')
        value = field.value
        return Field(
            key=field.key,
            value=self._masker.json(value, key) if isinstance(value, bytes) else self._list(value),
        )

    def _list(self, last: Link) -> Link:
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._links:
            new.append(link)
            link = link.before
        for link in reversed(new):
            before = None if link.before is None else self._links[link.before]
            said = _ASSISTANT.search(link.raw) is None  # what the model wrote stands in its answer too, and is the same
            self._links[link] = Link(self._masker.json(link.raw, signed=said), before)
        return self._links[last]

    def _response(self, response: Response) -> Response:
        if response.status >= REFUSED:
            return response
        body = response.body
        masked = self._masker.stream(body) if response.streamed else self._masker.json(body, signed=False)
        chunks, at = [], 0
        for chunk in response.chunks:
            chunks.append(Chunk(at=chunk.at, bytes=masked[at : at + len(chunk.bytes)]))
            at += len(chunk.bytes)
        return Response(
            status=response.status, headers=response.headers, chunks=tuple(chunks), first_byte=response.first_byte
        )
