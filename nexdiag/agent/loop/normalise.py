"""Any list of messages → a conversation that the strictest server takes. Pure.

    roles    one system message, first; only the assistant calls, only a tool answers; an unknown role is the user's
    calls    arguments are a JSON object, names fit the pattern
    empties  messages that say nothing are left out
    pairs    each call has an id of its own, and one result, directly behind the message that made it, never empty
    order    the user is first; user and assistant alternate; the assistant stands between a tool and the user

Law: the passes run in that order, each is deterministic, and what they have mended once needs no mending again. A list
that is in order comes back as the very same object: the server's prompt cache lives on bytes that do not change. No
call is deleted, for then the model would forget what it tried; no words of the user are dropped.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from nexdiag.agent.loop import calls
from nexdiag.agent.loop.continuation import CONTINUE
from nexdiag.core.message import Message, ToolCall

STOPPED = "[This turn was stopped before an answer.]"
"""Stands in the conversation for the answer of a turn that ended after its tools had run."""
INTERRUPTED = "Interrupted: the tool may have partly run."
NO_OUTPUT = "(no output)"
"""Stands for the output of a tool that gave none: some gateways refuse an empty text."""
LOST = "[A message that stood here could not be read back.]"
"""Stands for what the user said between two answers, where it has been lost."""
_SYSTEM = frozenset({"system", "developer"})

Repairs = Counter[str]


class Unlawful(AssertionError):  # noqa: N818 - named for the fact
    """A conversation that should have been in order was not: a fault of ours. Raised in tests only."""


def normalise(messages: list[Message], *, strict: bool = False) -> tuple[list[Message], tuple[str, ...]]:
    """Give the conversation, and what was mended, in sentences for the user; the same list if nothing was.

    With `strict`, raise `Unlawful` instead of mending.
    """
    repairs: Repairs = Counter()
    mended = mend(messages, repairs)
    if not repairs:
        return messages, ()
    told = sentences(repairs)
    if strict:
        raise Unlawful("; ".join(told))
    return mended, told


def mend(messages: Sequence[Message], repairs: Repairs) -> list[Message]:
    """All passes, in their order; what they mended is counted in `repairs`."""
    found = _plain(messages, repairs)
    for take in (_called, _without_empties, _paired, _ordered):
        found = take(found, repairs)
    return found


def sentences(repairs: Repairs) -> tuple[str, ...]:
    """Each repair once, with how often it was made."""
    return tuple(text if count == 1 else f"{text} ({count} times)" for text, count in repairs.items())


def last_question(messages: Sequence[Message]) -> int:
    """The place of the last message of the user; what stands before it is closed. 0 if there is none."""
    return next((place for place in range(len(messages) - 1, -1, -1) if messages[place].role == "user"), 0)


def is_system(message: Message) -> bool:
    """Whether it is the system prompt, under either of its roles."""
    return message.role in _SYSTEM


def is_empty(message: Message) -> bool:
    """Whether it says nothing; a tool's message never does, for it answers a call."""
    said = message.text.strip() if isinstance(message.content, str) else message.content
    if message.role == "assistant":
        return not said and not message.tool_calls
    return (message.role == "user" or is_system(message)) and not message.content


def without_blank_parts(message: Message) -> Message:
    """The message without text parts that say nothing, which some gateways refuse; itself, if it has none."""
    content = message.content
    if not isinstance(content, list):
        return message
    kept = [part for part in content if part.get("type") != "text" or str(part.get("text") or "").strip()]
    return message if len(kept) == len(content) else msgspec.structs.replace(message, content=kept)


def plain(message: Message) -> Message:
    """The message, with only what its role may hold; itself, if it holds nothing else."""
    known = message.role in {"user", "assistant", "tool"} or is_system(message)
    role = message.role if known else "user"
    made = message.tool_calls if role == "assistant" else ()
    answers = message.tool_call_id or "" if role == "tool" else None
    failed = message.is_error and role == "tool"
    if (role, made, answers, failed) == (message.role, message.tool_calls, message.tool_call_id, message.is_error):
        return message
    return msgspec.structs.replace(message, role=role, tool_calls=made, tool_call_id=answers, is_error=failed)


def merged(first: Message, second: Message) -> Message:
    """Two messages of one role as one."""
    extra = {**first.extra, **second.extra}
    if isinstance(first.content, str) and isinstance(second.content, str):
        return msgspec.structs.replace(first, content=f"{first.content}\n\n{second.content}", extra=extra)
    parts: list[dict[str, Any]] = []
    for content in (first.content, second.content):
        text = [{"type": "text", "text": content}] if isinstance(content, str) and content.strip() else []
        parts += content if isinstance(content, list) else text
    return msgspec.structs.replace(first, content=parts, extra=extra)


