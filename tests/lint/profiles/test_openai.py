"""What OpenAI's own service accepts and refuses."""

from nexdiag.lint.profiles.openai import PROFILE


def test_it_pairs_calls_and_answers() -> None:
    """The strictest on pairing; `param` names the place."""
    orphan, unanswered = PROFILE.refusal("orphan-tool-result"), PROFILE.refusal("unanswered-tool-call")
    assert orphan is not None
    assert unanswered is not None
    assert (orphan.status, orphan.body["error"]["param"]) == (400, "messages.[{index}].role")
    assert unanswered.body["error"]["message"].endswith("did not have response messages: {ids}")


def test_any_order_of_roles_is_taken() -> None:
    """Lenient on order: the same role twice is normal there."""
    assert PROFILE.refusal("role-alternation") is None


def test_stream_options_are_taken() -> None:
    """It was the first to have them."""
    assert PROFILE.refusal("stream-options-unsupported") is None
    assert PROFILE.sends.stream_options
