"""Failures: what went wrong with a request, and whether it is worth sending again. Pure; only this module decides.

    verdict    means                                            kinds
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
    retry      may pass: the same request, later                refused transport timeout rate server
    overflow   the conversation does not fit; shorter it may    overflow
    final      the same request would fail in the same way      key auth quota missing request template content
                                                                address tls

First what is sure, then the status: a definitive code or sentence counts more than a 5xx or a 200 around it, for
template errors come as 500 (llama.cpp, Ollama), and providers fail under a 200 (OpenRouter, llama.cpp).
"""

import email.utils
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from nexdiag.agent.client import overflow
from nexdiag.agent.loop.events import Failed
from nexdiag.codec import chat, jsontext
from nexdiag.codec.chat.error import words_of

LONGEST_WAIT = 300.0
"""Seconds: a server that asks for more is not waited for longer than this between two requests."""
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses of a busy server. Never 400, 401, 403, 404, 413, 422."""

Verdict = Literal["retry", "final", "overflow"]

_STATUSES = {
    "invalid_request_error": 400, "invalid_prompt": 400, "unsupported_parameter": 400, "context_length_exceeded": 400,
    "exceed_context_size_error": 400, "content_filter": 400, "content_policy_violation": 400,
    "authentication_error": 401, "invalid_api_key": 401, "invalid_authentication": 401, "billing_error": 402,
    "permission_error": 403, "model_not_found": 404, "not_found_error": 404, "request_too_large": 413,
    "rate_limit_error": 429, "rate_limit_exceeded": 429, "insufficient_quota": 429, "server_error": 500,
    "api_error": 500, "internal_error": 500, "internal_server_error": 500, "not_supported_error": 501,
    "unavailable_error": 503, "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
"""What an error's code or type means where no status tells: inside a stream, or a 200."""
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
_FINAL = frozenset(name for name, status in _STATUSES.items() if status not in PASSING) | _NO_MONEY
"""Codes and types that are final whatever status they come with."""
_QUOTA = re.compile(
    r"exceeded your current quota|credit balance is too low|insufficient (?:balance|credits)", re.IGNORECASE
)
_TEMPLATE = re.compile(
    r"jinja|chat.?template|template (?:error|exception|rendering)|roles must alternate|no user query found"
    r"|system message must be at the beginning|unable to generate parser|not.?implemented(?:error)?\b"
    r"|failed to parse (?!input at pos)|failed to apply|raise_exception",
    re.IGNORECASE,
)
"""Refusals as final as a 400 that come as a 500. llama.cpp's "Failed to parse input at pos" is none: it means what the
model wrote, and the next answer will be another."""
_NOBODY = "All connection attempts failed"
"""A refused connection in the words of httpx's network library: all that a recording has kept of one."""
_AGAIN_IN = re.compile(r"(?:try again|retry) in (?:(\d{1,4})m)?(\d{1,6}(?:\.\d{1,9})?)\s?(ms|s)\b", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_DEEP = 8
"""Links of a chain of causes that are followed."""
_KIND_OF_STATUS = {401: "auth", 402: "quota", 403: "auth", 404: "missing", 408: "timeout", 429: "rate", 504: "timeout"}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer, and what that means."""

    kind: str
    verdict: Verdict
    reason: str
    """The server's own words, or the transport's."""
    status: int | None = None
    """Of the answer, or the code that the server told under a 200."""
    code: str | None = None
    """The error's code, or its type, as the server gave it."""
    request_id: str | None = None
    retry_after: float = 0.0
    """Seconds that the server asked for: a minimum."""
    needed: int | None = None
    window: int | None = None
    """Tokens: see `overflow.Overflow`."""

    def failed(self) -> Failed:
        """The event for the turn machine."""
        return Failed(
            reason=self.reason,
            may_pass=self.verdict == "retry",
            wait=self.retry_after,
            status=self.status,
            overflow=self.verdict == "overflow",
            needed=self.needed,
            window=self.window,
            kind=self.kind,
            request_id=self.request_id,
        )


def of_refusal(status: int, raw: bytes, *, headers: Mapping[str, str] | None = None, now: float = 0.0) -> Failure:
    """A response that is no success; `headers` by lower-case name, `now` is Unix time (Retry-After may be a date)."""
    error = _error_of(raw)
    wait = max(asked_wait(headers or {}, now), _told_wait(error))
    return _judged(status, chat.split_error(status, raw), error, wait=wait, whole=_whole(raw, error))


def of_body(raw: bytes, *, cut: bool = False) -> Failure:
    """A 200 that holds no answer; `cut`: it is no whole JSON, so the rest may come the next time."""
    words, error = chat.split_error(200, raw), _error_of(raw)
    if cut:
        return Failure(kind="transport", verdict="retry", reason=words)
    status = status_of(error, otherwise=200)
    return _judged(status, words, error, wait=_told_wait(error), whole=_whole(raw, error), otherwise="content")


def of_told(error: chat.StreamError) -> Failure:
    """An error inside a stream. Where it gives no status it is the server's own failure."""
    told = {"code": error.code, "type": error.type}
    return _judged(status_of(told, otherwise=500), error.message, told, wait=_told_wait({"message": error.message}))


def of_break(error: BaseException) -> Failure:
    """A transport error, httpx's or the system's: known by the names in its chain of causes."""
    chain = list(_causes(error))
    names = {kind.__name__ for cause in chain for kind in type(cause).__mro__}
    reason = named(error)
    if "SSLError" in names or "SSL" in reason:  # a certificate, or TLS spoken to who speaks none: it stays so
        return Failure(kind="tls", verdict="final", reason=reason)
    own = {kind.__name__ for kind in type(error).__mro__}
    if own & {"LocalProtocolError", "UnsupportedProtocol", "InvalidURL"} or not own & {"TransportError", "OSError"}:
        return Failure(kind="address", verdict="final", reason=reason)
    if "ConnectionRefusedError" in names or _NOBODY in reason:
        return Failure(kind="refused", verdict="retry", reason=reason)
    kind = "timeout" if names & {"TimeoutException", "TimeoutError"} else "transport"
    return Failure(kind=kind, verdict="retry", reason=reason)


def status_of(error: Mapping[str, Any], *, otherwise: int) -> int:
    """The status that an error tells of itself: a number, or a name that stands for one."""
    for key in ("code", "status", "type"):
        told = str(error.get(key))
        if re.fullmatch(r"[45]\d\d", told):
            return int(told)
        if told.lower() in _STATUSES:
            return _STATUSES[told.lower()]
    return otherwise


def asked_wait(headers: Mapping[str, str], now: float) -> float:
    """Seconds that the headers ask for: milliseconds, seconds or a date; 0 if they ask for none that can be read."""
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _SECONDS.fullmatch(milliseconds):
        return min(float(milliseconds) / 1000, LONGEST_WAIT)
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)


