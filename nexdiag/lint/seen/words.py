"""The server's own words, unwrapped from what it answered. What they mean is for the rules to say.

Servers, gateways and clients wrap them: `error.message`, OpenRouter's `metadata.raw`, lists of one entry, FastAPI's
`detail`, an error inside an event stream under status 200, HTML, plain text; JSON within a string, and the prefixes of
gateways and clients, are `wrapping`'s.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from nexdiag.codec.chat.error import both_ends
from nexdiag.lint.seen import spelling, wrapping
from nexdiag.lint.seen.answer import AnswerSeen

_LONGEST = 4000
"""Characters of a server's words that are kept: enough for any known refusal, little enough for any expression."""
_READ = 100_000
"""Characters of a plain text that are looked at."""
_PARAM = 200
_DEPTH = 8
_ENTRIES = 100
_NAME = 80
"""Characters of a gateway's own words before those of a server."""
_SPEAKING = (
    *("message", "Message", "detail", "errors", "error_message", "error_description", "error_msg", "msg", "title"),
    *("data", "code"),
)
_WITHIN = ("upstream_error", "upstreamError", "responseBody", "response_body", "rawErrorMessage")
"""Under which gateways and clients keep the words of the server behind them."""
_SPEAKS = re.compile(r"message|msg|reason|descri|fault|cause|detail|error_?text|body", re.IGNORECASE)
"""Names of fields in which somebody says something."""
_ECHOED = frozenset({"request", "messages", "input", "prompt", "headers", "url", "stack", "tools"})
"""What is said there was not said by the server."""
_SENTENCE = 3
_MOST = 5
_TELLING_CODES = frozenset({"tool_use_failed"})
"""Codes that say what the words beside them do not."""
_WORD = re.compile(r"[A-Za-z_]{2,}|[^\W\d_]{2,}")
_EMPTY = frozenset(
    """
    an the a bad request error errors exception provider returned http https code status statuscode
    client server internal invalid invalid_request_error invalid_request badrequesterror bad_request
    unprocessable entity upstream failed failure unknown something went wrong occurred api openai
    apierror apistatuserror for url with from type message param null none bad_request_error badrequest
    api_error server_error internalservererror response no body unexpected gateway service unavailable
    temporarily please try again later while processing your my sorry more information check has been
    validationexception unprocessableentityerror unprocessable_entity upstream_error incorrect wrong
    nginx openresty cloudflare envoy apache caddy
    """.split()  # noqa: SIM905 - a paragraph reads better than a hundred strings
)
"""Words of refusals that say nothing about the request."""
_WHO = re.compile(
    r"(?:openai|azure|anthropic|claude|bedrock|vertex(?:ai)?|gemini|google|mistral(?:ai)?|deepseek|groq|moonshot|kimi"
    r"|zhipu|glm|dashscope|qwen|minimax|openrouter|litellm|together(?:ai)?|fireworks(?:ai)?|cohere|perplexity|xai"
    r"|cerebras|ollama|vllm|(?:hosted_vllm)|sglang|llama|lm_?studio|hugging_?face|copilot|github)(?:exception|error)?",
    re.IGNORECASE,
)
"""Who refused, which says nothing of why."""
_LINK = re.compile(r"https?://\S+|unprocessable content", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,500}>")
_HIDDEN = re.compile(r"<(style|script)\b.{0,8000}?</\1>", re.IGNORECASE | re.DOTALL)
_PAGE = 20_000
"""Characters of a page that are read."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says."""

    words: str = ""
    """Unwrapped, in the one spelling that rules match; empty if it holds none that speak of a failure."""
    verbatim: str = ""
    """The same as they came, where that is another text."""
    error: bool = False
    """The answer itself says that it is an error, whatever its status."""
    plain: bool = False
    """The answer is text: neither JSON nor an event stream."""
    param: str = ""
    """The field of the request that the server names beside its words: `messages.[3].content`."""

    @property
    def shown(self) -> str:
        """The words for a report: as they came."""
        return self.verbatim or self.words

    @property
    def tells(self) -> bool:
        """Whether the words say more than that something went wrong: `400 Bad Request` and its like do not."""
        return telling(self.words)


def telling(words: str) -> bool:
    """Whether words say more than that something went wrong."""
    said = (word.lower() for word in _WORD.findall(_LINK.sub(" ", words)))
    return any(word not in _EMPTY and _WHO.fullmatch(word) is None for word in said)


def heard(answer: object, *, failed: bool = False) -> Said:
    """What an answer says: one that was read, the bytes or text of a body, or a JSON value. Never raises.

    Where its status says that it `failed`, its words are looked for in all that it holds.
    """
    if isinstance(answer, str):
        answer = answer.encode("utf-8", "replace")
    if not isinstance(answer, AnswerSeen):
        answer = AnswerSeen(answer) if isinstance(answer, bytes) else AnswerSeen(value=answer)
    if answer.value is not None:
        return _of_value(answer.value, failed=failed)
    if answer.streamed:
        return _of_stream(answer)
    text = answer.text[: _READ * 4].decode("utf-8-sig", "replace").strip()[:_READ]
    return spoken(_of_html(text) or _unwrapped(text, _DEPTH), plain=bool(text))


