"""Promises of `nexdiag.runner.replaying.carried`."""

from collections.abc import Sequence
from typing import Any

import pytest
from made import chat, recorded, said, user

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.message import Message, ToolCall
from nexdiag.runner.replaying import carried
from nexdiag.runner.replaying.carried import carried_runs


def called(number: str, arguments: str, output: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A call, and its result."""
    call = {"id": number, "type": "function", "function": {"name": "bash", "arguments": arguments}}
    return said("") | {"tool_calls": [call]}, {"role": "tool", "tool_call_id": number, "content": output}


ONE, TWO = called("c1", '{"n":1}', "first"), called("c1", '{"n":2}', "second")
REQUESTS = [recorded(0, chat(user("x"))), recorded(1, chat(user("x"), *ONE)), recorded(2, chat(user("x"), *ONE, *TWO))]


@pytest.mark.parametrize(("arguments", "output"), [('{"n":1}', "first"), ('{"n":2}', "second")])
def test_a_result_is_read_from_the_request_that_carried_it(arguments: str, output: str) -> None:
    """By id, name and arguments: an id that came twice does not mislead."""
    run = carried_runs(REQUESTS)(ToolCall(id="c1", name="bash", arguments=arguments))
    assert run is not None
    assert (run.output, run.call_id, run.name) == (output, "c1", "bash")


def test_what_nobody_carried_is_not_made_up() -> None:
    """Another call, other arguments, a recording of anything: there is no run."""
    odd = [recorded(0, Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b"\xff[")))]
    odd.append(recorded(1, Request(method="GET", url="http://h/elsewhere")))
    find = carried_runs([*REQUESTS, *odd])
    assert find(ToolCall(id="c1", name="bash", arguments='{"n":3}')) is None
    assert find(ToolCall(id="c2", name="bash", arguments='{"n":1}')) is None


def test_nothing_is_read_before_somebody_asks_and_then_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording that holds its tool runs pays nothing; the last request goes first, and is mostly enough."""
    read: list[int] = []
    whole = carried._messages

    def counted(exchange: Exchange) -> Sequence[Message]:
        read.append(exchange.id)
        return whole(exchange)

    monkeypatch.setattr(carried, "_messages", counted)
    find = carried_runs(REQUESTS)
    assert read == []
    for _ in range(2):
        assert find(ToolCall(id="c1", name="bash", arguments='{"n":1}')) is not None
    assert read == [2]
