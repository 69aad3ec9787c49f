"""What vLLM's server accepts and refuses."""

import pytest

from nexdiag.lint.profiles.table import EVERY
from nexdiag.lint.profiles.vllm import PROFILE


def test_an_unknown_model_is_its_commonest_refusal() -> None:
    """A client's prefix in the model's name is a model that it does not serve."""
    refusal = PROFILE.refusal("model-name-prefix")
    assert refusal is not None
    assert refusal.body["error"]["message"] == "The model `{model}` does not exist."
    assert refusal.status == refusal.body["error"]["code"] == 404


@pytest.mark.parametrize(
    "rule", ["role-alternation", "system-not-first", "unanswered-tool-call", "tool-call-id-format", "unknown-param"]
)
def test_what_depends_on_template_tokenizer_and_version(rule: str) -> None:
    """Nothing of that is a fact of every vLLM: other series take what Mistral's templates refuse."""
    assert PROFILE.refusal(rule) is None
    assert EVERY["vllm"].condition(rule) is not None


def test_with_mistrals_tokenizer_it_checks_as_mistral_does() -> None:
    """In mistral-common's words, in vLLM's shape, and with its limits."""
    variant = EVERY["vllm-mistral-tokenizer"].profile
    refusal = variant.refusal("tool-call-id-format")
    assert refusal is not None
    assert refusal.body["error"]["message"].startswith("Tool call id was {id} but must be")
    assert variant.limits.tool_call_id == "[a-zA-Z0-9]{9}"
    assert not PROFILE.limits.tool_call_id
    assert variant.refusal("role-alternation") is None  # it merges them


def test_arguments_are_read_before_the_template() -> None:
    """So that broken JSON in the history is a 400 with the reader's own words."""
    refusal = PROFILE.refusal("tool-args-not-json")
    assert refusal is not None
    assert (refusal.status, refusal.body["error"]["message"]) == (400, "{reason}")


def test_thinking_goes_back_under_the_name_that_it_reads() -> None:
    """It takes `reasoning` and drops `reasoning_content`."""
    assert PROFILE.sends.reasoning_field == PROFILE.stream.reasoning_field == "reasoning"
