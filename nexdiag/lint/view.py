"""One exchange as the rules see it: whole from a recording, or bare, with parts that nobody knows.

Law: looking never raises, and reads no more than it is asked for: the fields of a request are decoded when a rule
wants them, its messages stay links.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.encodings import response_text
from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import REFUSED, Exchange, Headers
from nexdiag.lint.bare import BareExchange
from nexdiag.lint.words import Said, heard

_LOGGED_URL = re.compile(r'\b(GET|POST|PUT|DELETE)\s+"?(https?://[^\s"\']+|/[^\s"\']*)')
_LOGGED_STATUS = re.compile(
    r"\bHTTP/\d(?:\.\d)?[\"']?\s+\"?(\d{3})\b|\b(?:error code|status(?: code)?)[:= ]+(\d{3})\b", re.IGNORECASE
)
_LOG_READ = 100_000
_CHAT = "/chat/completions"
_NAMED_INDEX = re.compile(r"\bmessages?[.\[]{1,2}(\d{1,6})\b")


class Fields:
    """The top level of a request body: a value is decoded when it is asked for, once."""

    def __init__(self, body: Body | None) -> None:
        """Look at a body; None if there is none."""
        self._texts: dict[str, bytes | Link] = {}
        self._values: dict[str, Any] = {}
        if body is None:
            return
        if body.raw is None:
            self._texts = {key: field.value for field in body.fields if isinstance(key := _json(field.key), str)}
        else:
            value = _json(body.raw)
            self._values = value if isinstance(value, dict) else {}

    @classmethod
    def of(cls, value: object) -> "Fields":
        """The fields of a JSON value, or of the text of one."""
        if isinstance(value, str | bytes):
            value = _json(value)
        fields = cls(None)
        fields._values = value if isinstance(value, dict) else {}
        return fields

    def __contains__(self, key: str) -> bool:
        """Whether the body has such a field, null or not."""
        return key in self._values or key in self._texts

    def __iter__(self) -> Iterator[str]:
        """The names of all fields."""
        yield from self._texts or self._values

    def get(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The value of a field; None if there is none."""
        if key not in self._values and key in self._texts:
            text = self._texts[key]
            self._values[key] = [_json(link.raw) for link in text.chain()] if isinstance(text, Link) else _json(text)
        return self._values.get(key)

    def holds_list(self, key: str) -> bool:
        """Whether the value of a field is a list; one that is kept as links is not decoded for it."""
        return isinstance(self._texts.get(key), Link) or isinstance(self.get(key), list)

    def last_link(self, key: str) -> Link | None:
        """The last link of the list under `key`; links are made where the body kept none."""
        text = self._texts.get(key)
        if isinstance(text, Link):
            return text
        entries = self.get(key)
        last: Link | None = None
        for entry in entries if isinstance(entries, list) else ():
            last = Link(_text_of(entry), last)
        return last


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one exchange."""

    method: str | None = None
    url: str | None = None
    status: int | None = None
    fields: Fields
    asked: bool = False
    """Whether anything of the request body is known."""
    said: Said = Said()
    logged: bool = False
    """The words are a log's, because no answer is known."""
    failure: str | None = None
    """Why a recorded round trip broke off, in the transport's words."""
    chunks: int = 0
    """How many pieces of the answer came."""
    sent: Body | None = None
    """The body of a recorded request."""
    turn: int | None = None
    session: str = ""
    exchange: int | None = None
    headers: Headers = ()
    answer_headers: Headers = ()
    answered: bytes = b""
    """The body of the answer, without its content-encoding."""

    @property
    def path(self) -> str | None:
        """The path of the URL, without its query; None if no URL is known."""
        if self.url is None:
            return None
        rest = self.url.split("://", 1)[-1] if "://" in self.url else "host" + self.url
        return "/" + rest.partition("/")[2].partition("?")[0].partition("#")[0]

    @property
    def refused(self) -> bool:
        """The server refused this request, or began to answer and then told of an error."""
        if self.status is None:
            return self.said.error or (self.said.plain and bool(self.said.words))
        return self.status >= REFUSED or self.said.error

    @property
    def accepted(self) -> bool:
        """The server is known to have let this request pass."""
        return self.status is not None and not self.refused

    @property
    def chats(self) -> bool:
        """The request has a list of messages to judge."""
        return "messages" in self.fields

    @property
    def asks_chat(self) -> bool:
        """It has messages, and nothing says that they went elsewhere than to a chat-completions route."""
        path = self.path
        return self.chats and self.method in (None, "POST") and (path is None or path.rstrip("/").endswith(_CHAT))


def of_exchange(exchange: Exchange) -> View:
    """A recorded exchange."""
    response = exchange.response
    answered = b"" if response is None else response_text(response)
    return View(
        method=exchange.request.method,
        url=exchange.request.url,
        status=None if response is None else response.status,
        fields=Fields(exchange.request.body),
        asked=bool(exchange.request.body.fields) or bool(exchange.request.body.raw),
        said=Said() if response is None else heard(answered),
        failure=exchange.failure,
        chunks=0 if response is None else len(response.chunks),
        sent=exchange.request.body,
        headers=exchange.request.headers,
        answer_headers=() if response is None else response.headers,
        answered=answered,
        turn=exchange.turn,
        session=exchange.session,
        exchange=exchange.id,
    )


def of_bare(bare: BareExchange) -> View:
    """A bare exchange. What the log tells fills in what is missing."""
    log = (bare.log or "")[:_LOG_READ]
    url = _LOGGED_URL.search(log)
    status = _LOGGED_STATUS.search(log)
    said = heard(bare.response)
    logged = bare.response is None and bool(log)
    return View(
        method=url[1] if url else None,
        url=bare.url or (url[2] if url else None),
        status=int(status[1] or status[2]) if bare.status is None and status else bare.status,
        fields=Fields.of(bare.request),
        asked=bare.request is not None,
        said=Said(words=log.strip()) if logged else said,
        logged=logged,
        answered=b"" if bare.response is None else _text_of(bare.response),
    )


def named_index(words: str) -> int | None:
    """The index of the message that a server's words name: `messages.8.content.0`, `messages.[4].role`."""
    found = _NAMED_INDEX.search(words)
    return int(found[1]) if found else None


def _json(text: bytes | str) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return jsontext.read(text)
    except ValueError:
        return None


def _text_of(value: object) -> bytes:
    try:
        return jsontext.write(value)
    except ValueError:
        return b"null"
