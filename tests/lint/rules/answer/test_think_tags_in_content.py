"""think-tags-in-content: thinking that the user is shown."""

import msgspec
import pytest
from answers import STOP, body, said, stream
from linting import found, refusing

from nexdiag.core.endpoint import StreamHabits
from nexdiag.core.finding import Severity

RULE = "think-tags-in-content"


@pytest.mark.parametrize(
    "text",
    ["<think>hm</think>Hi.", "\n<thinking>hm", "[THINK]hm[/THINK]Hi.", "hm\n</think>\n\nHi.", "◁think▷hm◁/think▷Hi."],
)
def test_thinking_in_the_content(text: str) -> None:
    """Whole and streamed; with a beginning, or only an end, because the template wrote the beginning."""
    for answer in (body(text), stream(said(text[:4]), said(text[4:]), STOP)):
        (finding,) = found(RULE, status=200, response=answer)
        assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "text", ["Hi.", "The tag <think> begins it.", "`</think>`", "Close it with </think> at last.", ""]
)
def test_what_is_only_talked_about(text: str) -> None:
    """A tag within the text."""
    assert found(RULE, status=200, response=body(text)) == []


def test_where_a_field_was_due() -> None:
    """A server that has a field for it, or used it, should have put it there."""
    profile = msgspec.structs.replace(refusing(), stream=StreamHabits(reasoning_field="reasoning_content"))
    for parts in (
        {"profile": profile, "response": body("<think>hm")},
        {"response": stream({**said("<think>hm")}, STOP)},
    ):
        (finding,) = found(RULE, status=200, **parts)
        assert finding.severity is (Severity.WARNING if "profile" in parts else Severity.INFO)
    both = {"choices": [{"message": {"content": "<think>hm</think>Hi.", "reasoning": "hm"}, "finish_reason": "stop"}]}
    assert found(RULE, status=200, response=both)[0].severity is Severity.WARNING
