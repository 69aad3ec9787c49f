"""A model's tool calls: what is run is what was sent, and what is kept is what every server takes back. Pure.

A call with a fault poisons the history: arguments that are no JSON object (vLLM, llama.cpp and SGLang answer 400 or
500 to every later request), a name that breaks the pattern (OpenAI, Mistral), an id that is missing or stands
there twice (Anthropic, mistral-common).
"""

import itertools
import re
from collections.abc import Iterable, Sequence

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.message import Message, Reply, ToolCall

UNREADABLE = "invalid_json"
"""The one key of the arguments that are kept for those that could not be read; its value is how they began."""
CUT_REASONS = frozenset({"length", "max_tokens"})
"""Finish reasons of an answer that ended because its tokens were used up."""
_QUOTED = 500
_LONGEST_NAME = 64
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


def told_apart(calls: Sequence[ToolCall], messages: Iterable[Message]) -> tuple[ToolCall, ...]:
    """The calls, with ids that are unique in the conversation; some servers send none, or begin again with each reply.

    An id that we make has nine letters and digits: that is what mistral-common wants, and all others take it.
    """
    taken = {call.id for message in messages for call in message.tool_calls}
    spare = (f"call{number:05d}" for number in itertools.count(1))
    apart = []
    for call in calls:
        name = call.id
        if not name or name in taken:
            name = next(one for one in spare if one not in taken)
        taken.add(name)
        apart.append(msgspec.structs.replace(call, id=name))
    return tuple(apart)


def kept(call: ToolCall) -> ToolCall:
    """The call as it may stand in the history: arguments that are a JSON object, a name that fits the pattern."""
    name = _FOREIGN.sub("_", call.name)[:_LONGEST_NAME] or "unknown"
    return msgspec.structs.replace(call, name=name, arguments=_object(call.arguments))


def mended(message: Message) -> Message:
    """The message with its calls as they may stand in the history; itself, if it has none."""
    if not message.tool_calls:
        return message
    return msgspec.structs.replace(message, tool_calls=tuple(kept(call) for call in message.tool_calls))


def cut_off(reply: Reply) -> bool:
    """Whether the last call of the reply was broken off by the token limit: no whole object stands where one was due.

    Nothing where arguments should be is none too: a tool without required arguments would run on it.
    """
    calls = reply.message.tool_calls
    return bool(calls) and reply.finish_reason in CUT_REASONS and not _is_object(calls[-1].arguments)


def _object(arguments: str) -> str:
    """The very text, if it is a JSON object by the strictest reading; else one that stands for it."""
    if not arguments.strip():
        return "{}"
    instead: dict[str, object] = {UNREADABLE: arguments[:_QUOTED]}
    try:
        if isinstance(msgspec.json.decode(arguments), dict):
            return arguments
    except (ValueError, RecursionError):
        instead = _read(arguments) or instead
    try:
        return jsontext.write(instead).decode()
    except ValueError:  # nested too deeply to be written
        return jsontext.write({UNREADABLE: arguments[:_QUOTED]}).decode()


def _is_object(arguments: str) -> bool:
    return bool(arguments.strip()) and _object(arguments) == arguments


def _read(arguments: str) -> dict[str, object] | None:
    """What a forgiving reader makes of it (NaN, half an emoji): the tool was run on that."""
    try:
        value = jsontext.read(arguments)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
