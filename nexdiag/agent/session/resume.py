"""Entries of a journal → a conversation that the strictest server takes. Pure: no I/O, no clock.

    read     lines that stand there twice count once
    compact  what a summary stands for is left out; the tail behind it stays
    hear     a question journaled twice counts once
    pair     each call has one result, directly behind the message that made it
    order    user and assistant alternate

Law: the passes run in that order, each is deterministic, and what they have repaired once needs no repair again.
No call is deleted, for then the model would forget what it tried; no words of the user are dropped, unless there is
evidence that the same words were written down twice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.agent.loop import INTERRUPTED, STOPPED
from nexdiag.codec import journal
from nexdiag.core.message import Message, ToolCall

LOST = "[A message that stood here could not be read back.]"
"""Stands for what the user said between two answers, where the journal has lost it."""
SUMMARY = "[The conversation up to here, summarised]"
KEPT_VERBATIM = 2
"""Messages that the reference keeps beside a summary, and forgets to say so in its journal."""
_DOUBLE = 1.0
"""Seconds between the two copies of one message: written in the same instant, by clocks that may show whole seconds."""

Entries = Sequence[journal.Entry | journal.Bad]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal comes to."""

    messages: tuple[Message, ...]
    """Without the system prompt."""
    repairs: tuple[str, ...]
    """What had to be repaired, in sentences for the user; empty for a journal that was closed well."""
    unanswered: str | None
    """The request id of the last question, if it has no answer yet and has a request id."""
    interruption: str | None
    """How the last turn stands: None if it was answered; `prompt` if nothing came; `turn` if tools were at work."""
    heard: frozenset[str]
    """Request ids of all questions that are in the journal."""
    answered: dict[str, str]
    """By request id: the answer that the journal holds. It may never have reached the outbox."""
    system_prompt: str | None
    """The one that was used last."""
    turns: int
    """The highest turn number."""


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    """A message with where it came from, or a tool run."""

    message: Message | None
    entry: journal.MessageEntry | journal.ToolExecutionEntry | journal.CompactionEntry
    opening: bool = False
    """It is the first message after the start of a process."""


def restore(entries: Entries, *, again: str | None = None) -> Restored:
    """Give the conversation. The question with the request id `again` is left out if it stands at the very end.

    That is for a caller who is about to ask it again: the second copy in the journal counts as the first.
    """
    repairs: Counter[str] = Counter()
    once = _read(entries, repairs)
    heard, answered, unanswered, interruption = _standing(once)
    items = _hear(list(_items(_compact(once, repairs))), repairs)
    prompts = [item.message.text for item in items if item.message is not None and _is_system(item.message)]
    prompts += [entry.system_prompt for entry in once if isinstance(entry, journal.InitEntry)]
    items = [item for item in items if item.message is None or not _is_system(item.message)]
    messages = _order(_pair(_without(items, again), repairs), repairs)
    return Restored(
        messages=tuple(messages),
        repairs=tuple(text if count == 1 else f"{text} ({count} times)" for text, count in repairs.items()),
        unanswered=unanswered,
        interruption=interruption,
        heard=frozenset(heard),
        answered=answered,
        system_prompt=prompts[-1] if prompts else None,
        turns=max((entry.turn or 0 for entry in once), default=0),
    )


def _read(entries: Entries, repairs: Counter[str]) -> list[journal.Entry]:
    """Leave out what is no entry, and the second of two equal ones: even two equal messages differ in their `seq`."""
    once: list[journal.Entry] = []
    seen: dict[tuple[int, str], list[journal.Entry]] = {}
    for entry in entries:
        if isinstance(entry, journal.Bad):
            repairs["a line of the journal could not be read"] += 1
            continue
        twins = seen.setdefault((entry.seq, entry.timestamp), [])
        if entry in twins:
            repairs["a line of the journal stood there twice"] += 1
            continue
        twins.append(entry)
        once.append(entry)
    return once


def _standing(entries: list[journal.Entry]) -> tuple[set[str], dict[str, str], str | None, str | None]:
    """Questions heard, answers given, the last question if it is open, and how its turn stands."""
    heard: set[str] = set()
    answered: dict[str, str] = {}
    question: str | None = None
    interruption: str | None = None
    for entry in entries:
        if not isinstance(entry, journal.MessageEntry):
            continue
        if _answers(entry):
            request = entry.request_id or question
            if request is not None:
                answered[request] = journal.messages_of(entry)[-1].text
            question, interruption = None, None
        elif _asks(entry):
            question, interruption = entry.request_id, "prompt"
            heard |= {question} if question is not None else set()
        elif interruption is not None:
            interruption = "turn"
    return heard, answered, question, interruption


def _asks(entry: journal.MessageEntry) -> bool:
    return any(message.role == "user" and message.content for message in journal.messages_of(entry))


