"""Promises of client.answer: half an answer is none, whatever cut it, and nothing is read for ever."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import DONE, calls, chunk, says
from strategies import pieces, replies

from nexdiag.agent.client import answer
from nexdiag.agent.client.answer import Asked, Stream
from nexdiag.agent.client.clocks import Clocks
from nexdiag.agent.client.guard import Guard
from nexdiag.agent.loop.events import Failed, Replied
from nexdiag.codec import chat
from nexdiag.codec.chat import Delta
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.message import Reply, Usage

STREAM = says("Hel", "lö, w", "orld") + b": a comment\n\n"


class Body(httpx.AsyncByteStream):
    """A body in these pieces, that ends as it is told."""

    def __init__(self, parts: Iterable[bytes], error: Exception | None = None) -> None:
        self._parts = list(parts)
        self._error = error
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:  # noqa: D105 - the body's pieces
        for part in self._parts:
            self.given += 1
            yield part
        if self._error is not None:
            raise self._error


def response(
    *parts: bytes, error: Exception | None = None, status: int = 200, headers: dict[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=Body(parts, error))


def guarded() -> Guard:
    return Guard(Clocks(), ticks=time.monotonic, sleep=asyncio.sleep)


def asked(told: Callable[[Delta], None] = lambda delta: None, **how: object) -> Asked:
    return Asked(dialect=DIALECTS["chat"], on_delta=told, **how)  # type: ignore[arg-type]


async def read(response: httpx.Response, asked: Asked) -> Replied | Failed:
    """What a stream comes to, its clocks running."""
    stream, guard = Stream(asked), guarded()
    try:
        async with guard:
            return stream.end(await stream.take(response, guard))
    except TimeoutError:
        assert guard.alarm is not None
        assert guard.alarm.kind == "linger"
        return stream.end(None)


def streamed(*parts: bytes, error: Exception | None = None, **how: object) -> tuple[Replied | Failed, str]:
    """What a stream comes to, and the text that was told meanwhile."""
    told: list[Delta] = []
    got = asyncio.run(read(response(*parts, error=error), asked(told.append, **how)))
    return got, "".join(delta.text for delta in told if delta.kind == "text")


def whole(body: bytes | str, *, status: int = 200, **how: object) -> tuple[Replied | Failed, str]:
    told: list[Delta] = []
    raw = body.encode() if isinstance(body, str) else body
    got = asyncio.run(answer.whole(response(raw, status=status), guarded(), asked(told.append, **how)))
    return got, "".join(delta.text for delta in told if delta.kind == "text")


def finished(got: Replied | Failed) -> bool:
    return isinstance(got, Replied) and got.reply.complete and got.broken is None


def test_a_stream_is_an_answer() -> None:
    """Its text is told as it comes, and is the reply's."""
    got, told = streamed(STREAM[:40], STREAM[40:])
    assert finished(got)
    assert isinstance(got, Replied)
    assert got.reply.message.text == told == "Hellö, world"


@pytest.mark.parametrize("error", [None, httpx.RemoteProtocolError("peer closed connection"), httpx.ReadTimeout("")])
def test_a_stream_cut_at_any_byte_is_no_answer(error: Exception | None) -> None:
    """Unless its terminal mark had come: the finish reason, whole."""
    ended = STREAM.index(b'"finish_reason": "stop"') + len(b'"finish_reason": "stop"}]}')
    for cut in range(len(STREAM)):
        got, _ = streamed(STREAM[:cut], error=error)
        assert finished(got) == (cut >= ended), STREAM[:cut]
        assert finished(got) or (isinstance(got, Replied) and got.broken)


@given(st.data(), replies())
def test_a_recorded_stream_cut_anywhere_is_whole_or_no_answer(data: st.DataObject, reply: Reply) -> None:
    """Calls and thoughts too: what counts as finished is what was sent, all of it."""
    stream = b"".join(chat.encode_stream(reply, created=1, usage=True))
    cut = data.draw(st.integers(0, len(stream)))
    got, _ = streamed(*data.draw(pieces(stream[:cut])))
    if finished(got):
        assert isinstance(got, Replied)
        assert (got.reply.message, got.reply.finish_reason) == (reply.message, reply.finish_reason)


