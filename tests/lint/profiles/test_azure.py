"""What Azure OpenAI accepts and refuses."""

from nexdiag.lint.profiles import openai
from nexdiag.lint.profiles.azure import CONDITIONAL, PROFILE


def test_the_deployment_is_in_the_path() -> None:
    """The model's name in the request chooses nothing, so that a prefix is no fault there."""
    assert "/openai/deployments/{deployment}/chat/completions" in PROFILE.routes
    assert PROFILE.refusal("model-name-prefix") is None


def test_it_pairs_calls_and_answers_as_openai_does() -> None:
    """The same checks run behind it."""
    assert PROFILE.refusal("orphan-tool-result") is not None
    assert PROFILE.refusal("unanswered-tool-call") is not None


def test_old_versions_refuse_stream_options() -> None:
    """Current ones take it: the statement holds for the variant only."""
    assert PROFILE.refusal("stream-options-unsupported") is None
    (old,) = CONDITIONAL
    assert (old.variant, old.refusal.status) == ("2024-05", 400)
    assert old.refusal.body["error"]["message"] == "Unrecognized request argument supplied: stream_options"


def test_it_states_all_that_openai_states() -> None:
    """With the source of its own, where something was seen on it."""
    own = {refusal.rule: refusal for refusal in PROFILE.refuses}
    assert {refusal.rule for refusal in openai.REFUSES} <= set(own)
    assert own["max-tokens-param"].source == "anomalyco/opencode#37964"
    assert own["empty-messages"].source.endswith("(OpenAI; Azure runs the same checks)")
    assert PROFILE.limits is openai.PROFILE.limits
