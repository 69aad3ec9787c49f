"""base-url-wrong-dialect: the address is one dialect's, and the client speaks another."""

from typing import Any

import pytest
from linting import found, judged, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import UNKNOWN

NAME = "base-url-wrong-dialect"
CHAT = {"model": "m", "messages": [{"role": "user", "content": "u"}]}
GO = "404 page not found"


@pytest.mark.parametrize(
    ("path", "server", "response"),
    [
        ("/v1/api/chat", "Ollama", GO),
        ("/v1/api/tags", None, GO),
        ("/api/chat/completions", "Ollama", GO),
        ("/api/v1/chat/completions", None, GO),
        ("/api/chat", "vLLM", {"detail": "Not Found"}),
        ("/api/generate", "llama.cpp", {"error": {"message": "File Not Found", "code": 404}}),
        ("/v1/messages", "OpenAI", {"error": {"message": "Invalid URL (POST /v1/messages)"}}),
        ("/v1/responses", "Ollama", GO),
    ],
)
def test_a_path_of_another_dialect(path: str, server: str | None, response: object) -> None:
    """A 404 confirms it; nothing is said of a missing /v1."""
    for parts in ({"url": f"http://h:1{path}", "response": response}, {"response": f"{GO}: POST http://h:1{path}"}):
        findings = judged(CHAT, server=server, status=404, **parts)
        assert [(finding.rule, finding.refused) for finding in findings] == [(NAME, True)]
        assert path in findings[0].summary


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/chat/completions", {"model": "m", "input": "u"}, "'messages'"),
        ("/v1/chat/completions", {"model": "m", "prompt": "u"}, "'prompt'"),
        ("/v1/chat/completions", {"contents": []}, "'contents'"),
        ("/v1/chat/completions", {**CHAT, "anthropic_version": "2023-06-01"}, "Anthropic"),
        ("/v1/chat/completions", {**CHAT, "system": "s", "max_tokens": 9}, "Anthropic"),
        ("/v1/completions", CHAT, "'prompt'"),
        ("/v1/responses", CHAT, "'input'"),
        ("/v1/messages", {"model": "m", "input": "u"}, "'messages'"),
        ("/api/generate", CHAT, "'prompt'"),
        ("/api/chat", {"model": "m", "prompt": "u"}, "'messages'"),
    ],
)
def test_a_body_of_another_dialect(path: str, body: dict[str, Any], says: str) -> None:
    """A risk before anybody answered, an error once it was refused, nothing once it was taken."""
    (finding,) = found(NAME, body, url=f"http://h{path}")
    assert (finding.severity, finding.location.pointer) == (Severity.WARNING, None)
    assert says in finding.summary
    response = {"error": {"message": "Missing required parameter"}}
    assert found(NAME, body, url=f"http://h{path}", status=400, response=response)[0].refused
    assert found(NAME, body, url=f"http://h{path}", status=200) == []


@pytest.mark.parametrize(
    "words",
    [
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'.",
        "This is a chat model and not supported in the v1/completions endpoint. Did you mean another?",
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        "Invalid URL (POST /v1/messages)",
        "Unexpected endpoint or method. (POST /api/chat)",
    ],
)
def test_the_words_tell_alone(words: str) -> None:
    """Where the address is not known, with a request or without."""
    assert judged(status=404, response={"error": {"message": words}})[0].rule == NAME
    assert judged(CHAT, status=400, response={"error": {"message": words}})[0].rule == NAME


def test_what_was_taken_in_the_end() -> None:
    """A request that a later exchange shows to be served is no fault."""
    cassette = recording((CHAT, None, None), (CHAT, 200, {"choices": []}), url="http://h/v1/responses")
    assert told(NAME, cassette, UNKNOWN) == []


def test_a_path_in_free_words() -> None:
    """A report names the path, if not the whole request."""
    assert judged(status=404, response="404 for /api/chat: llama-server has no such route")[0].rule == NAME
    assert judged(status=405, response="405 method not allowed")[0].rule == NAME


@pytest.mark.parametrize("client", ["ollama-python", "langchain_ollama", "ollama-js 0.5"])
def test_a_client_that_speaks_ollamas_own(client: str) -> None:
    """Its 404 without an address comes of a base URL that is OpenAI's; that of another client of a missing /v1."""
    assert judged(client=client, server="Ollama", status=404, response=GO)[0].rule == NAME
    assert judged(client="openai-python", server="Ollama", status=404, response=GO)[0].rule == "base-url-missing-v1"


@pytest.mark.parametrize(
    "parts",
    [
        {"url": "http://h/v1/chat/completions", "status": 404, "response": {"detail": "Not Found"}},
        {"url": "http://h/chat/completions", "status": 404, "response": GO},
        {
            "url": "https://openrouter.ai/api/v1/chat/completions",
            "status": 404,
            "response": {"error": {"message": "x"}},
        },
        {"url": "http://h/api/chat/completions", "status": 200},
        {"url": "http://h/api/chat", "status": 200},
        {"url": "http://h/api/chat", "status": 404, "response": {"error": "model 'm' not found"}},
        {"url": "http://h/v1/messages", "status": 404, "response": {"error": {"message": "model: claude-x"}}},
        {"url": "http://h/v1/messages", "status": 200},
        {"url": "http://h/v1/embeddings", "request": {"input": "u"}},
        {"url": "http://h/v1/chat/completions", "request": {"messages": [], "input": "both"}},
        {"request": {"input": "u"}, "status": 400, "response": "no"},
        {"url": "http://h/v1/completions", "request": {"prompt": "u"}},
        {"url": "\x00", "status": 404},
        {"url": "http://h/v1/responses", "status": 401},
        {"url": "http://h/v1/api/chat", "status": 429, "response": "rate limit"},
    ],
)
def test_look_alikes_are_let_pass(parts: dict[str, Any]) -> None:
    """Right pairs of address and body, routes that gateways have there, and a model that is missing."""
    assert found(NAME, **({"request": CHAT} | parts)) == []
