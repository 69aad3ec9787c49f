"""A recording → the same without what was said in it: for those who may not show it. Pure.

Law: numbers of the protocol, times, bytes of each chunk, roles and structure stay, so that rules find what they found;
names and ids have others in their place, the same everywhere; what rules do not find any more is told (bundle.py
compares). Of a refusal the server's own words stay, without what they only say again.
"""

import hashlib
import re

import msgspec

from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import REFUSED, Chunk, Exchange, Headers, Response
from nexdiag.core.scenario import Expectation, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.lint import profiles, rules
from nexdiag.runner.bundling.addressed import headers, method, url, version
from nexdiag.runner.bundling.mask import Masker
from nexdiag.runner.bundling.said import Echo
from nexdiag.runner.bundling.vocabulary import FAILURES

_ASSISTANT = re.compile(rb'"role"\s{0,4}:\s{0,4}"assistant"')
_LOGGED = re.compile(r"(?:expected: |Turn \d{1,5} failed\b)")
"""What is ours at the beginning of a line of the log, and tells how a turn ended."""
_LEVELS = ("INFO", "WARN", "ERROR", "FATAL", "DEBUG")
_SOURCES = ("daemon", "stderr")
_OUTCOMES = ("answered", "failed", "cancelled", "unfinished")
_ENCODINGS = ("", "gzip", "br", "zstd", "deflate", "identity")
_COMMIT = re.compile(r"[0-9a-f]{7,40}\+?")


def contentless(cassette: Cassette, key: bytes) -> Cassette:
    """The recording without its contents; `key` is what its receiver does not have: the recording's own bytes."""
    bare = _Bare(Masker(hashlib.blake2b(key, digest_size=32).digest()))
    return msgspec.structs.replace(
        cassette,
        header=bare.header(cassette.header),
        exchanges=tuple(map(bare.exchange, cassette.exchanges)),
        turns=tuple(map(bare.turn, cassette.turns)),
        tool_runs=tuple(map(bare.tool_run, cassette.tool_runs)),
        log=tuple(map(bare.line, cassette.log)),
    )


