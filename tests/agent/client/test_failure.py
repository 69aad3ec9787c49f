"""Promises of client.failure: what may pass is told from what never will, and the status alone does not tell."""

import json
import ssl
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.client import failure
from nexdiag.codec.chat import StreamError

NOW = 1779285792.0
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}


def refusal(status: int, error: object, **headers: str) -> failure.Failure:
    """A refusal with this error object."""
    raw = json.dumps({"error": error}).encode()
    return failure.of_refusal(status, raw, headers={k.replace("_", "-"): v for k, v in headers.items()}, now=NOW)


@pytest.mark.parametrize("status", range(100, 600))
def test_only_a_busy_server_is_asked_again(status: int) -> None:
    """Each status once; a 4xx that is deterministic is never sent again (reference faults 16, L15)."""
    told = refusal(status, {"message": "try later"})
    wanted = "retry" if status in PASSING else "overflow" if status == 413 else "final"
    assert (told.verdict, told.failed().may_pass) == (wanted, wanted == "retry")
    assert told.failed().overflow == (wanted == "overflow")
    assert told.failed().status == status


@pytest.mark.parametrize(
    "words",
    [
        "Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...",
        "Error rendering prompt with jinja template",
        "Failed to parse tool call arguments as JSON",
        "system message must be at the beginning",
        "no user query found in messages",
        "Unable to generate parser for this template",
        "NotImplementedError: beam search",
    ],
)
@pytest.mark.parametrize("status", [500, 503])
def test_a_deterministic_error_is_final_though_it_is_a_5xx(words: str, status: int) -> None:
    """llama.cpp and Ollama answer 500 to what their template refuses: it would be so for ever (reference fault 17)."""
    assert (refusal(status, {"message": words}).verdict, refusal(status, words).kind) == ("final", "template")


def test_what_the_model_wrote_may_be_better_next_time() -> None:
    """llama.cpp answers 500 where it cannot read the model's own output; that is no fault of the request."""
    assert refusal(500, {"message": "Failed to parse input at pos 12: <tool_call>"}).verdict == "retry"


@pytest.mark.parametrize(
    ("status", "error", "verdict", "kind"),
    [
        (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, "final", "quota"),
        (429, {"message": "You exceeded your current quota, please check your plan"}, "final", "quota"),
        (429, {"message": "You exceeded your current quota", "details": [{"retryDelay": "36s"}]}, "retry", "rate"),
        (400, {"message": "Your credit balance is too low to access the API"}, "final", "quota"),
        (402, {"message": "pay"}, "final", "quota"),
        (429, {"message": "slow down"}, "retry", "rate"),
        (401, {"message": "bad key"}, "final", "auth"),
        (403, {"message": "no"}, "final", "auth"),
        (404, {"message": "no such model"}, "final", "missing"),
        (422, {"message": "no"}, "final", "request"),
        (500, {"message": "oh", "type": "invalid_request_error"}, "final", "server"),
        (503, {"message": "oh", "code": "model_not_found"}, "final", "server"),
        (500, {"message": "oh", "type": "server_error"}, "retry", "server"),
        (504, {"message": "oh"}, "retry", "timeout"),
        (400, {"message": "request (9 tokens) exceeds the available context size (8 tokens)"}, "overflow", "overflow"),
        (400, {"message": "too long", "code": "context_length_exceeded"}, "overflow", "overflow"),
    ],
)
def test_what_an_error_says_of_itself_counts_more_than_its_status(
    status: int, error: dict[str, Any], verdict: str, kind: str
) -> None:
    """Permanent codes under a 5xx, empty accounts under a 429, overflows under a 400."""
    told = refusal(status, error)
    assert (told.verdict, told.kind) == (verdict, kind)


def test_an_overflow_tells_its_numbers() -> None:
    """llama.cpp's own shape, with its counts beside the words."""
    error = {"code": 400, "message": "request exceeds", "type": "exceed_context_size_error"}
    told = refusal(400, {**error, "n_prompt_tokens": 9001, "n_ctx": 8192}).failed()
    assert (told.overflow, told.needed, told.window, told.may_pass) == (True, 9001, 8192, False)


