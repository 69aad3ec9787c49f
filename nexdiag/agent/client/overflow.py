"""Context overflow: whether a refusal says that the conversation is longer than the model's window. Pure.

Law: structure and numbers decide, never a word. A server says it with a code that means nothing else, or in a
sentence whose two numbers prove it (needed > window), or in one of the few sentences that mean nothing else. "Token",
"prompt" and "maximum" stand in many other refusals: the reference executor compacted histories over those (fault L19).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nexdiag.core.message import Reply

LARGEST = 10_000_000
"""Tokens: no model's window is larger; a greater number is something else."""

CODES = frozenset(
    {
        "context_length_exceeded",  # OpenAI, and what copies it
        "exceed_context_size_error",  # llama.cpp
        "context_window_exceeded",
        "model_context_window_exceeded",
        "request_too_large",  # Anthropic, with a 413
    }
)
"""Error codes or types that mean nothing else."""

_NEAR_NOTHING = 8
"""Tokens of an answer that was cut for its length before it had begun."""
_READ = 4000
"""Characters of a refusal that are looked at."""


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation does not fit."""

    needed: int | None = None
    """Tokens that the request would have taken, its answer included where the server counts that."""
    window: int | None = None
    """Tokens that there are."""


def _shape(text: str) -> re.Pattern[str]:
    """A sentence: `<needed>`, `<more>` (added to it) and `<window>` are numbers, `~` is a gap of a few words."""
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>\\d[\\d,_]{0,14})", text)
    return re.compile(pattern.replace("~", r"[^\n]{0,120}?"), re.IGNORECASE)


_SHAPES = {
    server: _shape(text)
    for server, text in {
        "vLLM, prompt and answer": r"maximum context length is <window>~ for a total of (?:at least )?<needed>",
        "vLLM, the answer": (
            r"too large: <more>\b~context length is <window> tokens and your request has <needed> input"
        ),
        "OpenAI, vLLM, DeepSeek, OpenRouter, xAI, SGLang, the sum": (
            r"maximum (?:context|prompt|model|sequence) length (?:is|of) <window>\b"
            r"~(?:requested|resulted in|contains|has)(?: about| a total of| at least)? <needed>\b"
        ),
        "llama.cpp, SGLang, Gemini, vLLM, the prompt": (
            r"(?:input|prompt|request|messages|conversation)(?: token count)? ?"
            r"\(?(?:length |of )?<needed>(?: tokens)?\)? (?:is longer than|is greater than|is larger than|exceeds) the "
            r"~(?:context|model|tokens)~\b<window>\b"
        ),
        "GitHub Copilot": r"token count(?: of)? \(?<needed>\)? exceeds the limit of <window>\b",
        "Anthropic, the prompt": r"too long: <needed> tokens > <window> maximum",
        "Anthropic, the sum": r"exceed context limit: <needed> \+ <more> > <window>\b",
        "Mistral": r"contains <needed> tokens~too large for model with <window> maximum context length",
        "LM Studio": r"the first <needed> tokens when context~context length of only <window> tokens",
        "TGI, the sum": (
            r"`inputs` tokens \+ `max_new_tokens` must be <= <window>\. Given: <needed> `inputs` tokens and <more>\b"
        ),
        "TGI, the prompt": r"`inputs` must have less than <window> tokens\. Given: <needed>\b",
        "SGLang, the answer": (
            r"max_(?:completion_)?tokens is too large: <needed>\. ?"
            r"This model supports at most <window> completion tokens"
        ),
        "Moonshot": r"exceeded model token limit: <window> \(requested: <needed>\)",
        "Cohere": r"tokens in the prompt cannot exceed <window> - received <needed>\b",
    }.items()
}
"""What servers say, each with an example of its own in the tests."""
_SENTENCES = re.compile(
    r"(?:exceed(?:s|ed)?|longer than|greater than|larger than) (?:the |its |this |your )?(?:[\w']+ ){0,3}"
    r"context (?:window|length|size)\b"  # OpenAI: "Your input exceeds the context window of this model"; old llama.cpp
    r"|\bprompt (?:is )?too long\b"  # Anthropic without its numbers; Ollama: "prompt too long; exceeded max context"
    r"|\binput is too long for (?:the )?requested model\b"  # Bedrock
    r"|\bcontext window exceeds limit\b",  # MiniMax
    re.IGNORECASE,
)
_WINDOW = _shape(r"maximum context length (?:is|of) <window>\b")
_ONE_FIELD = re.compile(r"\b(?:string|array) too long\. Expected an? (?:string|array) with maximum", re.IGNORECASE)
"""OpenAI about one id, name or list. LiteLLM passes it on as `ContextWindowExceededError`."""
_UNEVEN = frozenset({401, 402, 403, 404, 429})
"""A refusal with one of these is about a key, an address or a rate, whatever numbers it holds."""


def found(status: int, words: str, error: Mapping[str, Any] | None = None) -> Overflow | None:
    """What the refusal tells of an overflow; None if it is about something else.

    `words` is what the server said, `error` its error object, where it sent one.
    """
    error = error or {}
    words = " ".join(words[:_READ].split())
    if status in _UNEVEN or _ONE_FIELD.search(words):
        return None
    counted = _counted(error)
    if counted is not None:
        return counted
    for overflow in _proved(words):
        return overflow
    coded = any(str(error.get(key)).lower() in CODES for key in ("code", "type"))
    if coded or status == 413 or _SENTENCES.search(words):  # noqa: PLR2004 - "content too large": nothing else can help
        return Overflow(window=_window(words))
    return None


def of_reply(reply: Reply, max_tokens: int) -> Overflow | None:
    """An overflow that came as an answer: cut for its length, though it has next to none (LM Studio, and others that
    generate until the window is full). None for any other reply.
    """  # noqa: D205 - one paragraph
    message, usage = reply.message, reply.usage
    if reply.finish_reason != "length" or message.tool_calls or max_tokens < _NEAR_NOTHING * 4:
        return None
    if usage.output_tokens > _NEAR_NOTHING or len(message.text) + len(message.reasoning or "") > _NEAR_NOTHING * 8:
        return None
    if not usage.output_tokens and (message.text.strip() or message.reasoning):
        return None  # the server does not count, and something was said
    window = _number(usage.input_tokens + usage.output_tokens) if usage.input_tokens else None
    return Overflow(window=window)


def _counted(error: Mapping[str, Any]) -> Overflow | None:
    """What llama.cpp counts beside its words."""
    needed, window = _number(error.get("n_prompt_tokens"), most=LARGEST * 100), _number(error.get("n_ctx"))
    if needed is None or window is None or needed < window:
        return None
    return Overflow(needed=needed, window=window)


def _proved(words: str) -> Iterator[Overflow]:
    """The sentences whose numbers say that more is needed than there is."""
    for shape in _SHAPES.values():
        match = shape.search(words)
        if match is None:
            continue
        given = match.groupdict()
        window, needed = _number(given["window"]), _number(given["needed"], most=LARGEST * 100)
        more = _number(given.get("more"), most=LARGEST * 100) or 0
        if window is not None and needed is not None and needed + more > window:
            yield Overflow(needed=needed + more, window=window)


def _window(words: str) -> int | None:
    match = _WINDOW.search(words)
    return None if match is None else _number(match["window"])


def _number(value: object, *, most: int = LARGEST) -> int | None:
    """A count of tokens, as JSON has it or as it stands in a sentence; None for what can be none."""
    if isinstance(value, str):
        digits = value.replace(",", "").replace("_", "")
        value = int(digits) if digits.isdecimal() else None
    return value if type(value) is int and 0 < value <= most else None
