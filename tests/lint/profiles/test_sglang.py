"""What SGLang's server accepts and refuses."""

from nexdiag.lint.profiles.sglang import CONDITIONAL, PROFILE
from nexdiag.lint.profiles.table import EVERY


def test_it_has_no_route_without_v1() -> None:
    """The words are those of its framework."""
    refusal = PROFILE.refusal("base-url-missing-v1")
    assert refusal is not None
    assert (refusal.status, refusal.body) == (404, {"detail": "Not Found"})


def test_a_colon_in_the_model_names_an_adapter() -> None:
    """What follows the colon is looked up as a LoRA adapter."""
    refusal = PROFILE.refusal("model-name-prefix")
    assert refusal is not None
    assert refusal.status == 400
    assert refusal.body["message"].startswith("LoRA adapter '{name}' was requested, but LoRA is not enabled.")


def test_alternation_is_the_templates_matter() -> None:
    """The same server answers or refuses, as the model's template wants it."""
    assert PROFILE.refusal("role-alternation") is None
    assert {"strict", "no-system", "qwen3", "gpt-oss"} <= {entry.variant for entry in CONDITIONAL}


def test_null_was_refused_before_0_5() -> None:
    """Now it is an empty text: the statement, and the limit, are those of old versions alone."""
    assert PROFILE.refusal("null-content") is None
    assert not PROFILE.limits.null_content
    old = EVERY["sglang-0.4"].profile
    assert old.refusal("null-content") is not None
    assert "calls" in old.limits.null_content


def test_it_checks_tools_and_arguments() -> None:
    """In the words of its own validation."""
    words = {refusal.rule: refusal.body.get("message") for refusal in PROFILE.refuses}
    assert words["tool-args-not-json"] == "Assistant tool call function.arguments must be valid JSON."
    assert words["tool-not-declared"] == "Tool '{name}' not found in tools list."
    assert PROFILE.refusal("orphan-tool-result") is None


def test_nex_asks_it_for_usage_and_gives_thinking_back() -> None:
    """It takes stream_options and tells no usage without them; templates read the thinking of a tool loop."""
    assert PROFILE.sends.stream_options
    assert PROFILE.sends.reasoning_field == "reasoning_content"
