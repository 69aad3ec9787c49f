"""What vLLM's server accepts and refuses."""

from nexdiag.lint.profiles.vllm import CONDITIONAL, PROFILE


def test_it_knows_its_routes_and_its_model_only() -> None:
    """Both are answered with 404, in words of their own."""
    address, model = PROFILE.refusal("base-url-missing-v1"), PROFILE.refusal("model-name-prefix")
    assert address is not None
    assert model is not None
    assert (address.status, address.body) == (404, {"detail": "Not Found"})
    assert (model.status, model.body["error"]["message"]) == (404, "The model `{model}` does not exist.")


def test_alternation_is_the_templates_matter() -> None:
    """The same server answers or refuses, as the model's template wants it."""
    assert PROFILE.refusal("role-alternation") is None
    assert [entry.refusal.rule for entry in CONDITIONAL] == ["role-alternation"]


def test_it_pairs_no_calls_and_takes_stream_options() -> None:
    """What hosted services check, it does not."""
    for rule in ("orphan-tool-result", "unanswered-tool-call", "stream-options-unsupported"):
        assert PROFILE.refusal(rule) is None
    assert PROFILE.sends.stream_options


def test_thinking_goes_back_under_the_field_that_it_reads() -> None:
    """A template that keeps the thinking of a tool loop has to be given it."""
    assert PROFILE.sends.reasoning_field == "reasoning"
    assert PROFILE.sends.stream_options
