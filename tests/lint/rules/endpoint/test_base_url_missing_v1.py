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


@pytest.mark.parametrize("request_body", [None, {"jsonrpc": "2.0", "id": 3, "method": "prompts/list"}])
@pytest.mark.parametrize("status", [None, 200, 404])
def test_json_rpc_has_no_address(request_body: object, status: int | None) -> None:
    """Its methods may not be found; that is no 404."""
    answer = {"jsonrpc": "2.0", "id": 3, "error": {"code": -32601, "message": "Method not found"}}
    assert found(status=status, request=request_body, response=answer) == []


def test_an_address_at_the_end_of_a_sentence() -> None:
    """LM Studio writes it so."""
    log = "[ERROR] Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway"
    (finding,) = found(log=log)
    assert finding.facts["path"] == "/chat/completions"


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
    ("status", "words"),
    [
        (404, "Invalid URL (POST /chat/completions)"),
        (404, "404 Client Error: Not Found for url: http://h:8000/chat/completions"),
        (200, "Unexpected endpoint or method. (POST /chat/completions)"),
        (None, "Invalid URL (GET /models)"),
        (None, "404 page not found"),
        (404, "openai.NotFoundError: 404 page not found (client.models.list())"),
    ],
)
def test_the_address_in_the_words(status: int | None, words: str) -> None:
    """Servers and clients name it; without a status, and under 200 as LM Studio does, the words are enough."""
    first = judge_bare(BareExchange(status=status, response={"error": {"message": words}}))[1][0]
    assert (first.rule, first.refused) == ("base-url-missing-v1", True)


@pytest.mark.parametrize(
    "words", ["Invalid URL (POST /v1/chat/completions)", "Not Found for url: http://h/v1/chat/completions"]
)
def test_the_words_show_that_it_is_there(words: str) -> None:
    """Then it is another fault."""
    assert found(status=404, response={"error": {"message": words}}) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"client": "ollama-python", "response": "404 page not found"},
        {"url": "http://h/api/chat/completions", "response": "404 page not found"},
        {"response": "This is a chat model and not supported in the v1/completions endpoint."},
        {"response": "the file could not be read"},
    ],
)
def test_an_address_of_another_dialect(parts: dict[str, object]) -> None:
    """That is another fault; and a 404 that speaks of no address is none of this kind."""
    assert found(server="Ollama", status=404, **parts) == []


@pytest.mark.parametrize(
    "log",
    [
        'INFO: 127.0.0.1:5 - "POST /chat/completions HTTP/1.1" 404 Not Found',
        '[GIN] 2026/10/01 - 10:00:00 | 404 |       3.2µs |       127.0.0.1 | POST     "/chat/completions"',
    ],
)
@pytest.mark.parametrize("server", [None, "SGLang/vLLM/llama.cpp/Ollama"])
def test_the_log_of_a_server(log: str, server: str | None) -> None:
    """What the servers wrote themselves, whichever of them it was."""
    assert judge_bare(BareExchange(log=log, server=server))[1][0].rule == "base-url-missing-v1"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"url": "http://h/v1/chat/completions", "status": 404}, id="it has /v1"),
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


@pytest.mark.parametrize(
    ("path", "status", "count"),
    [
        ("/v1/v1/chat/completions", 404, 1),
        ("/openai/v1/v1/responses", 404, 1),
        ("/v1/v1/chat/completions", 200, 0),
        ("/v1/v1/chat/completions", 401, 0),
        ("/v1/v1/models/x", 404, 1),
        ("/v1/chat/completions", 404, 0),
        ("/v1/v1beta/chat/completions", 404, 0),
        ("/v1/v11/chat/completions", 404, 0),
    ],
)
def test_a_version_that_stands_twice(path: str, status: int, count: int) -> None:
    """A base URL that ends in /v1, and a client that appends it: the finding says so, not that it is missing."""
    bare = BareExchange(
        url=f"http://h{path}",
        status=status,
        request={"model": "m"},
        response={"detail": "Not Found"} if status == 404 else {"id": "x"},
    )
    twice = [one for one in judge_bare(bare)[1] if one.rule == "base-url-missing-v1"]
    assert [one.summary for one in twice] == [f"http://h{path} has /v1 twice"] * count
    assert all("once" in one.fix for one in twice)
