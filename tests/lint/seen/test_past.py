"""What earlier exchanges told."""

from linting import recording

from nexdiag.core.turn import ToolRun
from nexdiag.lint.seen.message import message_of
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import of_exchange

ASKED = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "u"}]}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
ANSWER = {
    "choices": [
        {
            "message": {"role": "assistant", "content": "a", "reasoning_content": "hm", "tool_calls": [CALL]},
            "finish_reason": "length",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 5},
}


def test_a_message_is_traced_to_the_answer_that_it_repeats() -> None:
    """By the id of its call, or by its text; with how that answer ended."""
    past = Past()
    for exchange in recording((ASKED, 200, ANSWER)).exchanges:
        past.take(of_exchange(exchange))
    for message in ({"role": "assistant", "tool_calls": [CALL]}, {"role": "assistant", "content": "a"}):
        origin = past.made(message_of(message))
        assert origin is not None
        assert (origin.kind, origin.exchange, origin.turn) == ("answer", 0, 1)
        assert (origin.finish_reason, origin.full, origin.reasoned, origin.signed) == ("length", True, True, False)
    assert past.made(message_of({"role": "assistant", "content": "other"})) is None
    assert past.made(message_of({"role": "user", "content": "a"})) is None


def test_a_result_is_traced_to_its_tool_run() -> None:
    """And to the answer that asked for it."""
    past = Past([ToolRun(call_id="c", name="f", arguments="{}", output="r", turn=7)])
    result = message_of({"role": "tool", "tool_call_id": "c", "content": "r"})
    assert str(past.made(result)) == "the tool run of turn 7"


def test_a_refusal_made_nothing() -> None:
    """What a server said when it refused is no message of the chat."""
    past = Past()
    for exchange in recording((ASKED, 400, ANSWER), (ASKED, None, None)).exchanges:
        past.take(of_exchange(exchange))
    assert past.calls == {}
    assert past.texts == {}
