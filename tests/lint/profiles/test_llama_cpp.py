"""What llama.cpp's server accepts and refuses."""

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.lint.profiles import named, recognise
from nexdiag.lint.profiles.llama_cpp import CONDITIONAL, PROFILE


def test_it_serves_with_and_without_v1() -> None:
    """`/chat/completions` is an alias: a base URL without /v1 is no fault there."""
    assert {"/chat/completions", "/v1/chat/completions", "/models", "/v1/models"} <= set(PROFILE.routes)
    assert {"/v1/responses", "/v1/messages"} <= set(PROFILE.routes)
    assert PROFILE.refusal("base-url-missing-v1") is None


def test_alternation_is_the_templates_matter() -> None:
    """The server itself lets any order pass; with a strict template it refuses with 400, before any stream."""
    assert PROFILE.refusal("role-alternation") is None
    strict = next(entry for entry in CONDITIONAL if entry.refusal.rule == "role-alternation")
    assert (strict.variant, strict.refusal.status) == ("strict", 400)
    assert "Jinja Exception: Conversation roles must alternate" in strict.refusal.body["error"]["message"]


def test_it_ignores_the_model_and_pairs_no_calls() -> None:
    """Measured: any model name answers, and nothing is checked of tool messages."""
    for rule in ("model-name-prefix", "orphan-tool-result", "unanswered-tool-call", "stream-options-unsupported"):
        assert PROFILE.refusal(rule) is None


def test_nex_asks_it_for_usage_and_gives_thinking_back() -> None:
    """Measured: it takes stream_options and tells no usage without them, and it reads reasoning_content."""
    assert PROFILE.sends.stream_options
    assert PROFILE.sends.reasoning_field == "reasoning_content"


def test_what_was_measured_is_stated() -> None:
    """Broken arguments are a 500, a missing content is a 400, null is taken; old versions did not take it."""
    arguments, missing = PROFILE.refusal("tool-args-not-json"), PROFILE.refusal("missing-content")
    assert arguments is not None
    assert missing is not None
    assert (arguments.status, missing.status) == (500, 400)
    assert PROFILE.refusal("null-content") is None
    assert any(entry.variant == "b5350" and entry.refusal.rule == "null-content" for entry in CONDITIONAL)


def test_an_overflow_tells_its_numbers() -> None:
    """The type is its own, and so are the two fields beside it."""
    refusal = PROFILE.refusal("context-overflow")
    assert refusal is not None
    assert refusal.body["error"]["type"] == "exceed_context_size_error"
    assert {"n_prompt_tokens", "n_ctx"} <= set(refusal.body["error"])


def test_a_recording_of_a_stub_like_a_variant_is_recognised() -> None:
    """By the header, which every deployment of the server sends."""
    header = named("llama.cpp-strict").server_header
    assert header is not None
    request = Request(method="POST", url="http://127.0.0.1:9/v1/chat/completions", body=Body.of(b"{}"))
    response = Response(status=400, headers=(("server", header),))
    recognised = recognise(Exchange(id=0, started=0.0, request=request, response=response))
    assert recognised is PROFILE