def test_a_stream_without_done_is_an_answer_if_it_said_why_it_ended() -> None:
    """Some servers never send `[DONE]`; the finish reason is a terminal mark of its own."""
    assert finished(streamed(chunk({"content": "hi"}), chunk({}, "stop"))[0])
    got, _ = streamed(chunk({"content": "hi"}))
    assert isinstance(got, Replied)
    assert got.broken == "the stream ended without finish_reason and [DONE]"


def test_an_answer_is_delivered_as_soon_as_it_is_done() -> None:
    """A server that keeps the connection open, even one that goes on to send, holds nothing up."""

    async def endless() -> AsyncIterator[bytes]:
        yield STREAM
        while True:
            await asyncio.sleep(0.01)
            yield b": still here\n\n"

    async def timed() -> tuple[Replied | Failed, float]:
        began = asyncio.get_running_loop().time()
        got = await read(httpx.Response(200, stream=_Of(endless())), asked())
        return got, asyncio.get_running_loop().time() - began

    got, took = asyncio.run(timed())
    assert finished(got)
    assert took < 1


class _Of(httpx.AsyncByteStream):
    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part


@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.RemoteProtocolError("incomplete"), OSError("x")])
def test_what_breaks_after_done_breaks_nothing(error: Exception) -> None:
    """The answer was whole; how its connection ends is no matter."""
    assert finished(streamed(STREAM, error=error)[0])


@pytest.mark.parametrize("error", [None, httpx.ReadError("reset")])
def test_done_alone_is_no_answer(error: Exception | None) -> None:
    """A server that says nothing but that it is done has not broken off: it held no answer."""
    got, _ = streamed(DONE, error=error)
    assert isinstance(got, Replied)
    assert got.broken == "the stream held no answer"


@pytest.mark.parametrize(
    ("event", "told", "passes", "status"),
    [
        ({"error": {"message": "out of memory", "code": 503}}, "out of memory", True, 503),
        ({"error": {"message": "too long", "code": "400", "type": "BadRequestError"}}, "too long", False, 400),
        ({"error": {"message": "engine died", "code": "dead"}}, "engine died", True, 500),
        ({"error": {"message": "Jinja Exception: roles must alternate"}}, "roles must alternate", False, 500),
        ({"error": "plain words"}, "plain words", True, 500),
        ({"object": "error", "message": "vLLM", "code": 429}, "vLLM", True, 429),
    ],
)
@pytest.mark.parametrize("before", [b"", says("half")[:-40], calls(("a", "bash", "{}"))[: -len(DONE)]])
def test_an_error_inside_a_stream_is_a_failure(
    event: dict[str, object], told: str, passes: bool, status: int, before: bytes
) -> None:
    """Under a 200, after half an answer, even after the finish reason: what the server says of itself counts."""
    before = before[: before.rfind(b"\n\n") + 2] if before else before
    got, _ = streamed(before, b"data: " + json.dumps(event).encode() + b"\n\n", DONE)
    assert isinstance(got, Failed)
    assert told in got.reason
    assert (got.may_pass, got.status) == (passes, status)


def test_what_is_no_stream_says_how_it_began() -> None:
    """A page of HTML that claims to be an event stream is quoted."""
    got, _ = streamed(b"data: <html>login</html>\n\n")
    assert isinstance(got, Replied)
    assert "no answer that could be read: <html>login</html>" in (got.broken or "")


def test_what_holds_no_event_is_quoted() -> None:
    """A page, or a whole JSON, that is called an event stream: its first 512 bytes are told."""
    got, _ = streamed(b"<html>login</html>" + b"x" * 600, b"y")
    assert isinstance(got, Replied)
    assert (got.broken or "").startswith("an event stream was wanted, found: <html>login</html>xxx")
    assert len(got.broken or "") == len("an event stream was wanted, found: ") + 512
    got, _ = streamed(b": only a comment\n\n", DONE)
    assert isinstance(got, Replied)
    assert got.broken == "the stream held no answer"


