"""What an answer told, in one shape for bodies and streams of all three wires. Plain facts: what is wrong, rules say.

Law: one reading of an answer fills a `Told`; nothing looks at its text a second time.
"""

from typing import Any

import msgspec

_SHOWN = 300
"""Characters that are kept of what was odd."""
_ABSURD = 10**12
"""No server has counted so many tokens."""
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos_token": "stop",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""Why an answer ended, in the words of chat completions; other words stay."""


class CallTold(msgspec.Struct, kw_only=True):
    """A tool call of an answer."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""
    """Their text; of an object its JSON."""
    pieces: int = 1
    """In how many deltas it came."""


class UsageTold(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as the server counted them; None for what it did not tell."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None


class Odd(msgspec.Struct, kw_only=True):
    """Something that no client expects."""

    at: int
    """Of a stream, the number of its first such event."""
    shown: str
    """What stood there."""
    times: int = 1
    name: str = ""


class Told(msgspec.Struct, kw_only=True):
    """What an answer told. It is filled while reading, and not changed any more."""

    shape: str = ""
    """`chat`, `responses` or `anthropic`: whose answer it looks like; empty for none."""
    streamed: bool = False
    text: str = ""
    reasoning: str = ""
    calls: tuple[CallTold, ...] = ()
    finish: str | None = None
    """Why it ended, in the words of chat completions; None if it did not say."""
    usage: UsageTold | None = None
    done: bool = False
    """Whether a stream said that it has ended: `[DONE]`, `message_stop`, `response.completed`."""
    chunks: int = 0
    """How many events of a stream had a meaning."""
    comments: bool = False
    """Whether comment lines stood in a stream."""
    torn: bool = False
    """Whether the last event of a stream broke off: no blank line ended it, and it is no JSON."""
    filtered: bool = False
    """Whether a first event told Azure's content filter and nothing else."""
    parts: bool = False
    """Whether the content of a chat completion is a list."""
    plain: bool = False
    """A stream of chat completions in which everything is usual: a client would keep of it what is told here."""
    model: str = ""
    """Of a plain stream, the model that it names."""
    fingerprint: str = ""
    """Of a plain stream, the `system_fingerprint` of its first chunk."""
    error: Any = None
    """The first error that was told inside an answer."""
    odd: dict[str, Odd] = msgspec.field(default_factory=dict)

    @property
    def spoke(self) -> bool:
        """Whether it holds a word, a thought or a call."""
        return bool(self.text or self.calls or self.reasoning)

    def strange(self, kind: str, at: int, shown: object, name: str = "") -> None:
        """Note something odd; the first of its kind is kept, the others are counted."""
        known = self.odd.get(kind)
        if known is not None:
            known.times += 1
            return
        text = shown if isinstance(shown, str) else _text(shown)
        self.odd[kind] = Odd(at=at, shown=text[:_SHOWN], name=name)


def finish_of(value: object) -> str | None:
    """Why an answer ended, in the words of chat completions."""
    return FINISH.get(value, value) if isinstance(value, str) and value else None


def usage_of(usage: object) -> UsageTold | None:
    """The counts of a usage object, whatever the wire."""
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = count(details, "cached_tokens") if details else count(usage, "cache_read_input_tokens")
    asked = count(usage, "prompt_tokens")
    if asked is None and (asked := count(usage, "input_tokens")) is not None and "cache_read_input_tokens" in usage:
        asked += (cached or 0) + (count(usage, "cache_creation_input_tokens") or 0)
    said = count(usage, "completion_tokens")
    return UsageTold(input=asked, output=count(usage, "output_tokens") if said is None else said, cached=cached)


def count(holder: object, name: str) -> int | None:
    """A number of tokens; None for what is missing, null, no number or absurd."""
    number = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if type(number) is int and 0 <= number < _ABSURD else None


def _text(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, RecursionError):
        return repr(type(value))