def _answers(entry: journal.MessageEntry) -> bool:
    """Whether this ends a turn: words of the model, without a call, and not cut off at the token limit."""
    message = journal.messages_of(entry)[-1]
    final = message.role == "assistant" and not message.tool_calls and not _is_empty(message)
    return final and entry.stop_reason != "max_tokens"


def _compact(entries: list[journal.Entry], repairs: Counter[str]) -> list[journal.Entry]:
    """Let the last summary stand for what it sums up.

    The reference also writes compaction entries for a compaction that failed, and for one that only shortened a tool
    result; then the summary is a remark, and nothing may be left out for it.
    """
    found = [place for place, entry in enumerate(entries) if isinstance(entry, journal.CompactionEntry)]
    real = [place for place in found if _sums_up(entries[place])]
    if len(real) < len(found):
        repairs["a compaction that holds no summary was passed over"] += len(found) - len(real)
    if not real:
        return [entry for entry in entries if not isinstance(entry, journal.CompactionEntry)]
    place = real[-1]
    summary = entries[place]
    through = summary.compacted_through_seq if isinstance(summary, journal.CompactionEntry) else 0
    before = [entry for entry in entries[:place] if not isinstance(entry, journal.CompactionEntry)]
    tail = [entry for entry in before if entry.seq > through]
    if not any(isinstance(entry, journal.MessageEntry) for entry in tail):
        tail = before[_tail_start(before) :]
    later = [entry for entry in entries[place + 1 :] if not isinstance(entry, journal.CompactionEntry)]
    return [summary, *tail, *later]


def _sums_up(entry: journal.Entry) -> bool:
    if not isinstance(entry, journal.CompactionEntry) or entry.fallback_reason is not None:
        return False
    summary = entry.summary.strip()
    return bool(summary) and not summary.lower().startswith("microcompact")


def _tail_start(entries: Sequence[journal.Entry]) -> int:
    """Where the messages begin that were kept beside a summary; never between a call and its results."""
    kept, last, start = 0, None, len(entries)
    for place in range(len(entries) - 1, -1, -1):
        entry = entries[place]
        if not isinstance(entry, journal.MessageEntry):
            continue
        results = any(isinstance(block, journal.ToolResult) for block in entry.content)
        kept += entry.content != last
        last, start = entry.content, place
        if kept >= KEPT_VERBATIM and not results:
            break
    return start


def _items(entries: list[journal.Entry]) -> Iterator[_Item]:
    opening = True
    for entry in entries:
        if isinstance(entry, journal.InitEntry):
            opening = True
        elif isinstance(entry, journal.ToolExecutionEntry):
            yield _Item(message=None, entry=entry)
        elif isinstance(entry, journal.CompactionEntry):
            yield _Item(message=Message(role="user", content=f"{SUMMARY}\n\n{entry.summary}"), entry=entry)
        elif isinstance(entry, journal.MessageEntry):
            for message in journal.messages_of(entry):
                yield _Item(message=_plain(message), entry=entry, opening=opening)
                opening = False


def _plain(message: Message) -> Message:
    """Only the assistant calls, only a tool answers a call, and a role that nobody knows is the user's."""
    known = message.role in {"assistant", "tool"} or _is_system(message)
    return msgspec.structs.replace(
        message,
        role=message.role if known else "user",
        tool_calls=message.tool_calls if message.role == "assistant" else (),
        tool_call_id=message.tool_call_id or "" if message.role == "tool" else None,
        is_error=message.is_error and message.role == "tool",
    )


def _is_system(message: Message) -> bool:
    return message.role in {"system", "developer"}


def _is_empty(message: Message) -> bool:
    if message.role == "assistant":
        return not message.tool_calls and not (
            message.content if isinstance(message.content, list) else message.text.strip()
        )
    return message.role == "user" and not message.content


def _hear(items: list[_Item], repairs: Counter[str]) -> list[_Item]:
    """Leave out empty messages, and a question that was written down twice."""
    kept: list[_Item] = []
    asked: list[_Item] = []
    for item in items:
        message = item.message
        if message is not None and _is_empty(message):
            repairs[f"an empty message of the {message.role} was left out"] += 1
            continue
        if message is not None and message.role == "user":
            if any(_is_copy(item, earlier, directly=kept[-1] is earlier) for earlier in asked):
                repairs["a question stood in the journal twice"] += 1
                continue
            asked.append(item)
        elif isinstance(item.entry, journal.MessageEntry) and _answers(item.entry):
            asked = []
        kept.append(item)
    return kept