def test_another_choice_that_ends_in_each_event_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether ours has ended is looked at a few times, not each time: the reply is put together for that."""
    looks = 0
    finish = chat.Accumulator.finish

    def counted(self: chat.Accumulator) -> Reply:
        nonlocal looks
        looks += 1
        return finish(self)

    monkeypatch.setattr(chat.Accumulator, "finish", counted)
    other = chunk({"content": "x"}, "stop").replace(b'"index": 0', b'"index": 1')
    got, _ = streamed(*[other] * 200, chunk({"content": "hi"}), chunk({}, "stop"), DONE)
    assert finished(got)
    assert looks < 25


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never stops does not fill the memory: after so many bytes it is left."""
    monkeypatch.setattr(answer, "_LARGEST", 1000)
    body = Body([chunk({"content": "x"})] * 100)
    got = asyncio.run(read(httpx.Response(200, stream=body), asked()))
    assert isinstance(got, Replied)
    assert "longer than 1000 bytes" in (got.broken or "")
    assert body.given < 20


# ---- whole bodies

GOOD = (
    '{"id": "r", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}'
)


def test_a_whole_body_is_an_answer() -> None:
    """A server that does not stream answers all the same; the text is told at once."""
    got, told = whole(GOOD)
    assert finished(got)
    assert told == "hi"


def test_the_thinking_of_a_whole_body_is_told_once() -> None:
    """In its own field, and again within tags."""
    message = {"reasoning_content": "hm", "content": "<think>hm</think>Yes."}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    told: list[Delta] = []
    asyncio.run(answer.whole(response(body), guarded(), asked(told.append)))
    assert [(delta.kind, delta.text) for delta in told] == [("reasoning", "hm"), ("text", "Yes.")]


def test_a_whole_body_cut_at_any_byte_is_no_answer() -> None:
    """What is no whole JSON object may come whole the next time."""
    for cut in range(1, len(GOOD)):
        got, told = whole(GOOD[:cut])
        assert isinstance(got, Failed)
        assert got.may_pass
        assert told == ""