class _Bare:
    """One pass over a recording; messages that requests share are masked once, and stay shared."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._links: dict[tuple[str, Link], Link] = {}

    def header(self, header: Header) -> Header:
        known = {profile.name for profile in profiles.ALL}
        libraries = {version(name, of): version("", of) for name, of in header.libraries.items()}
        return msgspec.structs.replace(
            header,
            tool=header.tool if re.fullmatch(r"nexdiag [\d.]{1,20}", header.tool) else "",
            origin=url(header.origin) if header.origin else "",
            model=self._masker.names.model(header.model.encode("utf-8", "replace")).decode("utf-8", "replace"),
            profile=header.profile if header.profile in known else "",
            command="",
            redactions=(),
            commit=header.commit if _COMMIT.fullmatch(header.commit) else "",
            libraries={name: of for name, of in libraries.items() if name and of},
            scenario=header.scenario and self.scenario(header.scenario),
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        asked, response = exchange.request, exchange.response
        request = msgspec.structs.replace(
            asked,
            method=method(asked.method),
            url=url(asked.url),
            headers=self._headers(asked.headers),
            body=self._body(asked.body),
            encoding=asked.encoding if asked.encoding in _ENCODINGS else "",
        )
        kind, colon, rest = (exchange.failure or "").partition(":")
        if kind.rpartition(".")[2] not in FAILURES | {"ClientClosed"}:
            kind = self._masker.text(kind)
        return msgspec.structs.replace(
            exchange,
            session=self._name(exchange.session),
            request=request,
            response=None if response is None else self._response(response, asked.body),
            failure=None if exchange.failure is None else kind + colon + self._masker.text(rest),
        )

    def turn(self, turn: Turn) -> Turn:
        said, reply, error = (
            None if one is None else self._masker.text(one) for one in (turn.said, turn.reply, turn.error)
        )
        return msgspec.structs.replace(
            turn,
            said=said or "",
            reply=reply,
            error=error,
            session=self._name(turn.session),
            outcome=turn.outcome if turn.outcome in _OUTCOMES else "failed",
            exchanges=(),
            tool_runs=(),
            log=(),
        )

    def tool_run(self, run: ToolRun) -> ToolRun:
        return msgspec.structs.replace(
            run,
            call_id=self._name(run.call_id),
            name=self._name(run.name),
            arguments=self._masker.arguments(run.arguments),
            output=self._masker.text(run.output),
            session=self._name(run.session),
        )

    def line(self, line: LogLine) -> LogLine:
        kept = _LOGGED.match(line.text)
        head = kept[0] if kept else ""
        return msgspec.structs.replace(
            line,
            text=head + self._masker.text(line.text[len(head) :]),
            level=line.level if line.level is None or line.level in _LEVELS else "INFO",
            source=line.source if line.source in _SOURCES else self._name(line.source),
            session=self._name(line.session),
        )

    def scenario(self, scenario: Scenario) -> Scenario:
        nothing = Expectation()
        return msgspec.structs.replace(
            scenario,
            name=self._name(scenario.name),
            about="",
            system=None if scenario.system is None else self._masker.text(scenario.system),
            tools=tuple(map(self._name, scenario.tools)),
            faults=(),
            allow=tuple(one for one in scenario.allow if _rule(one)),
            say=tuple(
                msgspec.structs.replace(
                    say,
                    text=self._masker.text(say.text),
                    expect=nothing,
                    cancel_after=None if isinstance(say.cancel_after, str) else say.cancel_after,
                    kill_daemon=bool(say.kill_daemon) if isinstance(say.kill_daemon, str) else say.kill_daemon,
                    allow=tuple(one for one in say.allow if _rule(one)),
                )
                for say in scenario.say
            ),
        )

    def _name(self, text: str) -> str:
        return self._masker.name(text) if text else text

    def _headers(self, named: Headers) -> Headers:
        return headers(named, self._masker.name)

    def _body(self, body: Body) -> Body:
        if body.raw is not None:
            return Body.of(self._masker.json(body.raw))
        return msgspec.structs.replace(body, fields=tuple(map(self._field, body.fields)))

    def _field(self, field: Field) -> Field:
        key = field.key[1:-1]
        under, value = key.decode("latin-1"), field.value
        return Field(
            key=b'"' + self._masker.key(key) + b'"',
            value=self._masker.json(value, under) if isinstance(value, bytes) else self._list(value, under),
        )

    def _list(self, last: Link, under: str) -> Link:
        new: list[Link] = []
        link: Link | None = last
        while link is not None and (under, link) not in self._links:
            new.append(link)
            link = link.before
        for link in reversed(new):
            before = None if link.before is None else self._links[under, link.before]
            said = _ASSISTANT.search(link.raw) is None  # what the model wrote stands in its answer too, and is the same
            raw = self._masker.json(link.raw, under, listed=True, signed=said)
            self._links[under, link] = Link(raw, before)
        return self._links[under, last]

    def _response(self, response: Response, asked: Body) -> Response:
        refused = response.status >= REFUSED
        body = response.body
        telling = refused or b'"error"' in body or b'"detail"' in body
        echo = Echo(asked.join() if telling else b"", self._masker.names)
        masked = self._masker.answer(body, echo, refused=refused)
        chunks, at = [], 0
        for chunk in response.chunks:
            chunks.append(Chunk(at=chunk.at, bytes=masked[at : at + len(chunk.bytes)]))
            at += len(chunk.bytes)
        return Response(
            status=response.status,
            headers=self._headers(response.headers),
            chunks=tuple(chunks),
            first_byte=response.first_byte,
        )


def _rule(word: str) -> bool:
    """Whether it names rules of ours."""
    try:
        return bool(rules.chosen((word,)))
    except UsageError:
        return False
