"""Entries of a journal → a conversation that the strictest server takes. Pure: no I/O, no clock.

    read     lines that stand there twice count once
    compact  what a summary stands for is left out; the tail behind it stays
    hear     a question journaled twice counts once
    fill     a call whose result is missing gets what the record of its run holds
    clear    results that were cleared are cleared
    then     what `agent.normalise` does with any conversation

Law: the passes run in that order, each is deterministic, and what they have repaired once needs no repair again.
No call is deleted, for then the model would forget what it tried; no words of the user are dropped, unless there is
evidence that the same words were written down twice. What our own journal holds comes back as the machine had it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.agent.loop import compaction, continuation, normalise
from nexdiag.agent.loop.compaction import SUMMARY
from nexdiag.agent.loop.normalise import LOST, Repairs, is_empty, is_system
from nexdiag.codec import journal
from nexdiag.core.message import Message, ToolCall

__all__ = ["KEPT_VERBATIM", "LOST", "SUMMARY", "Entries", "Restored", "restore"]

KEPT_VERBATIM = 2
"""Messages that the reference keeps beside a summary, and forgets to say so in its journal."""
_DOUBLE = 1.0
"""Seconds between the two copies of one message: written in the same instant, by clocks that may show whole seconds."""
_CUT = "max_tokens"
"""The stop reason of an answer that was cut off at its token limit, and is to be continued."""

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
    repairs: Repairs = Counter()
    once = _read(entries, repairs)
    heard, answered, unanswered, interruption = _standing(once)
    items = _continued(_hear(list(_items(_compact(once, repairs))), repairs), repairs)
    prompts = [item.message.text for item in items if item.message is not None and is_system(item.message)]
    prompts += [entry.system_prompt for entry in once if isinstance(entry, journal.InitEntry)]
    items = [item for item in items if item.message is None or not is_system(item.message)]
    messages = _fill(_without(items, again), repairs)
    messages = compaction.cleared(messages, _cleared(once))
    messages = normalise.mend(messages, repairs)
    return Restored(
        messages=tuple(messages),
        repairs=normalise.sentences(repairs),
        unanswered=unanswered,
        interruption=interruption,
        heard=frozenset(heard),
        answered=answered,
        system_prompt=prompts[-1] if prompts else None,
        turns=max((entry.turn or 0 for entry in once), default=0),
    )


def _read(entries: Entries, repairs: Repairs) -> list[journal.Entry]:
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
    parts: list[str] = []
    for entry in entries:
        if not isinstance(entry, journal.MessageEntry):
            continue
        last = journal.messages_of(entry)[-1]
        if _answers(entry):
            request = entry.request_id or question
            if request is not None:
                answered[request] = continuation.joined([*parts, last.text])
            question, interruption, parts = None, None, []
        elif _asks(entry):
            question, interruption, parts = entry.request_id, "prompt", []
            heard |= {question} if question is not None else set()
        elif interruption is not None:
            interruption = "turn"
            if last.role != "user":
                parts = [*parts, last.text] if _is_part(entry) else []
    return heard, answered, question, interruption


def _asks(entry: journal.MessageEntry) -> bool:
    messages = journal.messages_of(entry)
    return any(one.role == "user" and one.content and one.content != continuation.CONTINUE for one in messages)


def _speaks(entry: journal.MessageEntry) -> bool:
    """Whether these are words of the model, without a call."""
    message = journal.messages_of(entry)[-1]
    return message.role == "assistant" and not message.tool_calls and not is_empty(message)


def _answers(entry: journal.MessageEntry) -> bool:
    """Whether this ends a turn: words of the model that were not cut off at the token limit."""
    return _speaks(entry) and entry.stop_reason != _CUT


def _is_part(entry: journal.MessageEntry) -> bool:
    """Whether this is an answer that was cut off at the token limit, and is to be continued."""
    return _speaks(entry) and entry.stop_reason == _CUT


def _compact(entries: list[journal.Entry], repairs: Repairs) -> list[journal.Entry]:
    """Let the last summary stand for what it sums up.

    The reference also writes compaction entries for a compaction that failed, and for one that only shortened a tool
    result; then the summary is a remark, and nothing may be left out for it.
    """
    found = [place for place, entry in enumerate(entries) if isinstance(entry, journal.CompactionEntry)]
    real = [place for place in found if _sums_up(entries[place])]
    odd = [place for place in found if place not in real and not _is_ours(entries[place])]
    if odd:
        repairs["a compaction that holds no summary was passed over"] += len(odd)
    if not real:
        return [entry for entry in entries if not isinstance(entry, journal.CompactionEntry)]
    place = real[-1]
    summary = entries[place]
    through = summary.compacted_through_seq if isinstance(summary, journal.CompactionEntry) else 0
    before = [entry for entry in entries[:place] if not isinstance(entry, journal.CompactionEntry)]
    tail = [entry for entry in before if entry.seq > through and not _is_ours(summary)]
    if not any(isinstance(entry, journal.MessageEntry) for entry in tail) and not _is_ours(summary):
        tail = before[_tail_start(before) :]
    later = [entry for entry in entries[place + 1 :] if not isinstance(entry, journal.CompactionEntry)]
    return [summary, *tail, *later]


def _sums_up(entry: journal.Entry) -> bool:
    if not isinstance(entry, journal.CompactionEntry) or entry.fallback_reason is not None:
        return False
    summary = entry.summary.strip()
    return bool(summary) and not summary.lower().startswith("microcompact")


def _is_ours(entry: journal.Entry) -> bool:
    """Whether we wrote it: the reference's entries have no turn number. Our summaries stand for all before them."""
    return isinstance(entry, journal.CompactionEntry) and entry.turn is not None


