"""What a model's calls are answered with: one tool message each, in their order, whatever came of them. Pure."""

from collections.abc import Mapping, Sequence

from nexdiag.agent.loop import budget, repetition
from nexdiag.agent.loop.normalise import INTERRUPTED, NO_OUTPUT
from nexdiag.codec import jsontext
from nexdiag.core.message import Message, ToolCall
from nexdiag.core.turn import ToolRun

_SHARE = 0.5
"""Of the context window: what one result may take of it. Tools cut their output far below that; others may not."""

Answers = tuple[list[Message], list[str], str | None]


def answers(
    made: Sequence[ToolCall],
    runs: Sequence[ToolRun],
    refused: Mapping[str, str],
    marks: Sequence[str],
    *,
    window: int | None,
) -> Answers:
    """One tool message for each call, the marks of all runs so far, and why to stop, if the model goes in circles.

    `refused` says why a call was not run, by id. A call without a run was interrupted; a run without a call is dropped.
    """
    given = {run.call_id: run for run in runs}
    messages: list[Message] = []
    seen = list(marks)
    circle: str | None = None
    for call in made:
        run = given.get(call.id)
        if run is None or call.id in refused:
            said = refused.get(call.id, INTERRUPTED)
            messages.append(Message(role="tool", content=said, tool_call_id=call.id, is_error=True))
            continue
        content = _fitting(jsontext.mend(run.output) or NO_OUTPUT, window)
        seen = [*seen, repetition.mark(run)][-repetition.KEPT :]
        count = repetition.rounds(seen)
        if count >= repetition.NOTE_AT:
            content = f"{content}\n\n{repetition.note(count)}"
        if count >= repetition.STOP_AT:
            circle = circle or repetition.stopped(run.name, count)
        messages.append(Message(role="tool", content=content, tool_call_id=call.id, is_error=run.is_error))
    return messages, seen, circle


def _fitting(text: str, window: int | None) -> str:
    if not window or window < budget.SMALLEST:
        return text
    return budget.cut(text, int(window * _SHARE))
