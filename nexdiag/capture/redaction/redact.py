"""Redaction: words in, words without secrets out. Pure. Runs before anything is written.

Four nets: headers by allowlist; the values of keys that are in use, those that a request carries included
(`keys`); the shapes of well-known tokens and what is named for a secret (`codec.shapes`, `codec.named`); the
user's own patterns (`patterns`). In streams also what is said piece by piece (`streamed`), in log lines
also what goes over a line's end, and in compressed bodies what they hold (`codec.encodings`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

import msgspec

from nexdiag.capture.redaction import logprobs, streamed
from nexdiag.capture.redaction.keys import carried, in_parameters, worth
from nexdiag.capture.redaction.patterns import compiled
from nexdiag.capture.redaction.private_keys import KeyLines
from nexdiag.capture.redaction.secrets import Secrets, mark
from nexdiag.capture.redaction.splice import splice
from nexdiag.codec.encodings import Decoding, encoding_of, plain_request
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response
from nexdiag.core.scenario import Expectation, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn

KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "access-control-allow-origin", "allow", "anthropic-version", "cache-control",
        "connection", "content-encoding", "content-length", "content-type", "date", "host", "keep-alive", "location",
        "openai-processing-ms", "openai-version", "request-id", "retry-after", "server", "transfer-encoding",
        "user-agent", "vary", "x-accel-buffering", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
        "x-nexdiag-attempt", "x-nexdiag-session", "x-nexdiag-turn", "x-ratelimit-reset-requests", "x-request-id",
        "x-should-retry", "x-stainless-arch", "x-stainless-async", "x-stainless-helper-method", "x-stainless-lang",
        "x-stainless-os", "x-stainless-package-version", "x-stainless-raw-response", "x-stainless-read-timeout",
        "x-stainless-retry-count", "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-timeout",
    }
)  # fmt: skip
"""All other headers are written as a placeholder: a header that nobody knows may be a credential."""

_USER = re.compile(r"(?<=://)[^/\s?#]+@")
_MARKED = re.compile(r"(?:[A-Za-z]{1,20} )?\[redacted [0-9a-f]{8}\]")
_OPTION = re.compile(
    r"(?i)(?<!\S)(--?[\w-]*(?:key|token|secret|password|passwd|credentials?)(?:=|\s+))(?![-\[])(['\"]?)([^\s'\"]+)\2"
)
"""An option of a command line that is named for a secret. There is no other use of such a name there."""
_FIELD = re.compile(rb"(?<![^&])([^=&\s]{1,200})=([^&\s\[]+)")
_TELLING = re.compile(r"(?i)[\w.\[-]*(?:key|token|secret|password|passwd|assertion|code_verifier)\]?")
"""A field of a form that is named for a secret, once its escapes are read."""
_FORMS = "application/x-www-form-urlencoded"
MOST_HELD = 2**26
"""Bytes of what was recorded that are remembered, to know them again: a proxy may run for months."""
_MOST_LEARNT = 32
"""Secrets learnt from requests. With each new one the past is looked through again: a token that changes with every
request must not make that a habit."""
_MOST_WORDS = 1000
_LONGEST_WORD = 400
"""Methods, URLs and header values that are remembered, and characters of each: clients send the same ones each time."""
_MAGIC = ((b"\x1f\x8b\x08", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
"""How a body begins that is in such an encoding, though no header says so."""
_HEAD = 4
_json = msgspec.json.Decoder(msgspec.Raw)


class Redactor:
    """Replaces secrets. Holds the values of the keys in use."""

    def __init__(self, secrets: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        """`secrets`: values that must never be written, such as the endpoint's key.

        `patterns`: regular expressions of what else is secret. Raises `UsageError` for one that cannot be used.
        """
        self.patterns = tuple(patterns)
        self._secrets = Secrets(secrets, compiled(self.patterns))
        self._learnt = 0
        self._generation = 0
        self._held = 0
        """With which secrets, and for how many bytes, it remembers what it has looked through."""
        self._key_lines = KeyLines()
        self._links: dict[Link, Link | None] = {}
        self._made: dict[tuple[Link | None, bytes], Link] = {}
        self._parts: dict[bytes, bytes | None] = {}
        self._words: dict[tuple[int, str, str], str] = {}
        """By how many secrets were known, and what the word is: with one more secret, none of them counts."""

    def learn(self, value: str) -> bool:
        """A secret that was seen in use: from now on it is replaced everywhere. Whether it was new.

        Not learnt are dummies, plain words, and more than some dozens.
        """
        if self._learnt >= _MOST_LEARNT or not worth(value) or not self._secrets.learn(value):
            return False
        self._learnt += 1
        return True

    def apart(self) -> "Redactor":
        """One that knows the same secrets, now and later, and has a memory of its own: for another thread."""
        other = Redactor(patterns=self.patterns)
        other._secrets = self._secrets
        return other

    def text(self, text: str) -> str:
        """The text without its secrets; what is no character (a lone surrogate) becomes `?`."""
        return self.wire(text.encode(errors="replace")).decode(errors="replace") if text else text

    def wire(self, raw: bytes) -> bytes:
        """The bytes without their secrets."""
        found = self._secrets.find(raw)
        return splice([raw], found)[0] if found else raw

    def line(self, line: LogLine) -> LogLine:
        """The line of a log without its secrets, also where one goes on from the line before it."""
        text = self._key_lines.clean(line.source, line.text, self.text(line.text), _mark)
        level, source = self._perhaps(line.level), self.text(line.source)
        return msgspec.structs.replace(line, text=text, level=level, source=source, session=self.text(line.session))

    def url(self, url: str) -> str:
        """The URL without credentials, and without the values of parameters that are named for a secret."""
        return self._again("url", url, self._url)

    def command(self, command: str) -> str:
        """A command line without its secrets."""
        named = _OPTION.sub(lambda found: found[1] + found[2] + _mark(found[3]) + found[2], command)
        return self.text(_USER.sub("", named))

    def headers(self, headers: Headers) -> Headers:
        """Names are all kept; values only of the headers that are known to be harmless, and empty ones."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def body(self, body: Body) -> Body:
        """The body without its secrets, part by part: what was looked through before is not looked through again."""
        self._forget()
        if body.raw is not None:
            return Body.of(self.wire(body.raw))
        fields = []
        for field in body.fields:
            key = self._part(field.key)
            value = self._value(field.key, field.value) if isinstance(field.value, bytes) else self._list(field.value)
            if key is None or value is None:  # it is no JSON any more: the secret was not in a string
                return Body.of(self.wire(body.join()))
            fields.append(Field(key=key, value=value))
        return msgspec.structs.replace(body, fields=tuple(fields))

    def hear(self, request: Request) -> None:
        """A request begins: what it carries as a secret is from now on replaced everywhere."""
        for value in carried(request):
            self.learn(value)

    def request(self, request: Request) -> Request:
        """The request without its secrets. What it carries as such is from then on replaced everywhere."""
        self.hear(request)
        url, headers, encoding = self.url(request.url), self.headers(request.headers), request.encoding
        body, raw = self.body(request.body), request.body.raw
        if raw:
            if request.header("content-type").startswith(_FORMS):
                body = Body.of(_FIELD.sub(_in_form, body.join()))
            told = (("content-encoding", _encoding(request.headers, raw)),)
            plain = plain_request(msgspec.structs.replace(request, headers=told), as_far=True)
            text = plain.body.join()
            if plain.encoding != encoding and (clean := self.wire(text)) != text:
                body, encoding = Body.of(clean), plain.encoding
        method = self._again("text", request.method, self.text)
        return msgspec.structs.replace(request, method=method, url=url, headers=headers, body=body, encoding=encoding)

    def response(self, response: Response) -> Response:
        """The response without its secrets. A compressed body that holds one is kept plain, and its headers say so."""
        headers, chunks = response.headers, response.chunks
        text = _decoded(chunks, _encoding(headers, b"".join(chunk.bytes for chunk in chunks[:_HEAD])))
        clean = chunks if text is None else self.chunks(text)
        if clean is not text and text is not None:
            headers = tuple((name, value) for name, value in headers if name != "content-encoding")
        else:
            clean = self.chunks(chunks)
        if clean is not chunks:
            size = str(sum(len(chunk.bytes) for chunk in clean))
            headers = tuple((name, size if name == "content-length" else value) for name, value in headers)
        return Response(
            status=response.status, headers=self.headers(headers), chunks=clean, first_byte=response.first_byte
        )

    def chunks(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """The chunks without their secrets, also where one is cut by a chunk's end: it stands where it began.

        The very sequence that was given, if there is none.
        """
        came = [chunk.bytes for chunk in chunks]
        tokens, spelled = logprobs.clean(came, self._secrets)
        pieces, said = streamed.clean(tokens, self._secrets)  # first: else a beginning would go, and leave its rest
        found = self._secrets.find(b"".join(pieces))
        if not (found or said or spelled):
            return chunks
        pieces = splice(pieces, found)
        return tuple(Chunk(at=chunk.at, bytes=piece) for chunk, piece in zip(chunks, pieces, strict=True))

    def header(self, header: Header) -> Header:
        """The head of a recording without secrets, and with the patterns of what else was taken for one."""
        scenario = header.scenario and self.scenario(header.scenario)
        return msgspec.structs.replace(
            header,
            origin=self.url(header.origin),
            model=self.text(header.model),
            scenario=scenario,
            command=self.command(header.command),
            redactions=tuple(map(self.text, dict.fromkeys((*header.redactions, *self.patterns)))),
        )

    def scenario(self, scenario: Scenario) -> Scenario:
        """What is to be said, and what is expected of the answers, without secrets."""
        return msgspec.structs.replace(
            scenario,
            name=self.text(scenario.name),
            about=self.text(scenario.about),
            system=self._perhaps(scenario.system),
            say=tuple(
                msgspec.structs.replace(say, text=self.text(say.text), expect=self._expected(say.expect))
                for say in scenario.say
            ),
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """The round trip without its secrets."""
        response = exchange.response
        return msgspec.structs.replace(
            exchange,
            session=self.text(exchange.session),
            request=self.request(exchange.request),
            response=None if response is None else self.response(response),
            failure=self._perhaps(exchange.failure),
        )

    def turn(self, turn: Turn) -> Turn:
        """The turn without its secrets, and without its parts: a recording holds them beside it."""
        bare = msgspec.structs.replace(turn, exchanges=(), tool_runs=(), log=())
        said, reply, error = self.text(turn.said), self._perhaps(turn.reply), self._perhaps(turn.error)
        return msgspec.structs.replace(bare, session=self.text(turn.session), said=said, reply=reply, error=error)

    def tool_run(self, run: ToolRun) -> ToolRun:
        """The run of a tool without its secrets."""
        texts = {name: self.text(getattr(run, name)) for name in ("call_id", "name", "arguments", "output", "session")}
        return msgspec.structs.replace(run, **texts)

    def cassette(self, cassette: Cassette) -> Cassette:
        """The recording without its secrets; those that any of its requests carries are replaced everywhere."""
        for exchange in cassette.exchanges:
            self.hear(exchange.request)
        return msgspec.structs.replace(
            cassette,
            header=self.header(cassette.header),
            turns=tuple(map(self.turn, cassette.turns)),
            exchanges=tuple(map(self.exchange, cassette.exchanges)),
            tool_runs=tuple(map(self.tool_run, cassette.tool_runs)),
            log=tuple(map(self.line, cassette.log)),
        )

    def _url(self, url: str) -> str:
        """A value ends at a blank, which is none of a URL: what stands before and behind it is looked at first.

        What is a secret only where its escapes are read is read so.
        """
        whole = self.text(url) if " " in url else url
        clean = self.text(_USER.sub("", in_parameters(whole, _mark)))
        if "%" not in clean:
            return clean
        plain = unquote(clean)
        again = self.text(plain)
        return again if again != plain else clean

    def _expected(self, expect: Expectation) -> Expectation:
        contains, matches = (tuple(map(self.text, texts)) for texts in (expect.contains, expect.matches))
        return msgspec.structs.replace(expect, contains=contains, matches=matches, finish=self._perhaps(expect.finish))

    def _perhaps(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _header(self, name: str, value: str) -> str:
        if name not in KEPT_HEADERS:
            return _mark(value) if value and not _MARKED.fullmatch(value) else value
        return self.url(value) if "://" in value or name == "location" else self._again("text", value, self.text)

    def _again(self, kind: str, text: str, clean: Callable[[str], str]) -> str:
        """The text as `clean` gives it. The number of secrets is read first: another thread may learn one meanwhile."""
        key = (self._secrets.generation, kind, text)
        found = self._words.get(key)
        if found is None:
            found = clean(text)
            if len(text) <= _LONGEST_WORD:
                if len(self._words) >= _MOST_WORDS:
                    self._words.clear()
                self._words[key] = found
        return found

    def _value(self, key: bytes, value: bytes) -> bytes | None:
        """The value of a field: together with its name, which may say that it is a secret."""
        if not value.startswith(b'"'):
            return self._part(value)
        both = self._parts.get(key + value)
        if both is None:
            clean = self.wire(key + b":" + value)
            start = len(key) + 1
            if not clean.startswith(key + b":"):
                return self._part(value)
            both = self._parts[key + value] = clean[start:] if _is_json(clean[start:]) else None
        return both

    def _forget(self) -> None:
        """Start afresh where a secret was learnt since, or where too much is remembered."""
        full = self._held > MOST_HELD
        if full:
            self._made.clear()
            self._held = 0
        if full or self._generation != self._secrets.generation:
            self._generation = self._secrets.generation
            self._links.clear()
            self._parts.clear()

    def _part(self, text: bytes) -> bytes | None:
        """The JSON text without its secrets; None if it is no JSON without them."""
        if text not in self._parts:
            self._held += len(text)
            clean = self.wire(text)
            self._parts[text] = clean if clean == text or _is_json(clean) else None
        return self._parts[text]

    def _list(self, last: Link) -> Link | None:
        """The list without its secrets, by its last link; the same link if it has none."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._links:
            new.append(link)
            link = link.before
        for link in reversed(new):
            before = self._links[link.before] if link.before is not None else None
            text = self._part(link.raw)
            if text is None or (link.before is not None and before is None):
                self._links[link] = None
            elif text == link.raw and before is link.before:
                self._links[link] = link
            else:
                self._links[link] = self._made.setdefault((before, text), Link(text, before))
        return self._links[last]


def _in_form(field: re.Match[bytes]) -> bytes:
    told = _TELLING.fullmatch(unquote(field[1].decode("latin-1")))
    return field[1] + b"=" + mark(field[2]).encode() if told else field[0]


def _mark(secret: str) -> str:
    return mark(secret.encode(errors="surrogatepass"))


def _is_json(text: bytes) -> bool:
    try:
        _json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _encoding(headers: Headers, beginning: bytes) -> str:
    """The encodings that headers tell, without what is none (`utf-8, gzip`); else the one that a body shows itself."""
    names = [name.strip() for name in encoding_of(headers).split(",")]
    told = ", ".join(name for name in names if Decoding(name).known and name not in ("", "identity", "none"))
    return told or next((name for magic, name in _MAGIC if beginning.startswith(magic)), "")


def _decoded(chunks: Sequence[Chunk], encoding: str) -> tuple[Chunk, ...] | None:
    """The chunks without their content-encoding, as far as it can be undone; None if there is nothing to undo."""
    decoding = Decoding(encoding)
    if not encoding or not decoding.known:
        return None
    text = tuple(Chunk(at=chunk.at, bytes=decoding.feed(chunk.bytes)) for chunk in chunks)
    return text if decoding.size else None
