"""The messages of a request as the rules see them, and which tool call was answered by which message.

A history only grows, one message at a time, so that a recording of n turns is judged in the time of its text: the next
request of a chat goes on where the last one ended. A rule sees it as it stands when a message has just arrived.
"""

from nexdiag.lint.seen.message import AFTER_SAME, DEVELOPER, FIRST, SYSTEM, CallSeen, MessageSeen

_BEFORE_THE_FIRST = SYSTEM | DEVELOPER


class Asked:
    """A call that waits for its answer."""

    __slots__ = ("at", "call")

    def __init__(self, at: int, call: CallSeen) -> None:
        """The call of the message at that index."""
        self.at = at
        self.call = call


class History:
    """The messages so far."""

    def __init__(self, list_name: str = "messages") -> None:
        """Start empty; `list_name` is the field that holds the messages: `messages`, or `input`."""
        self.list_name = list_name
        self.messages: list[MessageSeen] = []
        self.strays: list[str | None] = []
        """Of the ids that the newest message answers, those that nobody asked for."""
        self.asked: dict[str | None, int] = {}
        """Every call so far, by its id: the index of the message that made it last."""
        self._open: dict[str | None, list[Asked]] = {}
        self._begun = False

    @property
    def at(self) -> int:
        """The index of the newest message."""
        return len(self.messages) - 1

    @property
    def now(self) -> MessageSeen:
        """The newest message."""
        return self.messages[-1]

    @property
    def before(self) -> MessageSeen | None:
        """The message before the newest one; None if that is the first."""
        return self.messages[-2] if len(self.messages) > 1 else None

    def pointer(self, at: int, rest: str = "") -> str:
        """JSON pointer into the request: to the message at that index, and on to what `rest` names in it."""
        return f"/{self.list_name}/{at}{rest}"

    def add(self, message: MessageSeen) -> None:
        """Take the next message."""
        before = self.messages[-1] if self.messages else None
        if before is not None and before.role == message.role:
            message.traits |= AFTER_SAME
        if not self._begun and not message.traits & _BEFORE_THE_FIRST:
            message.traits |= FIRST
            self._begun = True
        at = len(self.messages)
        self.messages.append(message)
        self.strays = [call_id for call_id in message.answers if not self._answer(call_id)] if message.answers else []
        for call in message.calls:
            self._open.setdefault(call.id, []).append(Asked(at, call))
            self.asked[call.id] = at

    def unanswered(self) -> dict[int, list[CallSeen]]:
        """The calls that no later message answers, by the index of the message that made them."""
        if not self._open:
            return {}
        waiting: dict[int, list[CallSeen]] = {}
        for asked in (asked for several in self._open.values() for asked in several):
            waiting.setdefault(asked.at, []).append(asked.call)
        return dict(sorted(waiting.items()))

    def _answer(self, call_id: str | None) -> bool:
        """Whether somebody asked. A second answer, and one that came late, are other faults than an orphan."""
        if call_id is None and self._open:  # without an id it can only mean the last call that still waits
            call_id = next(reversed(self._open))
        waiting = self._open.get(call_id)
        if not waiting:
            return call_id in self.asked
        waiting.pop()
        if not waiting:
            del self._open[call_id]
        return True
