"""What stands around a server's words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.lint.seen import wrapping
from nexdiag.lint.seen.wrapping import bare, embedded

WORDS = "Conversation roles must alternate user/assistant"
ERROR = {"error": {"message": WORDS, "type": "invalid_request_error", "param": None, "code": None}}


@pytest.mark.parametrize(
    "prefix",
    [
        "litellm.BadRequestError: OpenAIException - ",
        "litellm.exceptions.BadRequestError: litellm.BadRequestError: Hosted_vllmException - ",
        "litellm.APIError: APIError: OpenrouterException - Error: ",
        "openai.BadRequestError: Error code: 400 - ",
        "anthropic.BadRequestError: Error code: 400 - ",
        "BadRequestError: ",
        "Error: 400 Bad Request: ",
        "error, status code: 400, status: 400 Bad Request, message: ",
        "botocore.ValidationException: An error occurred (ValidationException) when calling the Converse operation: ",
        "An error occurred (ValidationException) when calling the InvokeModel operation (reached max retries: 4): ",
        'POST "https://api.openai.com/v1/chat/completions": 400 Bad Request ',
        "400 Bad Request: ",
        "HTTP 400: ",
        "HTTP/1.1 422 Unprocessable Entity: ",
        "status 400: ",
        "status code: 500 - ",
        "API Error: 400: ",
        "Groq API error 400: ",
        "request failed with status code 400: ",
        "[400 Bad Request] - ",
        "Error from provider (DeepSeek): ",
        "Provider returned error: ",
        "Upstream error from Novita AI: ",
    ],
)
def test_a_prefix_is_taken_off(prefix: str) -> None:
    """Names of exceptions and statuses say nothing of the request."""
    assert bare(prefix + WORDS) == WORDS
    assert bare(WORDS) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "404 page not found",
        "400 Invalid 'messages[1].tool_calls': empty array.",
        "400 Bad Request",
        "Jinja Exception: System message must be at the beginning.",
        "<400> InternalError.Algo.InvalidParameter: messages with role",
        "messages.2.content.0: unexpected `tool_use_id`",
        "LoRA adapter 'x' was requested",
        "Error",
        "Expecting ',' delimiter: line 1 column 54 (char 53)",
    ],
)
def test_what_speaks_is_kept(text: str) -> None:
    """A number, a name or a place that belongs to the words."""
    assert bare(text) == text


def test_what_litellm_adds_behind_is_cut() -> None:
    """The group of models, and how often it tried."""
    assert bare(f"litellm.BadRequestError: XException - {WORDS}. Received Model Group=a\nFallbacks=None") == WORDS
    assert bare(f"{WORDS} LiteLLM Retried: 2 times") == WORDS


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (json.dumps(ERROR), ""),
        (repr(ERROR), ""),
        (repr([ERROR]), ""),
        (f"{json.dumps(ERROR)}. Have a nice day", ""),
        (f"the gateway says: {json.dumps(ERROR)}", "the gateway says: "),
        (f"the gateway says: {ERROR!r}, really", "the gateway says: "),
    ],
)
def test_an_error_is_found_within_a_text(text: str, before: str) -> None:
    """JSON or Python's repr, wherever it begins."""
    found = embedded(text)
    assert found in ((before, ERROR), (before, [ERROR]))


@pytest.mark.parametrize(
    "text", ["", "no", "{", "[[[", "a schema {'type': 'object'}", "{'a': 1} is it", "it's 'so'", "b"]
)
def test_other_texts_hold_none(text: str) -> None:
    """Braces alone are no error."""
    assert embedded(text) is None


@pytest.mark.parametrize(
    "text", [json.dumps(WORDS), repr(WORDS), repr(WORDS.encode()), repr('it\'s "so"\n\x00é\U0001f600')]
)
def test_a_quoted_text_is_unquoted(text: str) -> None:
    """JSON's quotes and Python's, of text and of bytes."""
    assert embedded(text) in (("", WORDS), ("", 'it\'s "so"\n\x00é\U0001f600'))


@given(json_values)
def test_pythons_repr_is_read_back(value: object) -> None:
    """What `print` shows of an error's object is that object."""
    error = {"error": {"message": "m", "inner": value}}
    found = embedded(repr(error))
    assert found is not None
    assert json.dumps(found[1], sort_keys=True) == json.dumps(json.loads(json.dumps(error)), sort_keys=True)


@given(st.text(alphabet="{}[]()'\"\\,: abNT0x\n") | st.text())
def test_anything_is_read_without_harm(text: str) -> None:
    """Neither raises, and what is bare is within the text."""
    assert bare(text) in text
    embedded(text)


@pytest.mark.parametrize("unit", ["{'", "[{'", '{"a":', "{'a': 1} ", "no {'error': ", "'", "Error: "])
def test_a_long_text_is_read_a_few_times_at_most(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often an error might begin in it: what is handed to a reader grows as the text does, and no faster."""
    handed: list[int] = []
    read = wrapping._read

    def counted(text: str) -> object:
        handed.append(len(text))
        return read(text)

    monkeypatch.setattr(wrapping, "_read", counted)
    sums = []
    for length in (5_000, 10_000):
        handed.clear()
        text = f"a {unit * (length // len(unit))}"
        assert embedded(text) is None
        assert len(handed) <= wrapping._ATTEMPTS
        sums.append(sum(handed))
    assert sums[1] <= 2.1 * sums[0]
