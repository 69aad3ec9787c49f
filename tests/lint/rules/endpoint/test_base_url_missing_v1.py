"""base-url-missing-v1: the base URL lacks /v1."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

CHAT = {"model": "m", "messages": [{"role": "user", "content": "u"}]}
BARE = "http://127.0.0.1:30000/chat/completions"


def found(**parts: object) -> list[Finding]:
    return [finding for finding in judge_bare(BareExchange(**parts))[1] if finding.rule == "base-url-missing-v1"]


@pytest.mark.parametrize(
    "answer",
    [
        "404 page not found",
        {"detail": "Not Found"},
        {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}},
        {"error": {"message": "Invalid URL (POST /chat/completions)", "type": "invalid_request_error"}},
        {"message": "no Route matched with those values", "request_id": "x"},
        "<html><head><title>404 Not Found</title></head></html>",
        "",
        None,
    ],
)
def test_a_404_at_an_address_without_v1(answer: object) -> None:
    """It is confirmed whatever the server says, as long as it misses no other thing; the summary names the address."""
    (finding,) = found(url=BARE, status=404, request=CHAT, response=answer)
    assert (finding.severity, finding.refused) == (Severity.ERROR, True)
    assert BARE in finding.summary
    assert "/v1" in finding.summary
    assert finding.location.pointer is None
    assert finding.fix == "end the base URL in /v1, once"


@pytest.mark.parametrize("answer", ["404 page not found", {"detail": "Not Found"}, "HTTP 404 on the first message"])
@pytest.mark.parametrize("request_body", [None, CHAT])
def test_a_404_at_an_address_that_is_not_known(answer: object, request_body: object) -> None:
    """Without the address, a 404 that speaks of no model is enough."""
    (finding,) = found(status=404, request=request_body, response=answer)
    assert finding.refused


def test_the_address_in_a_log() -> None:
    """A client's log tells method, address and status."""
    log = 'HTTP Request: POST http://host:11434/chat/completions "HTTP/1.1 404 Not Found"'
    (finding,) = found(log=log)
    assert finding.refused
    assert finding.facts == {
        "url": "http://host:11434/chat/completions",
        "path": "/chat/completions",
        "method": "POST",
    }


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"url": "http://h/v1/chat/completions", "status": 404}, id="it has /v1"),
        pytest.param({"url": "http://h/v1/v1/chat/completions", "status": 404}, id="it has it twice"),
        pytest.param({"url": "http://h/v1beta/openai/chat/completions", "status": 404}, id="another version"),
        pytest.param(
            {"url": "http://h/openai/deployments/d/chat/completions?api-version=1", "status": 404}, id="azure"
        ),
        pytest.param({"url": "http://h/api/chat", "status": 404}, id="another dialect"),
        pytest.param({"url": BARE, "status": 404, "response": {"error": "model 'm' not found"}}, id="a model"),
        pytest.param({"status": 404, "response": {"error": {"message": "The model `m` does not exist."}}}, id="model"),
        pytest.param({"url": BARE, "status": 400, "response": {"detail": "Not Found"}}, id="not a 404"),
        pytest.param({"url": BARE, "status": 200, "server": "SGLang"}, id="it was served"),
        pytest.param({"url": BARE, "status": 401, "server": "SGLang"}, id="it was refused for another reason"),
        pytest.param({"url": BARE}, id="an unknown server"),
        pytest.param({"url": BARE, "server": "llama.cpp"}, id="llama.cpp has an alias"),
        pytest.param({"url": "\x00", "status": 404}, id="no address at all"),
    ],
)
def test_look_alikes_are_let_pass(parts: dict[str, object]) -> None:
    """Nothing is found where /v1 is there, or another thing is missing, or the route may be served."""
    assert found(request=CHAT, **parts) == []


@pytest.mark.parametrize("server", ["SGLang", "vLLM", "Ollama", "OpenAI", "Mistral", "Azure OpenAI"])
def test_the_address_alone_is_a_warning(server: str) -> None:
    """A known server does not serve that path; but something in between may mend it."""
    (finding,) = found(url=BARE, server=server, request=CHAT)
    assert (finding.severity, finding.refused) == (Severity.WARNING, False)
