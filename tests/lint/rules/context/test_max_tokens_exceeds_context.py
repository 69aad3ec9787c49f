"""max-tokens-exceeds-context: the request asks for a longer answer than the window, or the model, allows."""

import pytest
from linting import found, judged

CHAT = {"model": "m", "max_tokens": 200000, "messages": [{"role": "user", "content": "u"}]}
WINDOW = "This model's maximum context length is "
SAID = [
    (WINDOW + "8192 tokens. However, you requested 8203 tokens (11 in the messages, 8192 in the completion).", "8181"),
    (
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 32768. This model's maximum context length is 32768 "
            "tokens and your request has 15 input tokens (32768 > 32768 - 15)."
        ),
        "32753",
    ),
    (
        (
            "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a "
            "total of 40000 tokens: 8000 tokens from the input messages and 32000 tokens for the completion."
        ),
        "24768",
    ),
    (
        WINDOW + "4096 tokens. However, you requested 4097 output tokens and your prompt contains at least 1 input "
        "tokens, for a total of at least 4098 tokens.",
        "4095",
    ),
    ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length", "10000"),
    ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 96 `inputs` tokens and 4096 `max_new_tokens`", "4000"),
    ("max_completion_tokens is too large: 200000.This model supports at most 32768 completion tokens.", "32768"),
    ("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4", "64000"),
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", "8192"),
    ("Invalid 'max_tokens': integer above maximum value. Expected a value <= 16384, but got 64000 instead.", "16384"),
    (
        (
            "The parameter max_tokens specified in the request is not valid: integer above maximum value, expected a "
            "value <= 32768, but got 64000 instead."
        ),
        "32768",
    ),
    ("max_tokens (current value: 4096) must be between 0 and 4000 ", "4000"),
    ("field MaxTokens invalid, should be in [1, 65536]", "65536"),
    ("Invalid maxtokens value, the valid range of maxtokens is [1, 393216]", "393216"),
    (
        "it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 8193 (exclusive)",
        "8193",
    ),
    ("Prompt has 100 tokens and max_tokens is 200000 tokens, but the context size is 4096 tokens", "3996"),
    ("Range of max_tokens should be [1, 8192]", "8192"),
    ("`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less", "32768"),
]


@pytest.mark.parametrize(("words", "limit"), SAID)
@pytest.mark.parametrize("request_body", [None, CHAT])
def test_what_servers_say(words: str, limit: str, request_body: object) -> None:
    """The fix names what may be asked for; the pointer the parameter, where the request is known."""
    first = judged(request_body, status=400, response={"object": "error", "message": words})[0]
    assert (first.rule, first.refused) == ("max-tokens-exceeds-context", True)
    assert f"at most {limit} tokens" in first.fix
    assert first.location.pointer == (None if request_body is None else "/max_tokens")


@pytest.mark.parametrize("asked", [20000, 60000])
def test_a_sum_is_taken_apart_by_the_request(asked: int) -> None:
    """Where the words hold only the sum, the request tells how much of it is the answer."""
    said = WINDOW + "50000 tokens. However, you requested 75000 tokens."
    (finding,) = judged({**CHAT, "max_tokens": asked}, status=400, response={"error": {"message": said}})
    assert finding.rule == ("context-overflow" if asked == 20000 else "max-tokens-exceeds-context")


def test_what_is_said_of_the_sum() -> None:
    """Where the answer that is asked for is larger than the window, the messages may fit."""
    said = {"error": {"message": "The number of tokens (prompt + max_tokens) exceeds context length 8192"}}
    assert judged(CHAT, status=400, response=said)[0].rule == "max-tokens-exceeds-context"
    assert judged({**CHAT, "max_tokens": 9}, status=400, response=said)[0].rule == "context-overflow"


@pytest.mark.parametrize(
    "words",
    [
        WINDOW
        + "16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion).",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "prompt is too long: 209000 tokens > 200000 maximum",
        "`inputs` must have less than 1024 tokens. Given: 2000",
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
        "Prompt has 256468 tokens, but the configured context size is 256000 tokens",
    ],
)
def test_look_alikes_are_let_pass(words: str) -> None:
    """Messages that are too long by themselves, and a parameter of the wrong name."""
    assert found("max-tokens-exceeds-context", CHAT, status=400, response={"error": {"message": words}}) == []