def _plain(messages: Sequence[Message], repairs: Repairs) -> list[Message]:
    """One system message, first; and nothing in a message that its role may not hold."""
    found = [plain(message) for message in messages]
    changed = sum(after is not before for after, before in zip(found, messages, strict=True))
    if changed:
        repairs["a message with fields that its role may not have was mended"] += changed
    prompts = [message for message in found if is_system(message)]
    if not prompts or (len(prompts) == 1 and found[0] is prompts[0]):
        return found
    repairs["the system prompt was put first, and into one message"] += 1
    first, *more = prompts
    for other in more:
        first = merged(first, other)
    return [first, *(message for message in found if not is_system(message))]


def _called(messages: list[Message], repairs: Repairs) -> list[Message]:
    found = [calls.mended(message) for message in messages]
    changed = sum(after is not before for after, before in zip(found, messages, strict=True))
    if changed:
        repairs["a call that a server might refuse was mended"] += changed
    return found


def _without_empties(messages: list[Message], repairs: Repairs) -> list[Message]:
    kept = []
    for given in messages:
        message = without_blank_parts(given)
        if message is not given:
            repairs["an empty part of a message was left out"] += 1
        if is_empty(message):
            repairs[f"an empty message of the {message.role} was left out"] += 1
        else:
            kept.append(message)
    return kept


def _paired(messages: list[Message], repairs: Repairs) -> list[Message]:
    """Give each call an id of its own, and one result directly behind the message that made it."""
    found: list[Message] = []
    taken: set[str] = set()
    place = 0
    while place < len(messages):
        message = messages[place]
        made: tuple[ToolCall, ...] = ()
        own: tuple[ToolCall, ...] = ()
        if message.role == "assistant":
            made, own = message.tool_calls, calls.apart(message.tool_calls, taken)
            renamed = sum(one.id != other.id for one, other in zip(made, own, strict=True))
            if renamed:
                repairs["a call with an id that was missing or taken got one of its own"] += renamed
            found.append(msgspec.structs.replace(message, tool_calls=own) if renamed else message)
            place += 1
        end = place
        while end < len(messages) and messages[end].role != "assistant":
            end += 1
        behind = messages[place:end]
        told = repairs.total()
        results = _results(made, own, [inner for inner in behind if inner.role == "tool"], repairs)
        results += [inner for inner in behind if inner.role != "tool"]
        if repairs.total() == told and any(now is not then for now, then in zip(results, behind, strict=True)):
            repairs["results were put directly behind their calls, in their order"] += 1
        found += results
        place = end
    return found


def _results(
    made: tuple[ToolCall, ...], own: tuple[ToolCall, ...], given: list[Message], repairs: Repairs
) -> list[Message]:
    """One result for each call, in the order of the calls, under the call's own id."""
    results = []
    for call, named in zip(made, own, strict=True):
        result = next((message for message in given if message.tool_call_id == call.id), None)
        if result is None:
            result = Message(role="tool", content=INTERRUPTED, tool_call_id=named.id, is_error=True)
            repairs["a call without a result was answered as interrupted"] += 1
        else:
            given = [message for message in given if message is not result]
        if result.tool_call_id != named.id:
            result = msgspec.structs.replace(result, tool_call_id=named.id)
        results.append(_said(result, repairs))
    for message in given:
        twice = any(call.id == message.tool_call_id for call in made)
        repairs["a second result for one call was dropped" if twice else "a result without a call was dropped"] += 1
    return results


def _said(result: Message, repairs: Repairs) -> Message:
    if result.content:
        return result
    repairs["an empty result of a tool was marked as such"] += 1
    return msgspec.structs.replace(result, content=NO_OUTPUT)


def _ordered(messages: Iterable[Message], repairs: Repairs) -> list[Message]:
    """Merge neighbours of the user; put a note where a message between two others is missing."""
    found: list[Message] = []
    for message in messages:
        last = found[-1].role if found and not is_system(found[-1]) else "assistant"
        if message.role == "user" and last == "user":
            found[-1] = message if found[-1].content == CONTINUE else merged(found[-1], message)  # our wish failed
            repairs["questions that followed each other were put into one message"] += 1
            continue
        if message.role == "user" and last == "tool":  # some servers want the assistant between tool and user
            found.append(Message(role="assistant", content=STOPPED))
            repairs["a turn that ended after its tools was marked as stopped"] += 1
        if message.role == "assistant" and last == "assistant":
            found.append(Message(role="user", content=LOST))
            repairs["a note was put where a message of the user is missing"] += 1
        found.append(message)
    return found
