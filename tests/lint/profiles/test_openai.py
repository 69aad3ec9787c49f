"""What OpenAI's own service accepts and refuses."""

import pytest

from nexdiag.lint.profiles.openai import CONDITIONAL, PROFILE


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


@pytest.mark.parametrize(
    ("model", "limit", "sampling"),
    [
        ("o1-preview", True, True),
        ("o3", True, True),
        ("o4-mini-2025-04-16", True, True),
        ("gpt-5", True, True),
        ("openai/gpt-5-mini", True, True),
        ("gpt-5.1", True, False),
        ("gpt-5-chat-latest", True, False),
        ("gpt-4o", False, False),
        ("gpt-4.1", False, False),
        ("chatgpt-4o-latest", False, False),
        ("foo1-mini", False, False),
    ],
)
def test_reasoning_models_take_other_parameters(model: str, limit: bool, sampling: bool) -> None:
    """The limit has another name, and the temperature is fixed; of other models neither is so."""
    assert (PROFILE.refusal("max-tokens-param", model) is not None) is limit
    assert (PROFILE.refusal("sampling-param-unsupported", model) is not None) is sampling


def test_ids_are_of_the_dialect() -> None:
    """Forty characters in chat completions, 64 in Responses, whose items must not collide."""
    chat, items = (PROFILE.refusal("tool-call-id-format", "", wire) for wire in ("chat", "responses"))
    assert chat is not None
    assert items is not None
    assert "maximum length 40" in chat.body["error"]["message"]
    assert "maximum length 64" in items.body["error"]["message"]
    assert PROFILE.refusal("message-id-collision", "", "responses") is not None
    assert PROFILE.refusal("message-id-collision") is None


def test_long_descriptions_were_refused_once() -> None:
    """A risk, no fact: the limit was there in 2025."""
    assert PROFILE.refusal("tool-description-too-long") is None
    assert [entry.refusal.rule for entry in CONDITIONAL] == ["tool-description-too-long"]
