"""What came back, as the rules see it: a JSON body, an event stream, or text; read once, when a rule first looks.

Law: reading never raises. `told` and `reply` are the same on every wire; `events` and `value` are what stood there.
Rules read `told`, which is cheap: one reading for all of them. `reply` is what a client would keep, and costs more.
"""

import re
from functools import cached_property
from typing import Any

import msgspec

from nexdiag.codec import jsontext, sse
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.core.message import Reply
from nexdiag.lint.seen.body import read_body
from nexdiag.lint.seen.stream import read_stream
from nexdiag.lint.seen.told import CallTold, Told, UsageTold

_FIELD = re.compile(rb"(?:data|event|id|retry)?:")


class EventSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event of a stream."""

    event: str
    data: str
    value: Any = None
    """The JSON value of its data; None if that is none (`[DONE]` among them)."""


class AnswerSeen:
    """The body of one answer."""

    def __init__(self, text: bytes = b"", wire: Wire = "chat", value: Any = None) -> None:  # noqa: ANN401 - JSON is anything
        """The text of a body without its content-encoding; or a JSON value, where only that is known."""
        self.wire = wire
        self._text = text
        self._value = value

    @property
    def text(self) -> bytes:
        """The body; of a value, its JSON text."""
        if not self._text and self._value is not None:
            try:
                self._text = jsontext.write(self._value)
            except ValueError:
                self._text = b"null"
        return self._text

    @property
    def known(self) -> bool:
        """Whether anything came."""
        return bool(self._text) or self._value is not None

    @cached_property
    def value(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value of a body; None for a stream, and for text."""
        if self._value is not None:
            return self._value
        text = self._text.removeprefix(b"\xef\xbb\xbf").strip() if self._text[:1] not in b"{[" else self._text
        if text[:1] not in (b"{", b"["):
            return None
        try:
            return jsontext.read(text)
        except ValueError:
            return None

    @cached_property
    def streamed(self) -> bool:
        """Whether it is an event stream."""
        return self._value is None and _FIELD.match(self._text.lstrip(b"\xef\xbb\xbf\r\n ")[:6]) is not None

    @cached_property
    def events(self) -> tuple[EventSeen, ...]:
        """The events of a stream, `[DONE]` among them; none for a body."""
        if not self.streamed:
            return ()
        parser = sse.Parser()
        told = parser.feed(self._text) + parser.close()
        return tuple(EventSeen(event=one.event, data=one.data, value=_json(one.data)) for one in told)

    @cached_property
    def told(self) -> Told:
        """What it told, odd or not; read once, for all rules."""
        return read_stream(self._text) if self.streamed else read_body(self.value)

    @property
    def reasoning(self) -> str:
        """What it thought aloud."""
        return self.told.reasoning

    @property
    def calls(self) -> tuple[CallTold, ...]:
        """The tools that it called."""
        return self.told.calls

    @property
    def finish_reason(self) -> str | None:
        """Why it ended, in the words of chat completions; None if it did not say."""
        return self.told.finish

    @property
    def usage(self) -> UsageTold | None:
        """The tokens that the server counted; None if it told of none."""
        return self.told.usage

    @property
    def plain(self) -> bool:
        """Whether `told` says all that `reply` would: reading it for a client as well would be a waste."""
        return self.known and self.told.plain and self.wire == "chat"

    @property
    def model(self) -> str:
        """The model that it names; empty where it names none."""
        return self.told.model if self.plain else self.reply.model or ""

    @property
    def counted(self) -> tuple[int, int]:
        """The tokens of the prompt as a client counts them, and how many of them came from the cache; 0 for unknown."""
        if self.plain:
            usage = self.told.usage
            return (0, 0) if usage is None else (usage.input or 0, usage.cached or 0)
        counted = self.reply.usage
        return counted.input_tokens, counted.cached_tokens

    @property
    def signed(self) -> bool:
        """Whether anything in it may be signed: thoughts or calls, by the vendor."""
        return b"signature" in self.text

    @cached_property
    def reply(self) -> Reply:
        """The message, the finish reason and the usage, whatever the wire; incomplete and empty of an error."""
        dialect = DIALECTS[self.wire]
        if not self.streamed:
            return dialect.decode_reply(self.text)
        accumulator = dialect.accumulator()
        for one in self.events:
            accumulator.feed(sse.Event(data=one.data, event=one.event))
        return accumulator.finish()


def _json(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return jsontext.read(text)
    except ValueError:
        return None
