"""The messages of a request as the rules see them, and which tool call was answered by which message.

A history only grows, one message at a time, so that a recording of n turns is judged in the time of its text: the next
request of a chat goes on where the last one ended. A rule sees it as it stands when a message has just arrived.

Calls are answered in groups: a run of messages that call, then those that answer. On the chat wire a run is one
message, or parallel calls that were split; on the Responses wire it is the items of one turn. Whatever else comes while
a call of the run waits breaks the run off, and stands between that call and its answer.
"""

from collections import deque

import msgspec

from nexdiag.lint.seen.message import (
    AFTER_EXTRA,
    AFTER_SAME,
    ASSISTANT,
    DEVELOPER,
    EXTRA,
    FIRST,
    NOTED,
    SYSTEM,
    USER,
    CallSeen,
    MessageSeen,
)

_BEFORE_THE_FIRST = SYSTEM | DEVELOPER
_NOT_THE_MODELS = SYSTEM | DEVELOPER | USER


class Asked:
    """A call that waits for its answer."""

    __slots__ = ("at", "call", "run")

    def __init__(self, at: int, call: CallSeen, run: int | None = None) -> None:
        """The call of the message at that index; `run` is the index at which its run of calls begins."""
        self.at = at
        self.call = call
        self.run = run


class Late(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer that came late: something else stands between the call and it."""

    asked: int
    """The message that calls."""
    between: int
    """The first message that stands between."""
    call: CallSeen


class Split(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Messages in a row that call, answered only after the last of them."""

    first: int
    last: int


class Again(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call with the id of an earlier one."""

    call: CallSeen
    earlier: int
    """The message that used the id last."""
    together: bool
    """Both are of one run of calls."""


class Stray(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer whose id names no call that waits, though some call waited when it came."""

    at: int
    id: str | None
    known: bool
    """Some earlier call had that id."""


class Misnamed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer under a wrong id, and the call that it stands for: nothing else answers it."""

    stray: Stray
    asked: int
    call: CallSeen


class Arrived(msgspec.Struct, kw_only=True, gc=False):
    """What the newest message did to the pairs of calls and answers."""

    orphans: list[str | None] = []
    """Of the ids that it answers, those that nobody asked for, while no call waited that they could mean."""
    doubled: list[str | None] = []
    """Of the ids that it answers, those that had been answered."""
    late: list[Late] = []
    """Of its answers, those that came late: each message that stands between is told once."""
    again: list[Again] = []
    """Of its calls, those whose id an earlier message used."""
    nameless: list[Asked] = []
    """The calls that it answers without an id, though they have one."""
    misnamed: list[Misnamed] = []
    """Of the answers of the run that it breaks off, those under a wrong id: no right one can come in their place."""
    over: list[Stray] = []
    """Of the same, those too many."""
    split: Split | None = None
    """The messages in a row that call, if this is the first answer that comes too late for it; told once."""


_NOTHING = Arrived()


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
        self.arrived = _NOTHING
        """What the newest message called and answered."""
        self.namesake: int | None = None
        """The earlier message whose `id` the newest one has too."""
        self.refers = False
        """Some item stands for one that the server keeps: calls may be known to it that are not seen here."""
        self.memo: dict[object, object] = {}
        """What rules have found out of messages that stay, so that it is found out once in a chat."""
        self._open: dict[str | None, list[Asked]] = {}
        self._named: dict[str, int] = {}
        self._begun = False
        self._run: int | None = None
        self._last = 0
        """The last message of the run that calls."""
        self._waiting = 0
        """How many calls of the run have no answer yet."""
        self._answering = False
        """Whether the run was answered, be it in part."""
        self._told: int | None = None
        self._broken: dict[int, int] = {}
        """By run: what broke it off while a call waited; until an answer comes late, which tells of it."""
        self._aside: int | None = None
        """What the assistant said, on the Responses wire, after the last call of the run and before its answers."""
        self._odd: list[Stray] = []
        """Answers to the run that name no call of it that waits."""

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
        if before is not None:
            message.traits |= (AFTER_SAME if before.role == message.role else 0) | (
                AFTER_EXTRA if before.traits & EXTRA else 0
            )
        if not self._begun and not message.traits & _BEFORE_THE_FIRST:
            message.traits |= FIRST
            self._begun = True
        at = len(self.messages)
        self.messages.append(message)
        self.namesake = self._known_by_id(message, at) if message.traits & EXTRA else None
        if not message.calls and not message.answers:
            self.arrived, self.strays = _NOTHING, []
            if self._run is not None and (self.list_name != "input" or message.traits & _NOT_THE_MODELS):
                self._break(at)
            elif self._waiting and _is_said(message):
                self._aside = at
            return
        self.arrived = _NOTHING
        self.strays = [call_id for call_id in message.answers if not self._answer(call_id, at)]
        if message.calls:
            self._call(message, at)

    def unanswered(self) -> dict[int, list[CallSeen]]:
        """The calls that no later message answers, by the index of the message that made them.

        A call that was answered under a wrong id is one of them until its run is broken off.
        """
        if not self._open:
            return {}
        waiting: dict[int, list[CallSeen]] = {}
        for asked in (asked for several in self._open.values() for asked in several):
            waiting.setdefault(asked.at, []).append(asked.call)
        return dict(sorted(waiting.items()))

    def owed(self, at: int) -> list[CallSeen]:
        """The calls of the message at that index that nothing has answered so far."""
        return [call for call in self.messages[at].calls if any(one.at == at for one in self._open.get(call.id, ()))]

    def odd_answers(self) -> tuple[list[Misnamed], list[Stray]]:
        """Answers to the newest run that name no call of it: those that stand for one that still waits, the others.

        A message to come may change that. What is settled is told by `arrived`.
        """
        if not self._odd:
            return [], []
        still = (asked for several in self._open.values() for asked in several if asked.run == self._run)
        waiting = deque(sorted(still, key=lambda asked: asked.at))
        misnamed: list[Misnamed] = []
        over: list[Stray] = []
        for stray in self._odd:
            if waiting:
                asked = waiting.popleft()
                misnamed.append(Misnamed(stray=stray, asked=asked.at, call=asked.call))
            else:
                over.append(stray)
        return misnamed, over

    def _answer(self, call_id: str | None, at: int) -> bool:
        """Whether somebody asked. A second answer, and one that came late, are other faults than an orphan."""
        self._answering = True
        if call_id is None and self._open:  # without an id it can only mean the last call that still waits
            call_id = next(reversed(self._open))
            if call_id is not None:
                self._noted().nameless.append(self._open[call_id][-1])
        waiting = self._open.get(call_id)
        if waiting:
            self._settle(waiting.pop())
            if not waiting:
                del self._open[call_id]
            return True
        known = call_id in self.asked
        if self._run is not None and self._waiting and self.asked.get(call_id, -1) < self._run:
            self._odd.append(Stray(at=at, id=call_id, known=known))
        else:
            (self._noted().doubled if known else self._noted().orphans).append(call_id)
        return known

    def _noted(self) -> Arrived:
        """Where it is noted what the newest message did; of most there is nothing to note."""
        if self.arrived is _NOTHING:
            self.arrived = Arrived()
            self.messages[-1].traits |= NOTED
        return self.arrived

    def _settle(self, asked: Asked) -> None:
        """A call is answered, in its place or not."""
        if asked.run == self._run:
            self._waiting -= 1
            if self._aside is not None:
                self._noted().late.append(Late(asked=asked.at, between=self._aside, call=asked.call))
                self._aside = None
            if asked.at < self._last and self.list_name != "input" and self._told != self._run:
                self._told = self._run
                self._noted().split = Split(first=asked.at, last=self._last)
            return
        between = None if asked.run is None else self._broken.pop(asked.run, None)
        if between is not None:
            self._noted().late.append(Late(asked=asked.at, between=between, call=asked.call))

    def _call(self, message: MessageSeen, at: int) -> None:
        if self._run is None or self._answering:
            self._break(at)
            self._run, self._answering = at, False
        self._last, self._aside = at, None
        for call in message.calls:
            earlier = self.asked.get(call.id)
            if earlier is not None and call.id:
                together = self._run is not None and earlier >= self._run
                self._noted().again.append(Again(call=call, earlier=earlier, together=together))
            self._open.setdefault(call.id, []).append(Asked(at, call, self._run))
            self.asked[call.id] = at
            self._waiting += 1

    def _break(self, at: int) -> None:
        """Something else comes, or another run of calls: what waits now is answered late, if ever."""
        if self._odd:
            self._close()
        if self._run is not None and self._waiting:
            self._broken[self._run] = at
        self._run, self._waiting, self._aside = None, 0, None

    def _close(self) -> None:
        """No more answers to the run: each under a wrong id is the answer to the call in whose place it stands."""
        misnamed, over = self.odd_answers()
        noted = self._noted()  # a copy would share its lists with every other history
        noted.misnamed, noted.over = misnamed, over
        self._odd = []
        for one in misnamed:
            waiting = [asked for asked in self._open[one.call.id] if asked.call is not one.call]
            self._open[one.call.id] = waiting
            if not waiting:
                del self._open[one.call.id]
            self._waiting -= 1

    def _known_by_id(self, message: MessageSeen, at: int) -> int | None:
        self.refers = self.refers or message.value.get("type") == "item_reference"
        name = message.value.get("id")
        earlier = self._named.setdefault(name, at) if isinstance(name, str) and name else at
        return None if earlier == at else earlier


def _is_said(message: MessageSeen) -> bool:
    """Whether an item is what the assistant said: reasoning, and what else its turn consists of, is none."""
    return bool(message.traits & ASSISTANT) and message.value.get("type", "message") == "message"


def answer_place(message: MessageSeen, call_id: str | None) -> str:
    """JSON pointer from a message to the id of the call that it answers; empty where it names none."""
    for key in ("tool_call_id", "call_id"):
        if key in message.value:
            return f"/{key}"
    content = message.value.get("content")
    for at, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and part.get("type") == "tool_result" and str(part.get("tool_use_id")) == call_id:
            return f"/content/{at}/tool_use_id"
        result = part.get("toolResult") if isinstance(part, dict) else None
        if isinstance(result, dict) and str(result.get("toolUseId")) == call_id:
            return f"/content/{at}/toolResult/toolUseId"
    return ""


def text_place(message: MessageSeen, call: CallSeen) -> str | None:
    """JSON pointer from a message to the arguments of a call, where the dialect wants a JSON text; None elsewhere."""
    if not call.where:
        return "/arguments" if message.value.get("type") == "function_call" else None
    if not call.where.startswith("/tool_calls"):
        return None
    entry = message.value["tool_calls"]
    if isinstance(entry, list):
        entry = entry[int(call.where.rpartition("/")[2])]
    return f"{call.where}/function/arguments" if isinstance(entry.get("function"), dict) else None
