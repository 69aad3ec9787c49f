"""What a stub says, and when."""

import pytest

from nexdiag.codec.chat import ChatRequest, ToolSpec
from nexdiag.core.message import Message, ToolCall, Usage
from nexdiag.endpoint.stub.answers import Answer, Call, Counted, Script, asked_for, reply

USER, TOLD, TOOL = Message(role="user", content="call f"), Message(role="assistant"), Message(role="tool", content="r")
LATER = Answer(status=429, times=2)


@pytest.mark.parametrize(
    ("messages", "number"),
    [
        ([], 1),
        ([USER], 1),
        ([USER, TOLD, USER], 2),
        ([USER, TOLD, TOOL], 2),
        ([USER, TOLD, TOOL, TOOL], 2),
        ([USER, TOLD, TOOL, TOLD, USER], 3),
        ([USER, TOLD, TOOL, USER], 2),
    ],
)
def test_each_turn_and_each_round_of_tools_asks_for_an_answer(messages: list[Message], number: int) -> None:
    """What tools said together asks for one; so it does with the user's words behind it."""
    assert asked_for(messages) == number


def test_the_answers_come_in_order() -> None:
    """After the last the first again; without a script there is none."""
    script = Script(["a", Answer(text="b")])
    assert [(script.at(number) or Answer()).text for number in (1, 2, 3, 1)] == ["a", "b", "a", "a"]
    assert Script([]).at(1) is None


def test_a_failure_is_told_before_its_answer() -> None:
    """As often as the script says: who asks once more gets the answer, and the next conversation the failure again."""
    script = Script(["a", LATER, "b"])
    assert [told.text or told.status for told in map(script.at, (1, 2, 2, 2, 2)) if told] == ["a", 429, 429, "b", 429]
    last = Script(["a", Answer(body="gone")])
    assert [told.text or told.body for told in map(last.at, (1, 2, 2)) if told] == ["a", "gone", "a"]


def test_nothing_but_failures() -> None:
    """They come again and again."""
    script = Script([Answer(status=500), Answer(status=503)])
    assert [told.status for told in map(script.at, (1, 1, 1, 2)) if told] == [500, 503, 500, 500]


def test_a_scripted_reply() -> None:
    """What it leaves open is filled in: ids in the server's form, the finish reason, the tokens."""
    asked = ChatRequest(model="m", messages=(USER,))
    answer = Answer(text="one two", reasoning="hm", tool_calls=(Call(name="f"), Call(name="g", arguments="{", id="i")))
    told = reply(asked, answer, model="m", call_id="###")
    assert told.message.tool_calls[1] == ToolCall(id="i", name="g", arguments="{")
    assert (told.message.tool_calls[0].arguments, len(told.message.tool_calls[0].id)) == ("{}", 3)
    assert (told.message.text, told.message.reasoning, told.finish_reason) == ("one two", "hm", "tool_calls")
    assert told.usage == Usage(input_tokens=2, output_tokens=5)
    exact = Answer(text="x", finish_reason="length", usage=Counted(input_tokens=7))
    told = reply(asked, exact, model="m", call_id="#")
    assert (told.finish_reason, told.usage.input_tokens) == ("length", 7)


def test_a_canned_reply() -> None:
    """It calls what it is asked to call, and else says which message it answers."""
    said = reply(ChatRequest(model="m", messages=(USER, TOLD, USER)), None, model="m", call_id="#")
    assert (said.message.text, said.finish_reason) == ("This answers message 2.", "stop")
    asked = ChatRequest(model="m", messages=(USER,), tools=(ToolSpec(name="f"),))
    (call,) = reply(asked, None, model="m", call_id="*" * 9).message.tool_calls
    assert (call.name, call.arguments, len(call.id)) == ("f", "{}", 9)