def _is_copy(item: _Item, earlier: _Item, *, directly: bool) -> bool:
    """Whether one question was journaled twice, since the last answer.

    With request ids they tell: the same id is the same question, another id is the user who said it once more.
    Without, only one thing is known to write copies: the reference's loop, of the first message of a process, at once
    and directly behind it. Our own entries without a request id have a turn number. What is not proven to be a copy
    stays.
    """
    if item.message != earlier.message:
        return False
    ids = item.entry.request_id, earlier.entry.request_id
    if ids != (None, None):
        return ids[0] == ids[1]
    if not (directly and earlier.opening) or item.entry.turn is not None or earlier.entry.turn is not None:
        return False
    times = journal.seconds(item.entry.timestamp), journal.seconds(earlier.entry.timestamp)
    return times[0] is not None and times[1] is not None and abs(times[0] - times[1]) <= _DOUBLE


def _without(items: list[_Item], again: str | None) -> list[_Item]:
    """Leave out the question that will be asked again, if nothing followed it but other questions."""
    end = len(items)
    while end and (message := items[end - 1].message) is not None and message.role == "user":
        end -= 1
    return items[:end] + [item for item in items[end:] if again is None or item.entry.request_id != again]


def _pair(items: list[_Item], repairs: Counter[str]) -> list[Message]:
    """Give each call one result, directly behind the message that made it."""
    paired: list[Message] = []
    taken: set[str] = set()
    place = 0
    while place < len(items):
        message = items[place].message
        calls: tuple[ToolCall, ...] = ()
        if message is not None and message.role == "assistant":
            calls = message.tool_calls
            own = _own_ids(calls, taken, repairs)
            paired.append(msgspec.structs.replace(message, tool_calls=own))
            place += 1
        else:
            own = ()
        end = place
        while end < len(items) and ((inner := items[end].message) is None or inner.role != "assistant"):
            end += 1
        paired += _results(calls, own, items[place:end], repairs)
        between = (item.message for item in items[place:end])
        paired += [inner for inner in between if inner is not None and inner.role != "tool"]
        place = end
    return paired


def _results(
    calls: tuple[ToolCall, ...], own: tuple[ToolCall, ...], items: list[_Item], repairs: Counter[str]
) -> list[Message]:
    """One result for each call, from what stands between it and the next answer, under the call's own id."""
    given = [item.message for item in items if item.message is not None and item.message.role == "tool"]
    runs = [item.entry for item in items if isinstance(item.entry, journal.ToolExecutionEntry)]
    results = []
    for call, named in zip(calls, own, strict=True):
        result = next((message for message in given if message.tool_call_id == call.id), None)
        run = next((run for run in runs if run.tool_use_id == call.id), None)
        runs = [other for other in runs if other is not run]
        if result is not None:
            given = [message for message in given if message is not result]
        elif run is not None:
            result = Message(role="tool", content=run.output, is_error=run.is_error)
            repairs["a tool's result was taken from the record of its run"] += 1
        else:
            result = Message(role="tool", content=INTERRUPTED, is_error=True)
            repairs["a call without a result was answered as interrupted"] += 1
        results.append(msgspec.structs.replace(result, tool_call_id=named.id))
    for message in given:
        twice = any(call.id == message.tool_call_id for call in calls)
        repairs["a second result for one call was dropped" if twice else "a result without a call was dropped"] += 1
    return results


def _own_ids(calls: Iterable[ToolCall], taken: set[str], repairs: Counter[str]) -> tuple[ToolCall, ...]:
    """Give calls whose ids are told apart over the whole conversation: some servers send none, or begin again at 1."""
    own = []
    for call in calls:
        name = call.id
        while not name or name in taken:
            name = f"{call.id or 'call'}_{len(taken)}" if name == call.id else f"{name}_"
        if name != call.id:
            repairs["a call with an id that was missing or taken got one of its own"] += 1
        taken.add(name)
        own.append(msgspec.structs.replace(call, id=name))
    return tuple(own)


def _order(messages: Iterable[Message], repairs: Counter[str]) -> list[Message]:
    """Merge neighbours of the user; put a note where a message between two others is missing."""
    ordered: list[Message] = []
    for message in messages:
        last = ordered[-1].role if ordered else "assistant"
        if message.role == "user" and last == "user":
            ordered[-1] = _merged(ordered[-1], message)
            repairs["questions that followed each other were put into one message"] += 1
            continue
        if message.role == "user" and last == "tool":  # some servers want the assistant between tool and user
            ordered.append(Message(role="assistant", content=STOPPED))
            repairs["a turn that ended after its tools was marked as stopped"] += 1
        if message.role == "assistant" and last == "assistant":
            ordered.append(Message(role="user", content=LOST))
            repairs["a note was put where a message of the user is missing"] += 1
        ordered.append(message)
    return ordered


def _merged(first: Message, second: Message) -> Message:
    """Both, as the loop merges a new question into one that had no answer."""
    extra = {**first.extra, **second.extra}
    if isinstance(first.content, str) and isinstance(second.content, str):
        return msgspec.structs.replace(first, content=f"{first.content}\n\n{second.content}", extra=extra)
    parts: list[dict[str, Any]] = []
    for content in (first.content, second.content):
        parts += [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return msgspec.structs.replace(first, content=parts, extra=extra)