def test_numbers_behind_the_shown_part_count() -> None:
    """A reason is cut for the eyes; a gateway's long beginning hides no overflow."""
    told = refusal(400, {"message": "gateway: " * 90 + "prompt is too long: 9001 tokens > 8192 maximum"})
    assert (told.needed, told.window) == (9001, 8192)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "86400"}, 300.0),
        ({"retry-after": "Wed, 20 May 2026 14:03:42 GMT"}, 30.0),
        ({"retry-after": "Wed, 20 May 2026 14:03:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 20 May 2099 14:03:00 GMT"}, 300.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "nan"}, 0.0),
        ({"retry-after": "1e9"}, 0.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "Wed, 99 May 2026 99:99:99 GMT"}, 0.0),
        ({"retry-after": "9" * 400}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({}, 0.0),
    ],
)
def test_retry_after_is_heard(headers: dict[str, str], wait: float) -> None:
    """Milliseconds, seconds or a date; never below zero, never above five minutes (reference fault L16)."""
    assert failure.asked_wait(headers, NOW) == wait
    assert failure.of_refusal(429, b"", headers=headers, now=NOW).failed().wait == wait


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        ({"metadata": {"retry_after": 12}}, 12.0),
        ({"metadata": "x", "retry_after": "3.5"}, 3.5),
        ({"details": [{"@type": "RetryInfo", "retryDelay": "36s"}, 7, {"retryDelay": None}]}, 36.0),
        ({"message": "Rate limit reached. Please try again in 1m2.5s."}, 62.5),
        ({"message": "Please try again in 250ms"}, 0.25),
        ({"message": "Please try again in 99999999s", "retry_after": -3}, 0.0),
        ({"message": "Please try again in 999999s"}, 300.0),
        ({"message": ["odd"], "retry_after": [1], "details": {}}, 0.0),
    ],
)
def test_a_body_may_say_how_long_to_wait(error: dict[str, Any], wait: float) -> None:
    """OpenRouter, Gemini and Groq put it there; the longest of all that is said counts."""
    assert refusal(429, error).retry_after == wait
    assert refusal(429, error, retry_after="100").retry_after == max(wait, 100.0)


@pytest.mark.parametrize(
    ("code", "kind", "status", "verdict"),
    [
        ("503", None, 503, "retry"),
        ("400", "BadRequestError", 400, "final"),
        ("dead", None, 500, "retry"),
        (None, "overloaded_error", 529, "retry"),
        (None, "rate_limit_error", 429, "retry"),
        (None, "invalid_request_error", 400, "final"),
        ("insufficient_quota", None, 429, "final"),
        ("server_error", None, 500, "retry"),
        ("context_length_exceeded", None, 400, "overflow"),
        (None, None, 500, "retry"),
    ],
)
def test_an_error_inside_a_stream_tells_its_own_status(
    code: str | None, kind: str | None, status: int, verdict: str
) -> None:
    """There the HTTP status was 200: a number, a code or a type stands for it (reference fault L6)."""
    told = failure.of_told(StreamError(message="oh", code=code, type=kind))
    assert (told.status, told.verdict) == (status, verdict)


def test_a_body_that_was_cut_may_come_whole() -> None:
    """What is no whole JSON is the network's fault; an error object in a 200 is what it says it is."""
    assert failure.of_body(b'{"choices": [', cut=True).verdict == "retry"
    assert failure.of_body(b'{"error": {"message": "busy", "code": 502}}').verdict == "retry"
    assert failure.of_body(b'{"error": {"message": "no", "code": 404}}').verdict == "final"
    assert failure.of_body(b"<html>").kind == "content"


def caused(error: Exception, *causes: BaseException) -> Exception:
    """The error, with what it came of."""
    last: BaseException = error
    for cause in causes:
        last.__cause__ = cause
        last = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "verdict"),
    [
        (caused(httpx.ConnectError("x"), OSError("all"), ConnectionRefusedError(111, "no")), "refused", "retry"),
        (caused(httpx.ConnectError("x"), ExceptionGroup("g", [ConnectionRefusedError()])), "refused", "retry"),
        (ConnectionRefusedError(111, "no"), "refused", "retry"),
        (httpx.ConnectError("All connection attempts failed"), "refused", "retry"),  # out of a recording
        (httpx.ConnectError("name not known"), "transport", "retry"),
        (httpx.ConnectTimeout("x"), "timeout", "retry"),
        (httpx.RemoteProtocolError("x"), "transport", "retry"),
        (httpx.ReadError("reset"), "transport", "retry"),
        (OSError("x"), "transport", "retry"),
        (TimeoutError(), "timeout", "retry"),
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("bad")), "tls", "final"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER]"), "tls", "final"),
        (httpx.LocalProtocolError("x"), "address", "final"),
        (httpx.UnsupportedProtocol("x"), "address", "final"),
        (httpx.InvalidURL("x"), "address", "final"),
        (ValueError("x"), "address", "final"),
    ],
)  # fmt: skip
def test_a_transport_error_is_known_by_its_causes(error: Exception, kind: str, verdict: str) -> None:
    """A refused connection, a broken one and a wrong address are three things; httpx says ConnectError to all."""
    told = failure.of_break(error)
    assert (told.kind, told.verdict) == (kind, verdict)
    assert told.reason.startswith(type(error).__name__)


def test_a_chain_of_causes_without_end_is_followed_a_few_links() -> None:
    """Nothing that is raised can hang us."""
    first, second = httpx.ConnectError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert failure.of_break(first).kind == "transport"


@given(
    st.integers(100, 599),
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=20),
        lambda i: st.lists(i) | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "metadata", "retry_after", "details", "retryDelay"]), i
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text(max_size=20)),
)  # fmt: skip
def test_no_refusal_is_too_odd(status: int, raw: bytes, headers: dict[str, str]) -> None:
    """Whatever a server sends has a verdict, and a wait within bounds."""
    told = failure.of_refusal(status, raw, headers=headers, now=NOW)
    assert 0 <= told.retry_after <= failure.LONGEST_WAIT
    assert isinstance(failure.of_body(raw), failure.Failure)