@pytest.mark.parametrize(
    ("body", "told", "passes", "status"),
    [
        ('{"error": {"message": "no such model", "code": 404}}', "no such model", False, 404),
        ('{"error": {"message": "upstream is busy", "code": 502}}', "upstream is busy", True, 502),
        ('{"error": {"message": "odd", "code": "x"}}', "odd", False, 200),
        ('{"error": "words"}', "words", False, 200),
        ("{}", "", False, 200),
        ("[]", "", False, 200),
        ('{"choices": []}', "", False, 200),
        ("<html><title>Login</title></html>", "Login", False, 200),
        ("", "without a word", False, 200),
    ],
)
def test_a_200_without_an_answer_is_a_failure(body: str, told: str, passes: bool, status: int | None) -> None:
    """An error object in a 200 is what it says it is; a page is no answer."""
    got, _ = whole(body)
    assert isinstance(got, Failed)
    assert told in got.reason
    assert (got.may_pass, got.status) == (passes, status)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text(),
        lambda i: (
            st.lists(i)
            | st.dictionaries(st.sampled_from(["choices", "message", "error", "code", "delta", "content"]), i)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_body_is_too_odd(body: bytes) -> None:
    """Whatever comes in a 200, streamed or whole, is an answer or a reason, and no crash."""
    assert isinstance(whole(body)[0], Replied | Failed)
    assert isinstance(streamed(b"data: " + body + b"\n\n")[0], Replied | Failed)


def test_a_refusal_is_read_as_far_as_it_has_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge error body, one that breaks off and one that never ends are read to their beginning."""
    huge = Body([b"x" * 1024] * 2000)
    assert len(asyncio.run(answer.beginning(httpx.Response(500, stream=huge)))) == 64 * 1024
    assert huge.given < 100
    broken = response(b"oh no", error=httpx.ReadError("gone"), status=500)
    assert asyncio.run(answer.beginning(broken)) == b"oh no"
    monkeypatch.setattr(answer, "_PATIENCE", 0.05)

    async def stalls() -> AsyncIterator[bytes]:
        yield b"wait"
        await asyncio.Event().wait()

    assert asyncio.run(answer.beginning(httpx.Response(500, stream=_Of(stalls())))) == b"wait"


# ---- what streams hold beside text

CALLED = calls(("a", "bash", '{"command": "ls"}'), ("b", "bash", '{"command": "pwd"}'))
THOUGHT = chunk({"role": "assistant", "reasoning_content": "hm"}) + says("Yes.")


def deltas(*parts: bytes, **how: object) -> list[Delta]:
    told: list[Delta] = []
    asyncio.run(read(response(*parts), asked(told.append, **how)))
    return told


def test_thinking_and_calls_are_told_as_they_come() -> None:
    """A user sees that something happens while a long call is written (reference faults 30, L17)."""
    assert [(delta.kind, delta.text) for delta in deltas(THOUGHT)] == [("reasoning", "hm"), ("text", "Yes.")]
    told = deltas(CALLED)
    assert [(delta.kind, delta.name, delta.index) for delta in told] == [("tool", "bash", 0), ("tool", "bash", 1)]


@pytest.mark.parametrize("stream", [STREAM, CALLED, THOUGHT])
def test_any_stream_cut_at_any_byte_is_whole_or_no_answer(stream: bytes) -> None:
    """Text, calls and thinking: what counts as finished has all of it (reference fault L6)."""
    entire, _ = streamed(stream)
    assert isinstance(entire, Replied)

    async def cuts() -> None:
        for cut in range(len(stream)):
            got = await read(response(stream[:cut]), asked())
            assert isinstance(got, Replied)
            assert got.broken or got.reply.message == entire.reply.message, stream[:cut]

    asyncio.run(cuts())


def test_a_character_cut_in_two_is_one() -> None:
    """The bytes of the network know nothing of characters (reference fault L18)."""
    raw = STREAM.replace(b"\\u00f6", "ö😀".encode())
    assert raw != STREAM
    for cut in range(len(raw)):
        assert streamed(raw[:cut], raw[cut:])[1] == "Hellö😀, world"


@pytest.mark.parametrize(
    "more", [chunk({"content": " and more"}), chunk({"tool_calls": [{"index": 0, "function": {"arguments": "x"}}]})]
)
def test_more_of_an_answer_after_its_end_is_not_trusted(more: bytes) -> None:
    """Which of the two is the answer, nobody knows: it is asked for again."""
    got, _ = streamed(chunk({"content": "hi"}), chunk({}, "stop"), more, DONE)
    assert isinstance(got, Replied)
    assert got.broken == "more of the answer came after its finish reason"


TORN = b'data: {"choices":[{"index":0,"delta":{"content":"lost"}\n\n'


def test_an_event_within_an_answer_that_is_no_json_makes_it_none() -> None:
    """What it held is missing: an answer without it would be another one, and nobody would know."""
    got, told = streamed(chunk({"content": "Hel"}), TORN, says("lo"))
    assert isinstance(got, Replied)
    assert got.broken is not None
    assert got.broken.startswith("an event within the stream is no whole JSON")
    assert told == "Hello"


@pytest.mark.parametrize(
    "odd", [b"data: ping\n\n", b"data: {}\n\n", b'data: {"type":"ping"}\n\n', b"data: [1\n\n", b"data:\n\n"]
)
def test_what_keeps_a_stream_alive_is_no_loss(odd: bytes) -> None:
    """Words and objects that are no chunks do not disturb an answer: some servers send them all the time."""
    got, _ = streamed(odd, says("Hello"))
    assert finished(got)
    assert isinstance(got, Replied)
    assert got.repairs == ()


def test_a_torn_event_behind_the_answer_is_told() -> None:
    """The answer is whole and stands; that its tokens may not be counted is said."""
    whole_answer = says("Hello").removesuffix(DONE)
    got, _ = streamed(whole_answer, TORN, DONE)
    assert finished(got)
    assert isinstance(got, Replied)
    assert [repair for repair in got.repairs if "behind the answer" in repair]


def test_bytes_that_are_no_text_are_told() -> None:
    """The answer stands, with signs for what is lost: a server that cuts characters does so in the next answer too."""
    got, _ = streamed(says("Helloooo").replace(b"oooo", b"\xff\xfe"))
    assert isinstance(got, Replied)
    assert got.repairs == ("the server sent bytes that are no UTF-8: characters of the answer may be lost",)


def test_a_sign_for_what_was_lost_elsewhere_is_text() -> None:
    """A server that sends U+FFFD itself has sent what it meant."""
    got, _ = streamed(says("Hel\ufffd"))
    assert isinstance(got, Replied)
    assert got.repairs == ()


def test_a_torn_event_does_not_quote_the_key() -> None:
    """Whatever stands in it."""
    torn = b'data: {"choices":[{"index":0,"delta":{"content":"sk-secret-1"}\n\n'
    got, _ = streamed(torn, says("Hello"), key="sk-secret-1")
    assert isinstance(got, Replied)
    assert got.broken is not None
    assert "sk-secret-1" not in got.broken
    assert "[the key]" in got.broken


def test_a_second_finish_and_a_late_usage_are_taken() -> None:
    """OpenRouter sends two; usage comes before, with or after the end."""
    usage = chunk({}, usage={"prompt_tokens": 7, "completion_tokens": 2})
    got, _ = streamed(chunk({"content": "hi"}), chunk({}, "stop"), chunk({}, "stop"), usage, DONE)
    assert finished(got)
    assert isinstance(got, Replied)
    assert got.reply.usage == Usage(input_tokens=7, output_tokens=2)


def test_a_call_that_contradicts_itself_is_never_run() -> None:
    """One that changes its name in the middle is no call that anybody wished for."""
    opened = {"index": 0, "id": "a", "function": {"name": "read_file", "arguments": "{}"}}
    other = {"index": 0, "function": {"name": "bash"}}
    got, _ = streamed(chunk({"tool_calls": [opened]}), chunk({"tool_calls": [other]}), chunk({}, "tool_calls"), DONE)
    assert isinstance(got, Replied)
    assert got.broken


def test_a_text_that_is_a_call_becomes_one() -> None:
    """In a stream and in a whole body, told either way (reference fault 13)."""
    text = '<tool_call>{"name": "bash", "arguments": {}}</tool_call>'
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})
    for got, told in (streamed(says(text), tools={"bash"}), whole(body, tools={"bash"})):
        assert isinstance(got, Replied)
        assert [call.name for call in got.reply.message.tool_calls] == ["bash"]
        assert got.repairs == ("the model wrote a tool call as text (bash); recovered",)
        assert told == ""


def test_an_answer_without_room_is_an_overflow() -> None:
    """`length` after no token at all: the conversation fills the window (LM Studio)."""
    got, _ = streamed(chunk({"content": ""}), chunk({}, "length"), DONE, max_tokens=4096)
    assert isinstance(got, Failed)
    assert (got.overflow, got.may_pass, got.kind) == (True, False, "overflow")
    assert finished(streamed(chunk({"content": ""}), chunk({}, "length"), DONE, max_tokens=8)[0])


def test_a_prompt_that_fills_the_window_is_told() -> None:
    """Ollama cuts the beginning of a conversation away, and says so in its log only."""
    counted = chunk({}, "stop", usage={"prompt_tokens": 4096, "completion_tokens": 2})
    got, _ = streamed(chunk({"content": "hi"}), counted, DONE, window=4096)
    assert isinstance(got, Replied)
    assert got.repairs == ("the server counted 4096 tokens, its whole window: it may have cut the beginning",)
    assert streamed(chunk({"content": "hi"}), counted, DONE, window=8192)[0].repairs == ()  # type: ignore[union-attr]


def test_an_answer_that_takes_too_long_is_cut_and_can_be_continued() -> None:
    """What was said stands, as if its tokens were used up; where nothing was said there is nothing to keep."""
    for parts, kept in (((chunk({"content": "half an"}),), "half an"), ((chunk({"reasoning": "hm"}),), None)):
        stream = Stream(asked())
        asyncio.run(_taken(stream, response(*parts)))
        got = stream.cut("the answer took longer than 900 s")
        assert isinstance(got, Replied)
        if kept is None:
            assert got.broken == "the answer took longer than 900 s"
        else:
            assert (got.reply.message.text, got.reply.finish_reason, got.broken) == (kept, "length", None)
            assert got.repairs == ("the answer took longer than 900 s: the answer was cut there",)


async def _taken(stream: Stream, response: httpx.Response) -> None:
    await stream.take(response, guarded())
