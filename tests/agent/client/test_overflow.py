"""Promises of client.overflow: structure and numbers say that a conversation is too long, and words never do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.client import overflow
from nexdiag.agent.client.overflow import Overflow
from nexdiag.core.message import Message, Reply, ToolCall, Usage

SAID: dict[str, tuple[str, int, int]] = {
    "vLLM, prompt and answer": (
        (
            "This model's maximum context length is 4096 tokens. However, you requested 0 output tokens and your "
            "prompt contains at least 4097 input tokens, for a total of at least 4097 tokens. Please reduce the length."
        ),
        4097,
        4096,
    ),
    "vLLM, the answer": (
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 3000. This model's maximum context length is 4096 "
            "tokens and your request has 1500 input tokens (3000 > 4096 - 1500)."
        ),
        4500,
        4096,
    ),
    "OpenAI, vLLM, DeepSeek, OpenRouter, xAI, SGLang, the sum": (
        (
            "This model's maximum context length is 32,768 tokens. However, you requested 50,001 tokens (40001 in the "
            "messages, 10000 in the completion). Please reduce the length of the messages or completion."
        ),
        50001,
        32768,
    ),
    "llama.cpp, SGLang, Gemini, vLLM, the prompt": (
        "request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it",
        9001,
        8192,
    ),
    "GitHub Copilot": ("prompt token count of 130001 exceeds the limit of 128000", 130001, 128000),
    "Anthropic, the prompt": ("prompt is too long: 200001 tokens > 200000 maximum", 200001, 200000),
    "Anthropic, the sum": (
        "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length",
        206384,
        200000,
    ),
    "Mistral": (
        "Prompt contains 33000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        33000,
        32768,
    ),
    "LM Studio": (
        (
            "Trying to keep the first 4500 tokens when context the overflows. However, the model is loaded with "
            "context length of only 4096 tokens, which is not enough. Try to load the model with a larger one"
        ),
        4500,
        4096,
    ),
    "TGI, the sum": (
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 1900 `inputs` tokens "
            "and 1024 `max_new_tokens`"
        ),
        2924,
        2048,
    ),
    "TGI, the prompt": ("Input validation error: `inputs` must have less than 1024 tokens. Given: 1200", 1200, 1024),
    "SGLang, the answer": (
        "max_completion_tokens is too large: 99999.This model supports at most 32768 completion tokens.",
        99999,
        32768,
    ),
    "Moonshot": ("Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)", 9000, 8192),
    "Cohere": ("total number of tokens in the prompt cannot exceed 4081 - received 5000.", 5000, 4081),
}
"""One sentence for each shape, in the words of its server; its numbers are ours."""

MORE = [
    ("The input (9000 tokens) is longer than the model's context length (8192 tokens).", 9000, 8192),
    ("The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).", 1100000, 1048576),
    ("The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that", 5000, 4096),
    ("This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens", 9000, 8192),
    ("This model's maximum prompt length is 8192 but the request contains 9000 tokens.", 9000, 8192),
    (("Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9000 "
     "tokens: 8000 tokens from the input messages and 1000 tokens for the completion."), 9000, 8192),
    ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 9000, 8192),
    (("litellm.ContextWindowExceededError: litellm.BadRequestError: This model's maximum context length is 8192 "
     "tokens. However, you requested 9000 tokens"), 9000, 8192),
]  # fmt: skip

ABOUT_SOMETHING_ELSE = [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 142.",
    (
        "ContextWindowExceededError: Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with "
        "maximum length 40, but got a string with length 46 instead."
    ),
    "Invalid schema for function 'x': In context=(), object schema missing properties.",
    "invalid token in request: prompt must be a string",
    "The model's maximum is reached; too many tokens in flight, context is busy",
    "This model's maximum context length is 8192 tokens. However, you requested 100 tokens",
    "Your request (61) exceeds the limit of 60 requests per minute",
    "request body (9000 bytes) exceeds the limit (8192 bytes)",
    "Unexpected token '<' in JSON at position 9000, maximum 8192",
    "maximum context length is 99999999999999 tokens. However, you requested 999999999999999 tokens",
    "",
]


@pytest.mark.parametrize("server", SAID)
def test_each_shape_is_read_with_its_numbers(server: str) -> None:
    """What each server says of an overflow gives what was needed and what there is; no shape is without an example."""
    words, needed, window = SAID[server]
    assert overflow.found(400, words) == Overflow(needed=needed, window=window)
    assert set(SAID) == set(overflow._SHAPES)


@pytest.mark.parametrize(("words", "needed", "window"), MORE)
def test_other_words_of_the_same_shape(words: str, needed: int, window: int) -> None:
    """Servers share shapes; gateways put their own words around them, and some give a 500."""
    assert overflow.found(400, words) == overflow.found(500, words) == Overflow(needed=needed, window=window)


@pytest.mark.parametrize("words", ABOUT_SOMETHING_ELSE)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_words_alone_are_none(words: str, status: int) -> None:
    """A refusal that mentions tokens, prompts, maximums or contexts compacts no history (reference fault L19)."""
    assert overflow.found(status, words) is None


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429])
def test_a_rate_or_a_key_is_none(status: int) -> None:
    """Groq's limit of tokens a minute has two numbers too; waiting helps, a shorter conversation does not."""
    assert overflow.found(status, SAID["Moonshot"][0], {"code": "context_length_exceeded"}) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"type": "exceed_context_size_error", "n_prompt_tokens": 91, "n_ctx": 82}, Overflow(needed=91, window=82)),
        ({"type": "other", "n_prompt_tokens": 91, "n_ctx": 82}, Overflow(needed=91, window=82)),
        ({"type": "exceed_context_size_error"}, Overflow()),
        ({"code": "context_length_exceeded"}, Overflow()),
        ({"type": "exceed_context_size_error", "n_prompt_tokens": "many", "n_ctx": None}, Overflow()),
        ({"n_prompt_tokens": 5, "n_ctx": 8192}, None),
        ({"n_prompt_tokens": True, "n_ctx": True}, None),
        ({"code": ["context_length_exceeded"]}, None),
        ({"code": 400}, None),
    ],
)  # fmt: skip
def test_a_code_and_counts_are_enough(error: dict[str, Any], told: Overflow | None) -> None:
    """llama.cpp counts beside its words; OpenAI's code means nothing else, whatever language the words are in."""
    assert overflow.found(400, "zu lang", error) == told