def _cleared(entries: Sequence[journal.Entry]) -> list[str]:
    """The calls whose results were cleared, by id; since the last summary only: behind it, ids may begin anew."""
    found: set[str] = set()
    last = max((place for place, entry in enumerate(entries) if _sums_up(entry)), default=-1)
    for entry in entries[last + 1 :]:
        if isinstance(entry, journal.CompactionEntry) and entry.fallback_reason == compaction.REASON:
            found |= compaction.remarked(entry.summary)
    return sorted(found)


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
            yield _Item(message=compaction.standing(entry.summary), entry=entry)
        elif isinstance(entry, journal.MessageEntry):
            for message in journal.messages_of(entry):
                yield _Item(message=normalise.plain(message), entry=entry, opening=opening)
                opening = False


def _hear(items: list[_Item], repairs: Repairs) -> list[_Item]:
    """Leave out empty messages, and a question that was written down twice."""
    kept: list[_Item] = []
    asked: list[_Item] = []
    for item in items:
        message = item.message
        if message is not None and is_empty(message):
            repairs[f"an empty message of the {message.role} was left out"] += 1
            continue
        if message is not None and message.role == "user" and message.content != continuation.CONTINUE:
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


def _continued(items: list[_Item], repairs: Repairs) -> list[_Item]:
    """Put our wish to go on behind each answer that was cut off, where a crash has kept it from being written.

    Only our own journal is known to hold one there; its entries have a turn number.
    """
    kept: list[_Item] = []
    for place, item in enumerate(items):
        kept.append(item)
        entry = item.entry
        if not isinstance(entry, journal.MessageEntry) or entry.turn is None or not _is_part(entry):
            continue
        behind = next((one.message for one in items[place + 1 :] if one.message is not None), None)
        if behind is None or behind.content != continuation.CONTINUE:
            kept.append(_Item(message=Message(role="user", content=continuation.CONTINUE), entry=entry))
            repairs["an answer that was cut off is to be continued"] += 1
    return kept


def _without(items: list[_Item], again: str | None) -> list[_Item]:
    """Leave out the question that will be asked again, if nothing followed it but other questions."""
    end = len(items)
    while end and (message := items[end - 1].message) is not None and message.role == "user":
        end -= 1
    return items[:end] + [item for item in items[end:] if again is None or item.entry.request_id != again]


def _fill(items: list[_Item], repairs: Repairs) -> list[Message]:
    """Give the messages, and to each call whose result is missing the one that the record of its run holds."""
    filled: list[Message] = []
    place = 0
    while place < len(items):
        message = items[place].message
        made = message.tool_calls if message is not None and message.role == "assistant" else ()
        filled += [message] if message is not None else []
        place += 1
        end = place
        while end < len(items) and ((inner := items[end].message) is None or inner.role != "assistant"):
            end += 1
        behind = items[place:end]
        filled += [item.message for item in behind if item.message is not None and item.message.role == "tool"]
        filled += _from_runs(made, behind, repairs)
        filled += [item.message for item in behind if item.message is not None and item.message.role != "tool"]
        place = end
    return filled


def _from_runs(made: Sequence[ToolCall], behind: Sequence[_Item], repairs: Repairs) -> Iterator[Message]:
    given = [item.message.tool_call_id for item in behind if item.message is not None and item.message.role == "tool"]
    runs = [item.entry for item in behind if isinstance(item.entry, journal.ToolExecutionEntry)]
    for call in made:
        run = next((run for run in runs if run.tool_use_id == call.id), None)
        if run is not None:
            runs.remove(run)
        if call.id in given:
            given.remove(call.id)
        elif run is not None:
            repairs["a tool's result was taken from the record of its run"] += 1
            yield Message(role="tool", content=run.output, tool_call_id=call.id, is_error=run.is_error)
