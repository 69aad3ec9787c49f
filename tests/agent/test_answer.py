"""Promises of nexdiag.agent.answer: half an answer is none, whatever cut it, and nothing is read for ever."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import DONE, calls, chunk, says
from strategies import pieces, replies

from nexdiag.agent import answer
from nexdiag.agent.loop import Failed, Replied
from nexdiag.codec import chat
from nexdiag.core.message import Reply

STREAM = says("Hel", "lö, w", "orld") + b": a comment\n\n"
NOW = 1779285792.0


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


def streamed(*parts: bytes, error: Exception | None = None) -> tuple[Replied | Failed, str]:
    """What a stream comes to, and the text that was told meanwhile."""
    told: list[str] = []
    got = asyncio.run(answer.streamed(response(*parts, error=error), told.append))
    return got, "".join(told)


def whole(body: bytes | str, *, status: int = 200) -> tuple[Replied | Failed, str]:
    told: list[str] = []
    raw = body.encode() if isinstance(body, str) else body
    got = asyncio.run(answer.whole(response(raw, status=status), told.append))
    return got, "".join(told)


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
        got = await answer.streamed(httpx.Response(200, stream=_Of(endless())), lambda _: None)
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


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never stops does not fill the memory: after so many bytes it is left."""
    monkeypatch.setattr(answer, "_LARGEST", 1000)
    body = Body([chunk({"content": "x"})] * 100)
    got = asyncio.run(answer.streamed(httpx.Response(200, stream=body), lambda _: None))
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
        ("<html><title>Login</title></html>", "Login", False, None),
        ("", "without a word", False, None),
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


# ---- verdicts


@pytest.mark.parametrize("status", range(100, 600, 1))
def test_only_a_busy_server_is_asked_again(status: int) -> None:
    """Each status once: a refusal is final, and so is a 500 of a template."""
    assert answer.may_pass(status, "try later") == (status in {408, 409, 425, 429, 500, 502, 503, 504, 529})
    assert not answer.may_pass(status, "Error: Jinja Exception in line 3")
    assert not answer.may_pass(status, "You exceeded your current quota, please check your plan")


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("86400", 300.0),
        ("Wed, 20 May 2026 14:03:42 GMT", 30.0),
        ("Wed, 20 May 2026 14:03:00 GMT", 0.0),
        ("Wed, 20 May 2099 14:03:00 GMT", 300.0),
        ("-5", 0.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e9", 0.0),
        ("soon", 0.0),
        ("Wed, 99 May 2026 99:99:99 GMT", 0.0),
        ("9" * 400, 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, wait: float) -> None:
    """Never below zero, never above five minutes, and nothing where it cannot be read."""
    assert answer.asked_wait(response(headers={"retry-after": header}), NOW) == wait


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_no_retry_after_is_too_odd(header: str) -> None:
    """Whatever stands there is a wait within bounds."""
    assert 0 <= answer.asked_wait(response(headers={"retry-after": header}), NOW) <= 300