def test_one_field_that_is_too_long_is_none() -> None:
    """LiteLLM gives an id of 46 characters the code of an overflow (litellm#17343): no shorter history helps."""
    words = "Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got"
    assert overflow.found(400, words, {"code": "context_length_exceeded"}) is None


def test_a_code_learns_the_window_from_the_words() -> None:
    """A sentence that names the window only still names it."""
    words = "This model's maximum context length is 8192 tokens."
    assert overflow.found(400, words, {"code": "context_length_exceeded"}) == Overflow(window=8192)
    assert overflow.found(400, words) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (413, "Request Entity Too Large"),
        (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
        (400, "the request exceeds the available context size. try increasing the context size"),
        (400, "Input is too long for requested model."),
        (500, "prompt too long; exceeded max context length by 12 tokens"),
        (400, "invalid params, context window exceeds limit (2013)"),
    ],
)  # fmt: skip
def test_sentences_that_mean_nothing_else(status: int, words: str) -> None:
    """Some servers say it without numbers."""
    assert overflow.found(status, words) == Overflow()


@given(st.integers(0, 599), st.text(max_size=300), st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_nothing_is_too_odd(status: int, words: str, error: dict[str, Any]) -> None:
    """Whatever a server says, numbers are within bounds."""
    told = overflow.found(status, words, error)
    assert told is None or told.window is None or 0 < told.window <= overflow.LARGEST


@pytest.mark.parametrize("piece", ["maximum context length is 1 ", "prompt (1 tokens) exceeds the ", "9" * 50, "> "])
def test_a_long_refusal_takes_no_time(piece: str) -> None:
    """Only the beginning is looked at: a megabyte of half sentences is no more work than a page of them."""
    assert overflow.found(400, piece * (1024**2 // len(piece))) is None


# ---- overflows that come as answers


def reply(text: str = "", *, tokens: int = 0, prompt: int = 0, reason: str = "length", **message: object) -> Reply:
    usage = Usage(input_tokens=prompt, output_tokens=tokens)
    said = Message(role="assistant", content=text, **message)  # type: ignore[arg-type]
    return Reply(message=said, finish_reason=reason, usage=usage)


def test_an_answer_without_room_is_an_overflow() -> None:
    """LM Studio cuts the answer at its first token and calls that `length`; the counts tell the window."""
    assert overflow.of_reply(reply(), 4096) == Overflow()
    assert overflow.of_reply(reply(tokens=1, prompt=4095), 4096) == Overflow(window=4096)
    assert overflow.of_reply(reply("Hm", tokens=2, prompt=4094), 4096) == Overflow(window=4096)


@pytest.mark.parametrize(
    "given",
    [
        reply(reason="stop"),
        reply("a long answer " * 50, tokens=200),
        reply("some words, and nobody counts"),
        reply(reasoning="thinking it over, and over, and over again" * 9),
        reply(tokens=9),
        reply(tool_calls=(ToolCall(id="a", name="b", arguments="{"),)),
    ],
)
def test_any_other_cut_is_a_cut(given: Reply) -> None:
    """Who has said something, or used up what it was given, is continued, not compacted."""
    assert overflow.of_reply(given, 4096) is None


def test_a_small_limit_is_no_overflow() -> None:
    """Whoever asks for a few tokens gets a few."""
    assert overflow.of_reply(reply(tokens=1, prompt=10), 16) is None