def named(error: BaseException) -> str:
    """The error in a word and its own text."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _judged(  # noqa: PLR0913 - all that a verdict may rest on, named
    status: int,
    words: str,
    error: Mapping[str, Any],
    *,
    wait: float,
    whole: str = "",
    otherwise: str = "request",
) -> Failure:
    """`whole` is more of the words than a reason shows; `otherwise` the kind of what has no better."""
    codes = [str(error[key]) for key in ("code", "type") if isinstance(error.get(key), str | int) and error[key]]
    failure = Failure(kind=otherwise, verdict="final", reason=words, status=status, code=next(iter(codes), None))
    too_long = overflow.found(status, whole or words, error)
    if too_long is not None:
        return _as(failure, "overflow", "overflow", needed=too_long.needed, window=too_long.window)
    if _NO_MONEY.intersection(map(str.lower, codes)) or (_QUOTA.search(words) and not wait):
        return _as(failure, "quota", "final")  # with a wait it is Gemini's rate limit, in the same words
    if _TEMPLATE.search(words):
        return _as(failure, "template", "final")
    kind = _KIND_OF_STATUS.get(status) or ("server" if status >= 500 else failure.kind)  # noqa: PLR2004 - 5xx
    if status in PASSING and not _FINAL.intersection(map(str.lower, codes)):
        return _as(failure, kind if kind != "request" else "server", "retry", retry_after=wait)
    return _as(failure, kind, "final", retry_after=wait)


def _as(failure: Failure, kind: str, verdict: Verdict, **more: Any) -> Failure:  # noqa: ANN401 - fields of Failure
    return msgspec.structs.replace(failure, kind=kind, verdict=verdict, **more)


def _error_of(raw: bytes) -> dict[str, Any]:
    """The error object of a body; an empty one if it has none. OpenAI nests it, vLLM of old and Mistral do not."""
    try:
        value = jsontext.read(raw)
    except ValueError:
        return {}
    if isinstance(value, list) and value:  # Gemini's compatible interface
        value = value[0]
    if not isinstance(value, dict):
        return {}
    error = value.get("error")
    return error if isinstance(error, dict) else {} if error else value


def _whole(raw: bytes, error: Mapping[str, Any]) -> str:
    """All words of a refusal: its numbers may stand behind the part that is shown."""
    return words_of(dict(error)) or raw[:4096].decode("utf-8", "replace")


def _told_wait(error: Mapping[str, Any]) -> float:
    """Seconds that a body asks for: OpenRouter's metadata, Gemini's RetryInfo, OpenAI's and Groq's words."""
    metadata, details = error.get("metadata"), error.get("details")
    told = [error.get("retry_after"), metadata.get("retry_after") if isinstance(metadata, dict) else None]
    for entry in details if isinstance(details, list) else ():
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        told.append(delay.removesuffix("s") if isinstance(delay, str) else None)
    waits = [float(str(value)) for value in told if _SECONDS.fullmatch(str(value))]
    again = _AGAIN_IN.search(str(error.get("message"))[:2000])
    if again is not None:
        unit = 0.001 if again[3].lower() == "ms" else 1.0
        waits.append(int(again[1] or 0) * 60 + float(again[2]) * unit)
    return min(max(waits, default=0.0), LONGEST_WAIT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of, those within groups included."""
    waiting = [error]
    for _ in range(_DEEP):
        if not waiting:
            return
        cause = waiting.pop(0)
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions[:_DEEP])
        waiting.extend(link for link in (cause.__cause__ or cause.__context__,) if link is not None)
