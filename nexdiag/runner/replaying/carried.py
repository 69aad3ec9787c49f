"""What tools gave, read from the requests that carried it to the model: for recordings that hold no tool runs.

A proxy that recorded our executor saw no tool run, but every result went by in the next request.
"""

from collections.abc import Callable, Iterator, Sequence

from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.message import Message, ToolCall
from nexdiag.core.turn import ToolRun

_Key = tuple[str, str, str]


def carried_runs(exchanges: Sequence[Exchange]) -> Callable[[ToolCall], ToolRun | None]:
    """What a call gave, if a request tells it. Nothing is read before somebody asks; a request is read once.

    The last one goes first: it carries the whole conversation, unless that was made shorter on the way.
    """
    unread = list(exchanges)
    known: dict[_Key, str] = {}

    def find(call: ToolCall) -> ToolRun | None:
        key = (call.id, call.name, call.arguments)
        while key not in known and unread:
            for found, output in _runs(_messages(unread.pop())):
                known.setdefault(found, output)
        if key not in known:
            return None
        return ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=known[key])

    return find


def _messages(exchange: Exchange) -> Sequence[Message]:
    wire = wire_of(exchange.request.url)
    if wire is None:
        return ()
    try:
        return DIALECTS[wire].decode_request(exchange.request.body.join()).messages
    except UsageError:
        return ()


def _runs(messages: Sequence[Message]) -> Iterator[tuple[_Key, str]]:
    """Each result with the call that it answers: ids may come again, so the nearest call before it counts."""
    calls: dict[str, ToolCall] = {}
    for message in messages:
        calls |= {call.id: call for call in message.tool_calls}
        call = calls.get(message.tool_call_id or "")
        if message.tool_call_id is not None and call is not None:
            yield (call.id, call.name, call.arguments), message.text
