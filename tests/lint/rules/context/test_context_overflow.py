"""context-overflow: the conversation is longer than the model's context window."""

import pytest
from linting import found, judged

from nexdiag.core.finding import Severity

CHAT = {"model": "m", "messages": [{"role": "user", "content": "u"}]}
VLLM = "This model's maximum context length is {} tokens. However, you requested {} tokens ({} in the messages, {} in "
VLLM += "the completion). Please reduce the length of the messages or completion."
SAID = [
    (VLLM.format(16384, 122946, 112946, 10000), 16384, 112946),
    (
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please "
        "reduce the length of the messages."),
        8192,
        9000,
    ),
    (("This model's maximum context length is 4097 tokens, however you requested 5360 tokens (5104 in your prompt; 256 "
     "for the completion)."), 4097, 5104),
    (("This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (145000 of "
     "text input, 5000 in the output)."), 131072, 145000),
    ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096, 5000),
    ("prompt is too long: 209000 tokens > 200000 maximum", 200000, 209000),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576, 1200000),
    ("The input (40000 tokens) is longer than the model's context length (32768 tokens).", 32768, 40000),
    ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`",
     4096, 5000),
    ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 32768,
     40000),
    ("litellm.ContextWindowExceededError: prompt is too long: 209,000 tokens > 200,000 maximum", 200000, 209000),
    (("Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context "
     "length of only 4096 tokens, which is not enough."), 4096, 5000),
    ("Input length (40000 tokens) exceeds the maximum allowed length (32768 tokens).", 32768, 40000),
    (
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that",
        4096,
        5000,
    ),
    (
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens (7000 in "
        "the messages, 2000 in the functions)."),
        8192,
        9000,
    ),
    ("Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192", 8192, 9000),
    ("Prompt has 256468 tokens, but the configured context size is 256000 tokens", 256000, 256468),
    ("Prompt is 11543 tokens but the model context window is 4096 tokens.", 4096, 11543),
    ("Requested tokens (2138) exceed context window of 2048", 2048, None),
    ("context ~19344 tokens exceeds the model window 18320 (model=main)", 18320, 19344),
    (
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
        272000,
        300000,
    ),
    ("Request too large for model: context window is 8192 tokens", 8192, None),
    ("total tokens exceed max context 4096", 4096, None),
    ("tokens in request more than max tokens allowed", None, None),
    ("This model supports only 256K context", 262144, None),
    ("Context size has been exceeded.", None, None),
    ("Input is too long for requested model.", None, None),
    ("Your input exceeds the context window of this model. Please adjust your input and try again.", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("words", "window", "needed"), SAID)
@pytest.mark.parametrize("request_body", [None, CHAT])
def test_what_servers_say(words: str, window: int | None, needed: int | None, request_body: object) -> None:
    """The numbers are read from the words, with or without the request."""
    first = judged(request_body, status=400, response={"error": {"message": words}})[0]
    assert (first.rule, first.severity, first.refused) == ("context-overflow", Severity.ERROR, True)
    assert first.facts.get("window") == (None if window is None else str(window))
    assert first.facts.get("tokens") == (None if needed is None else str(needed))


def test_a_status_that_says_something_else() -> None:
    """Kimi refuses a long prompt as if the login had failed: the words decide."""
    error = {"message": "This model supports only 256K context", "type": "invalid_authentication_error"}
    for request in (None, CHAT):
        assert judged(request, status=401, response={"error": error})[0].rule == "context-overflow"


def test_the_numbers_beside_the_words() -> None:
    """llama.cpp tells them as fields of its error."""
    error = {
        "code": 400,
        "message": "the request exceeds the available context size. try increasing the context size or enable context "
        "shift",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 8192,
    }
    (finding,) = found("context-overflow", CHAT, status=400, response={"error": error})
    assert finding.facts == {"window": "8192", "tokens": "9000"}


@pytest.mark.parametrize(
    "words",
    [
        VLLM.format(8192, 8203, 11, 8192),
        "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40",
        (
            "litellm.ContextWindowExceededError: Invalid 'messages[1].tool_calls[0].id': string too long. Expected a "
            "string with maximum length 40, but got a string with length 64 instead."
        ),
        "Rate limit reached for tokens per minute: Limit 30000, Requested 40000",
        "invalid token",
        "max_tokens must be positive",
        "max_tokens (current value: 4096) must be between 0 and 4000",
        "This model supports only text in its context",
        "Set max_tokens to 100 tokens; the context is not kept",
    ],
)
def test_look_alikes_are_let_pass(words: str) -> None:
    """Too much asked for the answer, an id that is too long, a rate, and other words of tokens."""
    assert found("context-overflow", CHAT, status=400, response={"error": {"message": words}}) == []


def test_an_answer_that_speaks_of_it_is_no_refusal() -> None:
    """A model may write these words."""
    answer = {"choices": [{"message": {"role": "assistant", "content": "prompt is too long"}, "finish_reason": "stop"}]}
    assert found("context-overflow", CHAT, status=200, response=answer) == []
