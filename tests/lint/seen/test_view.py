"""One exchange as the rules see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import encoded
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.view import BARE, NO_CHAT, ODD, REFUSED_HERE, Fields, named_index, of_bare, of_exchange

RAW = b'{"model":"m","messages":[{"role":"user"},{"role":"user"}],"stream":true}'


def test_fields_of_a_split_body_and_of_plain_bytes_are_the_same() -> None:
    """However a body is kept, a rule sees the same request."""
    plain, split = Fields(Body.of(RAW)), Fields(Splitter().split(RAW))
    for fields in (plain, split):
        assert (fields.get("model"), fields.get("stream"), fields.get("other")) == ("m", True, None)
        assert fields.get("messages") == [{"role": "user"}, {"role": "user"}]
        assert "messages" in fields
        assert list(fields) == ["model", "messages", "stream"]
    one, other = plain.last_link("messages"), split.last_link("messages")
    assert one is not None
    assert other is not None
    assert one.digest == other.digest


def test_links_of_a_split_body_are_its_own() -> None:
    """What is shared with earlier bodies is not copied."""
    body = Splitter().split(RAW)
    assert Fields(body).last_link("messages") is body.last_link("messages")


@given(st.binary())
def test_any_bytes_can_be_a_request_and_an_answer(raw: bytes) -> None:
    """Looking never raises."""
    response = Response(status=500, chunks=(Chunk(at=0.0, bytes=raw),))
    exchange = Exchange(
        id=0, started=0.0, request=Request(method="POST", url="u", body=Body.of(raw)), response=response
    )
    seen = of_exchange(exchange)
    seen.fields.last_link("messages")
    assert seen.refused


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h:1/v1/chat/completions?a=/b", "/v1/chat/completions"),
        ("/chat/completions", "/chat/completions"),
        ("http://h", "/"),
        (None, None),
    ],
)
def test_the_path_of_an_address(url: str | None, path: str | None) -> None:
    """Host and query are left out."""
    assert of_bare(BareExchange(url=url)).path == path


@pytest.mark.parametrize(
    ("log", "method", "url", "status"),
    [
        ('POST http://h:1/chat/completions "HTTP/1.1 404 Not Found"', "POST", "http://h:1/chat/completions", 404),
        ('INFO: 1.2.3.4:5 - "POST /v1/chat/completions HTTP/1.1" 400 Bad Request', "POST", "/v1/chat/completions", 400),
        ("srv  log_server_r: done request: GET /models", "GET", "/models", None),
        ("openai.BadRequestError: Error code: 400 - {'error': {}}", None, None, 400),
        ("nothing of interest", None, None, None),
    ],
)
def test_a_log_fills_in_what_is_missing(log: str, method: str | None, url: str | None, status: int | None) -> None:
    """Address and status are taken from a line of a client's or server's log."""
    seen = of_bare(BareExchange(log=log))
    assert (seen.method, seen.url, seen.status) == (method, url, status)


def test_a_log_does_not_overrule() -> None:
    """What is known stays."""
    seen = of_bare(BareExchange(url="/a", status=400, response={"error": "x"}, log='POST /b "HTTP/1.1 404 Not Found"'))
    assert (seen.url, seen.status, seen.said.words, seen.logged) == ("/a", 400, "x", False)


@pytest.mark.parametrize(
    ("bare", "refused", "accepted"),
    [
        (BareExchange(status=400), True, False),
        (BareExchange(status=200), False, True),
        (BareExchange(status=200, response={"error": {"message": "x"}}), True, False),
        (BareExchange(status=200, response={"choices": []}), False, True),
        (BareExchange(), False, False),
        (BareExchange(response="no"), True, False),
        (BareExchange(response={"choices": []}), False, False),
        (BareExchange(response="data: {}\n\n"), False, False),
        (BareExchange(log="roles must alternate"), False, False),
    ],
)
def test_refused_accepted_or_neither(bare: BareExchange, refused: bool, accepted: bool) -> None:
    """A status tells, or an error in the answer; without both nothing is known."""
    seen = of_bare(bare)
    assert (seen.refused, seen.accepted) == (refused, accepted)


@pytest.mark.parametrize(
    ("words", "index"),
    [
        ("messages.8.content.0: unexpected", 8),
        ("param messages.[4].role", 4),
        ("Invalid 'messages[68].x'", 68),
        ("3 messages", None),
    ],
)
def test_the_index_that_words_name(words: str, index: int | None) -> None:
    """Anthropic and OpenAI write it in their own ways."""
    assert named_index(words) == index


@pytest.mark.parametrize(
    ("url", "request_", "asks"),
    [
        (None, {"messages": []}, True),
        ("http://h/v1/chat/completions?x=1", {"messages": 3}, True),
        ("http://h/chat/completions/", {"messages": None}, True),
        ("http://h/v1/messages", {"messages": []}, True),
        ("http://h/v1/embeddings", {"messages": []}, False),
        ("http://h/v1/chat/completions", {"input": []}, False),
    ],
)
def test_whether_it_asks_for_a_chat(url: str | None, request_: object, asks: bool) -> None:
    """It has messages, and its route, where it is known, is that of a wire."""
    assert of_bare(BareExchange(url=url, request=request_)).asks_chat is asks


def test_a_list_is_told_apart_however_the_body_is_kept() -> None:
    """As links, as bytes, empty, and what is none."""
    for text, expected in ((b'{"a":[1]}', True), (b'{"a":[]}', True), (b'{"a":3}', False), (b"{}", False)):
        for body in (Splitter().split(text), Body.of(text)):
            assert Fields(body).holds_list("a") is expected


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_the_words_of_a_compressed_answer_are_heard(encoding: str) -> None:
    """A server that compresses its refusals has said no less."""
    raw = encoded(b'{"error":{"message":"roles must alternate"}}', encoding) or b""
    response = Response(status=400, headers=(("content-encoding", encoding),), chunks=(Chunk(at=0.0, bytes=raw),))
    seen = of_exchange(Exchange(id=0, started=0.0, request=Request(method="POST", url="http://h/"), response=response))
    assert (seen.said.words, seen.said.error) == ("roles must alternate", True)


def test_the_facts_of_an_exchange_by_which_rules_are_chosen() -> None:
    """Fields that are asked for, and what became of it; nothing else."""
    wanted = frozenset({"tools", "top_k", REFUSED_HERE, BARE, ODD, NO_CHAT})
    asked = {"messages": [], "tools": [], "model": "m"}
    assert of_bare(BareExchange(request=asked, status=200)).facts(wanted) == {"tools", BARE}
    assert of_bare(BareExchange(request={}, status=400)).facts(wanted) == {REFUSED_HERE, BARE, NO_CHAT}
    failed = {"choices": [{"error": {"message": "no"}}]}
    assert ODD in of_bare(BareExchange(request=asked, status=200, response=failed)).facts(wanted)


@pytest.mark.parametrize(
    ("parts", "wire"),
    [
        ({"request": {"messages": [], "tools": [{"name": "f", "input_schema": {}}]}}, "anthropic"),
        ({"request": {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}}, "anthropic"),
        ({"request": {"messages": [3, {"role": "assistant", "content": [{"type": "tool_use"}]}]}}, "anthropic"),
        ({"request": {"messages": [{"role": "user", "content": [{"type": "text"}, 4, {"type": []}]}]}}, "chat"),
        ({"request": {"messages": [{"role": "user", "content": [{"type": "tool_use"}]}, {"role": "tool"}]}}, "chat"),
        ({"request": {"messages": [{"tool_calls": []}], "tools": [{"input_schema": {}}]}}, "chat"),
        ({"request": {"messages": 3, "tools": {"a": 1}}}, "chat"),
        ({"request": {"messages": [{"content": [{"type": "tool_use"}]}]}, "url": "/v1/chat/completions"}, "chat"),
        ({"request": {"messages": [{}] * 50 + [{"content": [{"type": "tool_use"}]}] + [{}] * 50}}, "chat"),
    ],
)
def test_the_wire_is_told_by_the_body_where_no_address_is_known(parts: dict[str, object], wire: str) -> None:
    """By tools and blocks that only Anthropic's Messages have, looked for at both ends."""
    assert of_bare(BareExchange(**parts)).wire == wire
