"""The shapes of servers' error bodies."""

import pytest

from nexdiag.codec import jsontext
from nexdiag.lint.profiles import shapes
from nexdiag.lint.seen.words import heard

WORDS = "Conversation roles must alternate"


@pytest.mark.parametrize(
    "body",
    [
        shapes.openai_error(WORDS),
        shapes.python_error(WORDS),
        shapes.flat_error(WORDS),
        shapes.llama_error(WORDS, n_ctx=8),
        shapes.mistral_error(WORDS),
        shapes.gemini_error(WORDS),
        shapes.anthropic_error(WORDS),
        shapes.rust_error(WORDS),
        shapes.dashscope_error(WORDS),
        shapes.provider_error(WORDS, "X"),
        shapes.provider_error(jsontext.write(shapes.gemini_error(WORDS)).decode(), "X"),
    ],
)
def test_the_words_come_out_as_they_went_in(body: shapes.Body) -> None:
    """Each shape is one that we hear, and that says of itself that it is an error."""
    said = heard(body)
    assert (said.words, said.error) == (WORDS, True)
    assert jsontext.read(jsontext.write(body)) == body


def test_a_forbidden_field_is_told_with_its_place() -> None:
    """The path into the body, as pydantic tells it."""
    assert heard(shapes.forbidden("messages", "1", "assistant", "x")).words == (
        "body.messages.1.assistant.x: Extra inputs are not permitted"
    )
