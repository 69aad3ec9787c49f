"""dropped-tool-result: the request ends with a tool call, its result was lost on the way."""

import msgspec
import pytest
from linting import ASSISTANT, USER, calls, found, judged, places, recording, refusing, told, tool

from nexdiag.core.finding import Severity
from nexdiag.core.turn import ToolRun
from nexdiag.lint.engine import judge

RULE = "dropped-tool-result"
MISTRAL = "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
CLAUDE = "This model does not support assistant message prefill. The conversation must end with a user message."
BLOCK = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}


@pytest.mark.parametrize("said", [MISTRAL, CLAUDE])
@pytest.mark.parametrize("last", [calls("a"), calls("a", "b"), BLOCK])
def test_the_words_for_a_last_assistant_message_confirm_it(last: object, said: str) -> None:
    """The call is last because its result is gone; the call is not told as unanswered as well."""
    findings = judged({"messages": [USER, last]}, status=400, response={"error": {"message": said}})
    assert [(one.rule, one.location.message_index, one.refused) for one in findings] == [(RULE, 1, True)]


def test_a_tool_that_ran_shows_it_without_words() -> None:
    """Where the recording holds the run of the tool, the result was there, and the evidence quotes it."""
    tape = recording(({"messages": [USER, calls("a")]}, 200, {"choices": []}))
    assert told(RULE, tape, refusing(RULE)) == []
    run = ToolRun(call_id="a", name="f", arguments="{}", output="forty-two")
    tape = msgspec.structs.replace(tape, tool_runs=(run,))
    findings = [one for one in judge(tape, refusing(RULE, "unanswered-tool-call")) if one.code.startswith("NX2")]
    assert [(one.rule, one.severity) for one in findings] == [(RULE, Severity.WARNING)]  # it was let pass
    assert findings[0].evidence[2] == 'f ran, and gave "forty-two"'


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("a")],
        [USER, ASSISTANT],  # nothing was called: assistant-last
        [USER, calls("a"), ASSISTANT],
        [USER, calls("a", "b"), tool("a")],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Only a last message that calls has lost its results."""
    assert places(RULE, messages, status=400, response={"error": {"message": MISTRAL}}) == []


def test_without_a_run_or_words_it_is_an_unanswered_call() -> None:
    """One fault has one name: the other words, or none, leave it to unanswered-tool-call."""
    said = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    (finding, *_) = judged({"messages": [USER, calls("a")]}, status=400, response={"error": {"message": said}})
    assert finding.rule == "unanswered-tool-call"
    assert found(RULE, {"messages": [USER, calls("a")]}) == []
