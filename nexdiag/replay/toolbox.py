"""Tools in replay: nothing is run; what a call gave comes from the recording."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun


class RecordedToolbox:
    """Answers each call with the recorded run of the same call; equal calls in the order recorded."""

    def __init__(self, runs: Iterable[ToolRun]) -> None:
        """Index the recorded runs by call id, and by name and arguments for ids that changed."""
        self._by_id: dict[str, deque[ToolRun]] = defaultdict(deque)
        self._by_text: dict[tuple[str, str], deque[ToolRun]] = defaultdict(deque)
        for run in runs:
            self._by_id[run.call_id].append(run)
            self._by_text[run.name, run.arguments].append(run)

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """What each call gave when it was recorded; an error that says so where it was never run."""
        runs = tuple(self._one(call) for call in calls)
        for run in runs:
            if on_run is not None:
                on_run(run)
        return runs

    def _one(self, call: ToolCall) -> ToolRun:
        found = next((run for run in self._by_id[call.id] if run.name == call.name), None)
        if found is None and self._by_text[call.name, call.arguments]:
            found = self._by_text[call.name, call.arguments][0]
        if found is None:
            output = f"no recorded run of {call.name} with these arguments"
            return ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output, is_error=True)
        for waiting in (self._by_id[found.call_id], self._by_text[found.name, found.arguments]):
            if found in waiting:
                waiting.remove(found)
        return msgspec.structs.replace(found, call_id=call.id)