def spoken(words: str, *, error: bool = False, plain: bool = False, param: str = "") -> Said:
    """Such words, as rules match them and as they came."""
    verbatim = _cut(words)
    known = _cut(spelling.plain(words))
    return Said(words=known, verbatim="" if known == verbatim else verbatim, error=error, plain=plain, param=param)


def _of_value(value: object, *, failed: bool) -> Said:
    while isinstance(value, list) and len(value) == 1:  # Gemini's compatible endpoint wraps its error in a list
        value = value[0]
    if not isinstance(value, dict):
        return Said()
    marked = "error" in (_lower(value.get("object")), _lower(value.get("type")))
    error = bool(value.get("error")) or marked or "detail" in value or _says_so(value.get("base_resp"))
    if not (error or failed) and ("choices" in value or "object" in value):
        broken = _failed_choice(value.get("choices"))
        return spoken(_words(broken, _DEPTH), error=True) if broken else Said()
    words = _words(value, _DEPTH)
    if (error or failed) and not telling(words):
        words = "; ".join(islice(_speaking(value, _DEPTH, spoken=False), _MOST)) or words
    return spoken(words, error=error, param=_param(value))


def _param(value: dict[str, Any]) -> str:
    """As OpenAI, Azure and vLLM name it."""
    error = value.get("error")
    param = (error if isinstance(error, dict) else value).get("param")
    return param[:_PARAM] if isinstance(param, str) else ""


def _says_so(base: object) -> bool:
    """MiniMax tells of an error under 200, beside an answer that is null."""
    return isinstance(base, dict) and bool(base.get("status_code"))


def _speaking(value: object, depth: int, *, spoken: bool) -> Iterator[str]:
    """The texts in a value that speak, wherever they stand; of what has no name that says so, only sentences."""
    if isinstance(value, str):
        words = _unwrapped(value, depth)
        if telling(words) and (spoken or len(words.split()) >= _SENTENCE):
            yield words
    elif isinstance(value, dict) and depth:
        for key, inner in islice(value.items(), _ENTRIES):
            if key in _ECHOED:
                continue
            yield from _speaking(inner, depth - 1, spoken=_SPEAKS.search(str(key)) is not None)
    elif isinstance(value, list) and depth:
        for inner in value[:_ENTRIES]:
            yield from _speaking(inner, depth - 1, spoken=spoken)


def _failed_choice(choices: object) -> object:
    """The error that a gateway put into a choice; None without one."""
    entries = choices if isinstance(choices, list) else []
    return next((entry["error"] for entry in entries if isinstance(entry, dict) and entry.get("error")), None)


def _words(value: object, depth: int) -> str:
    """The words in a JSON value that speaks of a failure."""
    if isinstance(value, str):
        return _unwrapped(value, depth)
    if depth == 0:
        return ""
    if isinstance(value, list):
        return "; ".join(words for entry in value[:_ENTRIES] if (words := _words(entry, depth - 1)))
    if not isinstance(value, dict):
        return ""
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    empty = ""
    within = (value.get(key) for key in _WITHIN)
    for inner in (raw, *within, value.get("error"), *(value.get(key) for key in _SPEAKING)):
        words = _words(inner, depth - 1)
        if words and telling(words):
            return _placed(words, value.get("loc") or value.get("path")) + _code(value.get("code"))
        empty = empty or words
    return empty


def _code(code: object) -> str:
    return f" ({code})" if isinstance(code, str) and code in _TELLING_CODES else ""


def _placed(words: str, place: object) -> str:
    """FastAPI says where in the request (`body.stream_options: Extra inputs are not permitted`), and so does zod."""
    if not isinstance(place, list):
        return words
    return ".".join(str(part) for part in place if isinstance(part, str | int)) + ": " + words


def _unwrapped(text: str, depth: int) -> str:
    """A text without what gateways and clients put around it, and out of the JSON that it may be."""
    text = text[:_READ]
    bare = wrapping.bare(text)
    within = wrapping.embedded(bare) if depth else None
    if within is None:
        return bare
    before, value = within
    words = _words(value, depth - 1)
    if not telling(words):
        return bare if telling(before) else words or bare
    if not telling(before) or (len(before) < _NAME and before.rstrip()[-1:] in (":", "-", "–", "(", ",")):
        return words
    return f"{before.strip()} {words}"


def _of_stream(answer: AnswerSeen) -> Said:
    """The error that a server told inside its stream, if it told one."""
    if answer.told.error is None:
        return Said()
    for event in answer.events:
        value = event.value
        failed = isinstance(value, dict) and (value.get("error") or _failed_choice(value.get("choices")))
        if failed:
            return spoken(_words({"error": failed}, _DEPTH), error=True)
        if event.event == "error":
            return spoken(_words(value, _DEPTH) or event.data.strip(), error=True)
    return Said()


def _of_html(text: str) -> str:
    if not re.match(r"<(?:!doctype|html|head|body|\?xml)", text[:20], re.IGNORECASE):
        return ""
    empty = ""
    for tag in ("title", "h1"):
        found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text[:_PAGE], re.IGNORECASE | re.DOTALL)
        words = " ".join(_TAG.sub(" ", found[1]).split()) if found else ""
        if words and telling(words):
            return words
        empty = empty or words
    said = " ".join(_TAG.sub(" ", _HIDDEN.sub(" ", text[:_PAGE])).split())
    return said if not empty or telling(said) else empty


def _lower(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""


def _cut(words: str) -> str:
    return both_ends(words, _LONGEST)
