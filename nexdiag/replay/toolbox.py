"""Tools in replay: nothing is run; what a call gave comes from the recording."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun


class RecordedToolbox:
    """Answers each call with the recorded run of the same call; equal calls in the order recorded.

    A call is the same if name and arguments are; of several, the one with the same id. An id alone says nothing:
    some servers count their calls from 0 in every answer.
    """

    def __init__(
        self, runs: Iterable[ToolRun], *, carried: Callable[[ToolCall], ToolRun | None] = lambda call: None
    ) -> None:
        """Index the recorded runs. `carried` is asked where there is none: a later request may have told it."""
        self._runs: dict[tuple[str, str], list[ToolRun]] = defaultdict(list)
        self._carried = carried
        for run in runs:
            self._runs[run.name, run.arguments].append(run)

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """What each call gave when it was recorded; an error that says so where it was never run."""
        runs = tuple(self._one(call) for call in calls)
        for run in runs:
            if on_run is not None:
                on_run(run)
        return runs

    async def close(self) -> None:
        """Nothing runs."""

    def _one(self, call: ToolCall) -> ToolRun:
        waiting = self._runs.get((call.name, call.arguments))
        if not waiting:
            return self._carried(call) or _never(call)
        place = next((place for place, run in enumerate(waiting) if run.call_id == call.id), 0)
        return msgspec.structs.replace(waiting.pop(place), call_id=call.id)


def _never(call: ToolCall) -> ToolRun:
    output = f"no recorded run of {call.name} with these arguments"
    return ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output, is_error=True)
