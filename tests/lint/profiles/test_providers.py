"""What the providers behind a gateway refuse."""

from nexdiag.lint.profiles import anthropic, openai
from nexdiag.lint.profiles.providers import BEHIND, CHECKED


def test_the_best_known_words_stand_for_a_fault() -> None:
    """OpenAI's before Anthropic's before Gemini's."""
    assert BEHIND["unanswered-tool-call"] == ("OpenAI", openai.PROFILE.refusal("unanswered-tool-call"))
    assert BEHIND["empty-content"] == ("Anthropic", anthropic.PROFILE.refusal("empty-content"))
    assert BEHIND["thought-signature-missing"][0] == "Gemini"


def test_an_address_and_a_models_name_are_the_gateways_own_matter() -> None:
    """What a provider says of them no gateway hands on."""
    assert not {"base-url-missing-v1", "model-not-found", "model-name-prefix"} & set(BEHIND)


def test_null_beside_calls_is_taken_by_the_strictest() -> None:
    """It is what OpenAI sends itself."""
    assert "calls" not in CHECKED.null_content
    assert "no-calls" in CHECKED.null_content
