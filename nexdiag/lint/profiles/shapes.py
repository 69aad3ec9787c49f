"""The shapes of servers' error bodies: words in, the JSON body that carries them out. No statement lives here."""

from typing import Any

Body = Any
"""A JSON value."""


def openai_error(
    message: str, *, param: str | None = None, code: str | int | None = None, kind: str = "invalid_request_error"
) -> Body:
    """The error object of OpenAI, and of most that imitate it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def python_error(message: str, *, status: int = 400, kind: str = "BadRequestError") -> Body:
    """That of vLLM since the end of 2025: named for an exception of Python, with the status as its code."""
    return openai_error(message, code=status, kind=kind)


def flat_error(message: str, *, status: int = 400, kind: str = "BadRequestError") -> Body:
    """That of SGLang, and of vLLM before: no object `error` around it."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": status}


def llama_error(message: str, *, status: int = 400, kind: str = "invalid_request_error", **more: int) -> Body:
    """That of llama.cpp's server."""
    return {"error": {"code": status, "message": message, "type": kind, **more}}


def mistral_error(message: str, *, kind: str = "invalid_request_error", code: str | None = None) -> Body:
    """That of Mistral's service."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def forbidden(*place: str) -> Body:
    """What Mistral's service says of a field that its schema does not have; `place` is the path to it in the body."""
    detail = {"type": "extra_forbidden", "loc": ["body", *place], "msg": "Extra inputs are not permitted", "input": ""}
    return {"object": "error", "message": {"detail": [detail]}, "type": "invalid_request_error", "param": None}


def gemini_error(message: str, *, status: int = 400, kind: str = "INVALID_ARGUMENT") -> Body:
    """That of Gemini's OpenAI-compatible address: Google's error in a list of one entry."""
    return [{"error": {"code": status, "message": message, "status": kind}}]


def anthropic_error(message: str, *, kind: str = "invalid_request_error") -> Body:
    """That of Anthropic's Messages."""
    return {"type": "error", "error": {"type": kind, "message": message}}


def rust_error(message: str) -> Body:
    """That of DeepSeek's service, whose messages are those of Rust's serde where a body has the wrong shape."""
    return openai_error(message, code="invalid_request_error")


def dashscope_error(message: str) -> Body:
    """That of DashScope's compatible mode."""
    return openai_error(message, code="invalid_parameter_error")


def provider_error(raw: str, provider: str, *, status: int = 400) -> Body:
    """That of OpenRouter: what the provider said is a text inside it."""
    metadata = {"raw": raw, "provider_name": provider}
    return {"error": {"message": "Provider returned error", "code": status, "metadata": metadata}}
