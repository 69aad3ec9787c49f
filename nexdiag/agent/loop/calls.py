"""A model's tool calls: what is run is what was sent, and what is kept is what every server takes back. Pure.

A call with a fault poisons the history: arguments that are no JSON object (vLLM, llama.cpp and SGLang answer 400 or
500 to every later request), a name that breaks the pattern (OpenAI, Mistral), an id that is missing or stands
there twice (Anthropic, mistral-common).
"""

import itertools
import re
from collections.abc import Iterable, Sequence

import msgspec

from nexdiag.agent.loop import budget
from nexdiag.codec import jsontext
from nexdiag.core.message import Message, Reply, ToolCall

UNREADABLE = "invalid_json"
"""The one key of the arguments that are kept for those that could not be read; its value is how they began."""
TOO_LONG = "shortened"
"""The key of the arguments that are kept for those that were too long; its value is how they began."""
CUT_OFF = "Not run: the answer was cut off at its token limit. Send the call again, whole, in smaller pieces."
FULL = "model_length"
"""The finish reason of an answer that ended because the window was full (Mistral)."""
CUT_REASONS = frozenset({"length", "max_tokens", FULL})
"""Finish reasons of an answer that ended because its tokens were used up."""
WITHHELD = "content_filter"
"""The finish reason of an answer that the server broke off for what stands in it."""
CALL_WITHHELD = "Not run: the server withheld the rest of the call (content_filter)."
_QUOTED = 500
_SHARE = 0.15
"""Of the context window: what one call may take of it (reference fault 36)."""
_MOST = 256 * 1024
"""Bytes that one call may have where the window is not known: they go out again with every later request."""
_LONGEST_NAME = 64
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


def told_apart(calls: Sequence[ToolCall], messages: Iterable[Message]) -> tuple[ToolCall, ...]:
    """The calls, with ids that are unique in the conversation; some servers send none, or begin again with each reply.

    An id that we make has nine letters and digits: that is what mistral-common wants, and all others take it.
    """
    return apart(calls, {call.id for message in messages for call in message.tool_calls})


def apart(calls: Sequence[ToolCall], taken: set[str]) -> tuple[ToolCall, ...]:
    """The calls, with ids that are not `taken`; theirs are added to it."""
    spare = (f"call{number:05d}" for number in itertools.count(1))
    found = []
    for call in calls:
        name = call.id
        if not name or name in taken:
            name = next(one for one in spare if one not in taken)
        taken.add(name)
        found.append(call if name == call.id else msgspec.structs.replace(call, id=name))
    return tuple(found)


def kept(call: ToolCall) -> ToolCall:
    """The call as it may stand in the history: arguments that are a JSON object, a name that fits the pattern."""
    name = _FOREIGN.sub("_", call.name)[:_LONGEST_NAME] or "unknown"
    arguments = _object(call.arguments)
    if (name, arguments) == (call.name, call.arguments):
        return call
    return msgspec.structs.replace(call, name=name, arguments=arguments)


def mended(message: Message) -> Message:
    """The message with its calls as they may stand in the history; itself, if they may stand there as they are."""
    found = tuple(kept(call) for call in message.tool_calls)
    if all(after is before for after, before in zip(found, message.tool_calls, strict=True)):
        return message
    return msgspec.structs.replace(message, tool_calls=found)


def oversized(call: ToolCall, window: int | None) -> bool:
    """Whether its arguments alone would take more than a call may, of the context window or of the wire."""
    if not window or window < budget.SMALLEST:
        return len(call.arguments) > _MOST or len(call.arguments.encode(errors="replace")) > _MOST
    return budget.tokens(call.arguments) > window * _SHARE


def shortened(call: ToolCall) -> ToolCall:
    """The call as it stands in the history when its arguments are too long: how they began, and how long they were."""
    short = {TOO_LONG: call.arguments[:_QUOTED], "characters": len(call.arguments)}
    return msgspec.structs.replace(call, arguments=jsontext.write(short).decode())


def too_long(call: ToolCall) -> str:
    """What the model is told instead of a result."""
    return (
        f"Not run: the arguments are {len(call.arguments)} characters long, too much for one call. "
        "Send the work in smaller pieces, each in a call of its own (write a file in parts, for example)."
    )


def cut_off(reply: Reply) -> bool:
    """Whether the last call of the reply was broken off by the server: no whole object stands where one was due.

    Nothing where arguments should be is none too: a tool without required arguments would run on it.
    """
    calls = reply.message.tool_calls
    broken_off = reply.finish_reason in CUT_REASONS or reply.finish_reason == WITHHELD
    return bool(calls) and broken_off and not _is_object(calls[-1].arguments)


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
