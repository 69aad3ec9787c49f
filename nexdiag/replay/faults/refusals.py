"""What servers say when they fail, in the words and the shape of each wire. Pure.

chat, responses   {"error": {"message", "type", "param", "code"}}           platform.openai.com, error codes
anthropic         {"type": "error", "error": {"type", "message"}}           docs.anthropic.com, errors
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec

from nexdiag.codec import sse
from nexdiag.core.endpoint import Wire

PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>laid over a recording by nexdiag</center>\r\n</body>\r\n</html>\r\n"
)
"""What a proxy shows when the server behind it is gone."""
_LAID = " (laid over a recording by nexdiag)"
_OPENAI: Mapping[int, tuple[str, str | None, str]] = MappingProxyType(
    {
        400: ("invalid_request_error", None, "The request is not valid."),
        401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
        402: ("insufficient_quota", "insufficient_quota", "Payment is required."),
        403: ("permission_error", None, "You are not allowed to use this model."),
        404: ("invalid_request_error", "model_not_found", "The model does not exist."),
        408: ("timeout_error", None, "The request timed out."),
        409: ("conflict_error", None, "The resource is locked."),
        413: ("invalid_request_error", None, "The request is too large."),
        425: ("too_early", None, "The model is still loading."),
        429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        503: ("overloaded_error", None, "The server is overloaded or not ready yet."),
        529: ("overloaded_error", None, "Overloaded"),
    }
)
"""Type, code and words of each status."""
_ANTHROPIC: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: ("invalid_request_error", "The request is not valid."),
        401: ("authentication_error", "invalid x-api-key"),
        402: ("billing_error", "Payment is required."),
        403: ("permission_error", "You are not allowed to use this model."),
        404: ("not_found_error", "The model does not exist."),
        408: ("timeout_error", "The request timed out."),
        409: ("conflict_error", "The resource is locked."),
        413: ("request_too_large", "Request exceeds the maximum size"),
        425: ("too_early", "The model is still loading."),
        429: ("rate_limit_error", "This request would exceed your rate limit."),
        504: ("timeout_error", "The request timed out."),
        529: ("overloaded_error", "Overloaded"),
    }
)
_SERVERS = 500


def body(wire: Wire | None, status: int) -> bytes:
    """The body of a refusal."""
    return msgspec.json.encode(_anthropic(status) if wire == "anthropic" else {"error": _openai(status)})


def told(wire: Wire | None, status: int) -> bytes:
    """The event by which a stream says the same."""
    if wire == "anthropic":
        return sse.encode(sse.Event(event="error", data=_text(_anthropic(status))))
    error = _openai(status)
    if wire == "responses":
        data = {"type": "error", "code": error["code"] or error["type"], "message": error["message"], "param": None}
        return sse.encode(sse.Event(event="error", data=_text(data | {"sequence_number": 0})))
    return sse.encode(sse.Event(data=_text({"error": error})))


def _openai(status: int) -> dict[str, Any]:
    otherwise = ("server_error", "server_error") if status >= _SERVERS else ("invalid_request_error", None)
    kind, code, words = _OPENAI.get(status, (*otherwise, _words(status)))
    return {"message": words + _LAID, "type": kind, "param": None, "code": code}


def _anthropic(status: int) -> dict[str, Any]:
    otherwise = "api_error" if status >= _SERVERS else "invalid_request_error"
    kind, words = _ANTHROPIC.get(status, (otherwise, _words(status)))
    return {"type": "error", "error": {"type": kind, "message": words + _LAID}}


def _words(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
