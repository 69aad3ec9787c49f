"""thinking-block-missing: a tool loop goes on without the thinking block with which it began."""

from typing import Any

import pytest
from linting import USER, calls, found, judged, refusing, tool

from nexdiag.core.finding import Severity

NAME = "thinking-block-missing"
STRICT = refusing(NAME)
ON = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
THOUGHT = {"type": "thinking", "thinking": "t", "signature": "s"}
WORDS = "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."


def use(*before: dict[str, Any], call: str = "a") -> dict[str, Any]:
    return {"role": "assistant", "content": [*before, {"type": "tool_use", "id": call, "name": "f", "input": {}}]}


def result(call: str = "a") -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "r"}]}


def request(*messages: object, **more: object) -> dict[str, Any]:
    return {"model": "claude", "max_tokens": 4096, "messages": list(messages), **(more or ON)}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, use(), result()], 1),
        ([USER, use({"type": "text", "text": "I look."}), result()], 1),
        ([USER, use(), result(), use(call="b"), result("b")], 3),
        ([USER, use(THOUGHT), result(), {"role": "assistant", "content": "done"}, USER, use(call="b"), result("b")], 5),
    ],
)
def test_the_running_tool_loop(messages: list[object], at: int) -> None:
    """The last calling message is at fault, if none of the loop begins with a thinking block."""
    (finding,) = found(NAME, request(*messages), STRICT)
    assert (finding.severity, finding.location.message_index) == (Severity.ERROR, at)
    assert finding.location.pointer == f"/messages/{at}/content/0/type"


@pytest.mark.parametrize(
    "body",
    [
        request(USER, use(THOUGHT), result()),
        request(USER, use({"type": "redacted_thinking", "data": "x"}), result()),
        request(USER, use(THOUGHT), result(), use(call="b"), result("b")),
        request(USER, use(), result(), thinking={"type": "disabled"}),
        request(USER, use(), result(), thinking={"type": "adaptive"}),
        request(USER, use(), result(), thinking={"type": "enabled"}),
        request(USER, use(), result(), thinking=None),
        request(USER, use(), result(), {"role": "assistant", "content": "done"}, USER),
        request(USER, {"role": "assistant", "content": "done"}, USER),
        request(USER, calls("a"), tool("a")),
        request(USER, calls("a") | {"thinking_blocks": [THOUGHT]}, tool("a")),
        request(),
    ],
)
def test_look_alikes_are_let_pass(body: dict[str, Any]) -> None:
    """Thinking that came along, that is off, that is another server's kind, and loops that are over."""
    assert found(NAME, body, STRICT) == []


@pytest.mark.parametrize(
    ("messages", "at"), [([USER, use(), result()], 1), ([USER, use(THOUGHT), result(), use(call="b"), result("b")], 3)]
)
def test_the_words_name_the_message(messages: list[object], at: int) -> None:
    """What the server names counts, also where an earlier message of the loop has its block."""
    response = {"type": "error", "error": {"type": "invalid_request_error", "message": WORDS.format(at)}}
    first = judged(request(*messages), status=400, response=response)[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, at, True)


def test_calls_that_cannot_carry_it() -> None:
    """In the shape of chat completions it takes the words; there the server counts without the system message."""
    body = {"model": "m", "messages": [{"role": "system", "content": "s"}, USER, calls("a"), tool("a")]}
    first = judged(body, status=400, response={"error": {"message": WORDS.format(1)}})[0]
    assert (first.rule, first.location.message_index) == (NAME, 2)


def test_the_words_tell_alone() -> None:
    """Where the request is not known, they name the message too."""
    first = judged(status=400, response=WORDS.format(3))[0]
    assert (first.rule, first.location.message_index) == (NAME, 3)
