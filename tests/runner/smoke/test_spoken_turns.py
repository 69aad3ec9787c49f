"""Promises of `nexdiag.runner.smoke.spoken_turns`."""

import msgspec
import pytest

from nexdiag.codec.encodings import encoded
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.message import Usage
from nexdiag.core.scenario import Expectation, Say, Scenario, Spoken
from nexdiag.core.turn import ToolRun, Turn
from nexdiag.runner.smoke.spoken_turns import completed, finish_of, missing, of_each

EVENT = (("content-type", "text/event-stream"),)


def exchange(finish: str | None, *, status: int = 200, streamed: bool = True) -> Exchange:
    """A model's answer that ended for this reason."""
    told = {"delta" if streamed else "message": {"role": "assistant", "content": "hi"}, "finish_reason": finish}
    body = msgspec.json.encode({"choices": [{"index": 0, **told}]})
    chunk = Chunk(at=0.0, bytes=b"data: " + body + b"\n\ndata: [DONE]\n\n" if streamed else body)
    headers = EVENT if streamed else (("content-type", "application/json"),)
    request = Request(method="POST", url="http://127.0.0.1:1/v1/chat/completions", body=Body.of(b"{}"))
    return Exchange(
        id=0, started=0.0, request=request, response=Response(status=status, headers=headers, chunks=(chunk,))
    )


def turn(
    *exchanges: Exchange, outcome: str = "answered", tool: str = "", tokens: int = 0, number: int = 1, session: str = ""
) -> Turn:
    """A recorded turn."""
    runs = (ToolRun(call_id="c", name=tool, arguments="", output=""),) if tool else ()
    usage = Usage(input_tokens=tokens)
    return Turn(
        number=number, session=session, said="x", exchanges=exchanges, outcome=outcome, tool_runs=runs, usage=usage
    )


def scenario(**expect: object) -> Scenario:
    """One message of which this is expected."""
    return Scenario(name="n", say=(Say(text="x", expect=msgspec.convert(expect, Expectation)),), tools=("glob",))


ANSWERED = Spoken(number=1, said="x", reply="hi", turn=1, outcome="answered")


@pytest.mark.parametrize("streamed", [True, False])
def test_the_last_reply_tells_why_it_ended(streamed: bool) -> None:
    """Streamed or whole; what was refused is no reply."""
    one = exchange("tool_calls", streamed=streamed), exchange("length", streamed=streamed)
    assert finish_of([turn(*one, exchange("stop", status=500))]) == "length"
    assert finish_of([turn(exchange(None, streamed=streamed))]) == ""
    assert finish_of([turn(exchange("stop", status=400))]) is None
    assert finish_of([]) is None


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_compressed_reply_tells_it_too(encoding: str, streamed: bool) -> None:
    one = exchange("stop", streamed=streamed)
    assert one.response is not None
    raw = encoded(one.response.body, encoding)
    assert raw is not None
    headers = (*one.response.headers, ("content-encoding", encoding))
    response = msgspec.structs.replace(one.response, headers=headers, chunks=(Chunk(at=0.0, bytes=raw),))
    assert finish_of([turn(msgspec.structs.replace(one, response=response))]) == "stop"


def test_each_message_is_judged_by_its_own_turn() -> None:
    """Messages that had no turn take none; unfinished turns belong to the one that ended after them."""
    say = (Say(text="a"), Say(text="/status"), Say(text="b", expect=Expectation(finish="stop")), Say(text="c"))
    played = Scenario(name="n", say=say)
    numbers = (1, 0, 2, 3)
    spoken = [msgspec.structs.replace(ANSWERED, place=at, number=at, turn=number) for at, number in enumerate(numbers)]
    cut = turn(outcome="unfinished", number=2)
    turns = [turn(exchange("one")), cut, turn(exchange("two"), number=2), turn(exchange("stop"), number=3)]
    done = completed(played, spoken, turns)
    assert [one.unmet for one in done] == [(), (), ("the last reply ended with 'two', expected 'stop'",), ()]
    assert missing(spoken, turns) == 0


def test_a_turn_that_never_ended_takes_no_other() -> None:
    """The daemon died with the answer in its journal: its next life has no turn for it, but one for what follows."""
    killed = msgspec.structs.replace(ANSWERED, outcome="", done="killed")
    after = msgspec.structs.replace(ANSWERED, turn=2)
    other_chat = msgspec.structs.replace(ANSWERED, turn=1)
    turns = [
        turn(outcome="unfinished", session="a"),
        turn(number=2, session="a"),
        turn(session="b", tokens=1),
        turn(session="c", tokens=2),
    ]
    each = list(of_each([killed, after, other_chat, other_chat], turns))
    assert each == [(turns[0],), (turns[1],), (turns[2],), (turns[3],)]
    assert list(of_each([killed, other_chat], [turns[0], turns[2]])) == [(turns[0],), (turns[2],)]
    (done,) = completed(scenario(), [killed], turns[:1])
    assert done.outcome == "answered"


@pytest.mark.parametrize(
    ("facts", "outcomes", "lost"),
    [
        ({}, ["answered"], 0),
        ({}, ["unfinished"], 1),
        ({}, [], 1),
        ({"done": "killed"}, ["unfinished"], 0),
        ({"done": "killed"}, [], 1),
        ({"outcome": "cancelled", "reply": None}, [], 0),
        ({"turn": 0}, [], 0),
        ({"turn": 0, "reply": None}, [], 1),
    ],
)
def test_what_is_missing_is_counted(facts: dict[str, object], outcomes: list[str], lost: int) -> None:
    """Each message wants its turn, with an end; but for a command, a cancelled one, and one that was killed."""
    one = msgspec.structs.replace(ANSWERED, **facts)
    assert missing([one], [turn(outcome=outcome) for outcome in outcomes]) == lost


def test_a_reply_that_was_not_recorded_is_not_checked() -> None:
    """Neither held nor broken."""
    (done,) = completed(scenario(finish="stop"), [ANSWERED], [turn(exchange("stop", status=500))])
    assert (done.unmet, done.unchecked) == ((), ("why the last reply ended: none was recorded",))


def test_what_nobody_heard_across_a_kill_is_read_from_the_recording() -> None:
    """Tools of both lives, and how the turn ended; and it is judged by that."""
    killed = msgspec.structs.replace(ANSWERED, outcome="", done="killed")
    turns = [turn(outcome="unfinished", tool="glob"), turn(tool="grep", tokens=7)]
    (done,) = completed(scenario(tools=["glob"], calls=3), [killed], turns)
    assert (done.tools, done.outcome, done.input_tokens) == (("glob", "grep"), "answered", 7)
    assert done.unmet == ("2 calls of tools ran, expected at least 3",)


def test_what_was_broken_stays_broken_and_is_told_once() -> None:
    """The recording adds; it takes nothing back."""
    killed = msgspec.structs.replace(ANSWERED, reply=None, error="gone", outcome="", done="killed")
    killed = msgspec.structs.replace(killed, unmet=("an answer was expected: gone",))
    (done,) = completed(scenario(finish="stop"), [killed], [turn(exchange("length"))])
    assert done.unmet == ("an answer was expected: gone", "the last reply ended with 'length', expected 'stop'")
