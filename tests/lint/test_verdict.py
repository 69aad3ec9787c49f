"""How much a fault matters."""

import pytest

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import named
from nexdiag.lint.rule import Fault
from nexdiag.lint.rules import find
from nexdiag.lint.verdict import heard_line, reason, severity, singled_out


@pytest.mark.parametrize(
    ("rule", "profile", "accepted", "expected"),
    [
        ("orphan-tool-result", "openai", False, Severity.ERROR),
        ("orphan-tool-result", "openai", True, Severity.WARNING),
        ("orphan-tool-result", "vllm", False, Severity.WARNING),
        ("orphan-tool-result", "unknown", False, Severity.WARNING),
        ("role-alternation", "vllm", False, Severity.WARNING),
        ("role-alternation", "vllm-strict", False, Severity.ERROR),
        ("role-alternation", "openai", True, Severity.INFO),
        ("base-url-missing-v1", "sglang", False, Severity.WARNING),
        ("stream-options-unsupported", "openai", False, None),
        ("stream-options-unsupported", "unknown", False, Severity.INFO),
    ],
)
def test_profile_and_answer_decide(rule: str, profile: str, accepted: bool, expected: Severity | None) -> None:
    """Refused, conditional, unknown, elsewhere; and never an error where the server let it pass."""
    assert severity(find(rule), named(profile), accepted=accepted) is expected


def test_the_reason_is_told() -> None:
    """Who says so, or on what it depends."""
    assert reason(find("orphan-tool-result"), named("openai"))[0].startswith('OpenAI answers 400: "')
    assert reason(find("role-alternation"), named("vllm"))[0].startswith("vLLM refuses this if the model's")
    assert reason(find("role-alternation"), named("unknown")) == ()


def test_the_servers_words_are_quoted_in_one_line() -> None:
    """Control characters are made visible."""
    assert heard_line("a\n\x1b[31mb", 400, logged=False) == r'the server said (400): "a \x1b[31mb"'
    assert heard_line("a", None, logged=True) == 'the log says: "a"'


@pytest.mark.parametrize(
    ("words", "named_here"),
    [
        ("messages.[4].role", True),
        ("messages.4: no", True),
        ("message 4", True),
        ("call_1", True),
        ("messages.14", False),
    ],
)
def test_words_single_out_a_fault(words: str, named_here: bool) -> None:
    """By an id, or by the index of the message."""
    assert singled_out(Fault(summary="", fix="", at=4, ids=("call_1",)), words) is named_here


@pytest.mark.parametrize(
    ("param", "at", "pointer", "named_here"),
    [
        ("messages.[3].content", 3, "/messages/3/content", True),
        ("messages[3].role", 3, "/messages/3/content", True),
        ("input[3].id", 3, "/input/3", True),
        ("messages.[1].content", 3, "/messages/3/content", False),
        ("messages.[33].content", 3, "/messages/3/content", False),
        ("messages", 3, "/messages/3/content", False),
        ("stream_options", None, "/stream_options", True),
        ("tools", None, "/tools/0", False),
        ("", 3, "/messages/3", False),
        ("[[[", 3, "/messages/3", False),
        ("messages.3", 3, None, False),
    ],
)
def test_the_servers_param_singles_out_a_fault(
    param: str, at: int | None, pointer: str | None, named_here: bool
) -> None:
    """OpenAI, Azure and vLLM name the field beside their words."""
    assert singled_out(Fault(summary="", fix="", at=at, pointer=pointer), "no", param) is named_here
