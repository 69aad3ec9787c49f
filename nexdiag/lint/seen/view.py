"""One exchange as the rules see it: whole from a recording, or bare, with parts that nobody knows.

Law: looking never raises, and reads no more than it is asked for: the fields of a request are decoded when a rule
wants them, its messages stay links, and its answer is read when a rule first looks at it.
"""

import re
from functools import cached_property
from typing import Any

import msgspec

from nexdiag.codec.encodings import response_text
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Wire
from nexdiag.core.exchange import REFUSED, Exchange, Headers
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.fields import Fields
from nexdiag.lint.seen.spelling import colourless
from nexdiag.lint.seen.words import Said, heard, spoken

_LOGGED_URL = re.compile(r'\b(GET|POST|PUT|DELETE)\s+"?(https?://[^\s"\']+|/[^\s"\']*)')
_BEHIND = ")]}>.,;:`"
"""What a sentence puts behind an address."""
_LOGGED_STATUS = re.compile(
    r"\bHTTP/\d(?:\.\d)?[\"']?\s+\"?(\d{3})\b|\b(?:error code|status(?: code)?)[:= ]+(\d{3})\b"
    r"|\|\s*([1-5]\d{2})\s*\|",  # GIN's, which Ollama writes
    re.IGNORECASE,
)
_LOGGED_ERROR = re.compile(
    r"\b\w{0,60}(?:error|exception|panic|fatal)\b|\b(?:failed|refused|unterminated"
    r"|exceed(?:s|ed)|not valid)\b|\bunexpected (?:token|end)\b",
    re.IGNORECASE,
)
_LOG_READ = 100_000
_HOLLOW_READ = 64
_LOOKED = 50
_BLOCKS = ("tool_use", "tool_result")
"""Blocks of a content that only Anthropic's Messages have."""
_CONVERSE = frozenset({"toolUse", "toolResult"})
"""The same of Bedrock's Converse, by their only field."""
_NAMED_INDEX = re.compile(
    r"\b(?:messages?|input)(?:[.\[ /]{1,2}|\W{0,3}(?:at )?(?:index|position) )(\d{1,6})\b", re.IGNORECASE
)
REFUSED_HERE, BARE, ODD, NO_CHAT = "(refused)", "(bare)", "(odd)", "(no chat)"
"""Facts of an exchange, beside the names of the fields of its request: the server refused it; nobody recorded it; its
answer tells of an error, or holds what no client expects; it has no list of messages.
"""
_ROUTES = tuple(dialect.route for dialect in DIALECTS.values())


class View(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is known of one exchange."""

    method: str | None = None
    url: str | None = None
    status: int | None = None
    fields: Fields
    asked: bool = False
    """Whether anything of the request body is known."""
    hollow: bool = False
    """The request body is an object without a field."""
    answer: AnswerSeen = msgspec.field(default_factory=AnswerSeen)
    """What came back; nothing where it is not known."""
    log: str = ""
    """What a log said of a bare exchange."""
    client: str | None = None
    """The client of a bare exchange, in free text."""
    server: str | None = None
    """Its server, likewise."""
    failure: str | None = None
    """Why a recorded round trip broke off, in the transport's words."""
    chunks: int = 0
    """How many pieces of the answer came."""
    sent: Body | None = None
    """The body of a recorded request."""
    turn: int | None = None
    session: str = ""
    exchange: int | None = None
    started: float | None = None
    """Unix time in seconds at which a recorded request was sent."""
    headers: Headers = ()
    answer_headers: Headers = ()

    @cached_property
    def memo(self) -> dict[object, object]:
        """What rules have found out of this exchange, so that it is found out once."""
        return {}

    def facts(self, wanted: frozenset[str]) -> frozenset[str]:
        """Those of the wanted names that are so: fields of the request, and facts of the exchange."""
        found = {name for name in self.fields if name in wanted}
        told = self.answer.told if self.answer.known else None
        if self.refused:
            found.add(REFUSED_HERE)
        if self.exchange is None:
            found.add(BARE)
        if told is not None and (told.odd or told.error or told.finish == "error"):
            found.add(ODD)
        if not self.chats:
            found.add(NO_CHAT)
        return frozenset(found)

    @cached_property
    def path(self) -> str | None:
        """The path of the URL, without its query; None if no URL is known."""
        if self.url is None:
            return None
        rest = self.url.split("://", 1)[-1] if "://" in self.url else "host" + self.url
        return "/" + rest.partition("/")[2].partition("?")[0].partition("#")[0]

    @property
    def answered(self) -> bytes:
        """The body of the answer, without its content-encoding."""
        return self.answer.text

    @property
    def logged(self) -> bool:
        """The words are a log's, because no answer is known."""
        return bool(self.log) and not self.answer.known

    @cached_property
    def said(self) -> Said:
        """The words of the answer that speak of a failure; of the log, where no answer is known."""
        return (
            spoken(self.log.strip())
            if self.logged
            else heard(self.answer, failed=self.status is not None and self.status >= REFUSED)
        )

    def take_to_mean(self, words: str) -> None:
        """Its words are, from now on, these, which hold what they are taken to mean; what a report shows stays."""
        self.memo.clear()
        self.__dict__["said"] = msgspec.structs.replace(self.said, words=words, verbatim=self.said.shown)

    @cached_property
    def wire(self) -> Wire:
        """The dialect, by the URL; where none is known, by the fields that only one dialect has."""
        found = wire_of(self.url) if self.url is not None else None
        if found is not None:
            return found
        if "input" in self.fields and "messages" not in self.fields:
            return "responses"
        own = "system" in self.fields or "anthropic_version" in self.fields
        return "anthropic" if own or (self.url is None and _of_blocks(self.fields)) else "chat"

    @cached_property
    def context(self) -> tuple[str, str, str]:
        """To whom it was sent: the origin of the URL, the dialect, the model. A verdict holds within it alone."""
        model = self.fields.get("model")
        origin = "/".join((self.url or "").split("/", 3)[:3])
        return origin, self.wire, model if isinstance(model, str) else ""

    @cached_property
    def list_name(self) -> str:
        """The field of the request that holds its messages."""
        return "input" if self.wire == "responses" else "messages"

    @cached_property
    def refused(self) -> bool:
        """The server refused this request, or began to answer and then told of an error."""
        if self.status is None and self.logged:
            return _LOGGED_ERROR.search(self.log) is not None
        if self.status is None:
            return self.said.error or (self.said.plain and bool(self.said.words))
        return self.status >= REFUSED or self.said.error

    @property
    def accepted(self) -> bool:
        """The server is known to have let this request pass."""
        return self.status is not None and not self.refused

    @cached_property
    def chats(self) -> bool:
        """The request has a list of messages to judge."""
        return self.list_name in self.fields

    @cached_property
    def asks_chat(self) -> bool:
        """It has messages, and nothing says that they went elsewhere than to a model."""
        path = self.path
        return self.chats and self.method in (None, "POST") and (path is None or path.rstrip("/").endswith(_ROUTES))


def of_exchange(exchange: Exchange) -> View:
    """A recorded exchange."""
    response, url = exchange.response, exchange.request.url
    return View(
        method=exchange.request.method,
        url=url,
        status=None if response is None else response.status,
        fields=Fields(exchange.request.body),
        asked=bool(exchange.request.body.fields) or bool(exchange.request.body.raw),
        hollow=_hollow(exchange.request.body.raw),
        answer=AnswerSeen() if response is None else AnswerSeen(response_text(response), wire_of(url) or "chat"),
        failure=exchange.failure,
        chunks=0 if response is None else len(response.chunks),
        sent=exchange.request.body,
        headers=exchange.request.headers,
        answer_headers=() if response is None else response.headers,
        turn=exchange.turn,
        session=exchange.session,
        exchange=exchange.id,
        started=exchange.started,
    )


def of_bare(bare: BareExchange) -> View:
    """A bare exchange. What the log tells fills in what is missing."""
    log = colourless((bare.log or "")[:_LOG_READ])
    url = _LOGGED_URL.search(log)
    status = _LOGGED_STATUS.search(log)
    fields = Fields.of(bare.request)
    where = bare.url or (url[2].rstrip(_BEHIND) if url else None)
    wire = View(url=where, fields=fields).wire
    return View(
        method=url[1] if url else None,
        url=where,
        status=int(status[1] or status[2] or status[3]) if bare.status is None and status else bare.status,
        fields=fields,
        asked=bare.request is not None,
        hollow=bare.request == {} or (isinstance(bare.request, str) and _hollow(bare.request.encode())),
        answer=_answer_of(bare.response, wire),
        log=log,
        client=bare.client,
        server=bare.server,
    )


def is_rpc(view: View) -> bool:
    """It is JSON-RPC, whose errors come under any status: by the request, else by the answer."""
    return "jsonrpc" in view.fields or (view.answer.known and b'"jsonrpc"' in view.answer.text)


def named_index(words: str) -> int | None:
    """The index of the message that a server's words name: `messages.8.content.0`, `messages.[4].role`, `input[3]`."""
    found = _NAMED_INDEX.search(words)
    return int(found[1]) if found else None


def _of_blocks(fields: Fields) -> bool:
    """Its tools, or the blocks of its messages, are Anthropic's, and nothing in it is of chat completions."""
    tools, messages = fields.entries("tools"), fields.entries("messages")
    looked = messages if len(messages) <= 2 * _LOOKED else [*messages[:_LOOKED], *messages[-_LOOKED:]]
    entries = [one for one in looked if isinstance(one, dict)]
    if any(one.get("role") == "tool" or "tool_calls" in one for one in entries):
        return False
    if tools and isinstance(tools[0], dict) and "input_schema" in tools[0]:
        return True
    blocks = (block for one in entries if isinstance(one.get("content"), list) for block in one["content"])
    return any(
        isinstance(block, dict) and (block.get("type") in _BLOCKS or not _CONVERSE.isdisjoint(block))
        for block in blocks
    )


def _hollow(raw: bytes | None) -> bool:
    return raw is not None and len(raw) < _HOLLOW_READ and b"".join(raw.split()) == b"{}"


def _answer_of(response: Any, wire: Wire) -> AnswerSeen:  # noqa: ANN401 - JSON is anything
    if isinstance(response, str):
        return AnswerSeen(response.encode("utf-8", "replace"), wire)
    return AnswerSeen(b"", wire, response)
