"""malformed-request: messages in a shape that no server reads."""

import json

import pytest

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.seen.bare import BareExchange

USER = {"role": "user", "content": "u"}


def found(messages: object, **parts: object) -> list[Finding]:
    bare = BareExchange(request={"model": "m", "messages": messages}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "malformed-request"]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (3, "a number"),
        (None, "null"),
        (True, "a boolean"),
        ("hello", "a string"),
        ({"role": "user"}, "an object"),
    ],
)
def test_messages_must_be_a_list(messages: object, told: str) -> None:
    """The finding names what was sent in its place."""
    (finding,) = found(messages)
    assert finding.summary == f"messages is {told}, where a list is wanted"
    assert (finding.severity, finding.code, finding.location.pointer) == (Severity.ERROR, "NX003", "/messages")
    assert finding.location.message_index is None


@pytest.mark.parametrize(
    ("entry", "summary", "pointer"),
    [
        (None, "messages[1] is null, where an object is wanted", "/messages/1"),
        (1, "messages[1] is a number, where an object is wanted", "/messages/1"),
        ([], "messages[1] is an array, where an object is wanted", "/messages/1"),
        ({}, "messages[1] has no role", "/messages/1"),
        ({"content": "x"}, "messages[1] has no role", "/messages/1"),
        ({"role": 5}, "the role of messages[1] is a number, where a string is wanted", "/messages/1/role"),
        ({"role": None}, "the role of messages[1] is null, where a string is wanted", "/messages/1/role"),
        ({"role": ["user"]}, "the role of messages[1] is an array, where a string is wanted", "/messages/1/role"),
    ],
)
def test_an_entry_must_be_an_object_with_a_role(entry: object, summary: str, pointer: str) -> None:
    """The finding points to the entry, and to its role where it has one."""
    (finding,) = found([USER, entry])
    assert (finding.summary, finding.severity) == (summary, Severity.ERROR)
    assert (finding.location.message_index, finding.location.pointer) == (1, pointer)


def test_each_entry_is_found() -> None:
    """Equal ones too."""
    assert [one.location.message_index for one in found([None, 1, {"role": 5}, USER, None])] == [0, 1, 2, 4]


@pytest.mark.parametrize("messages", [[], [USER], [{"role": "function"}], [{"role": ""}], [{"role": "developer"}]])
def test_look_alikes_are_let_pass(messages: object) -> None:
    """An empty list, and a role that not every server knows, are other faults."""
    assert found(messages) == []


@pytest.mark.parametrize("url", ["http://h/v1/embeddings", "/v1/completions", "http://h"])
def test_other_routes_have_other_shapes(url: str) -> None:
    """Only chat completions are judged; with a version, without one, and behind a gateway's path."""
    for messages in (3, [None]):
        assert found(messages, url=url) == []
        assert len(found(messages, url="http://h/gateway/v1/chat/completions/?key=1")) == 1


@pytest.mark.parametrize("request_", [{"input": "x"}, {"input": [None]}, {}, [], "text", None])
def test_a_body_without_messages_is_not_judged(request_: object) -> None:
    """It may be of another protocol."""
    assert judge_bare(BareExchange(request=request_))[1] == ()


@pytest.mark.parametrize(
    ("url", "request_", "told"),
    [
        ("http://h/v1/chat/completions", {"model": "m"}, "messages"),
        ("/v1/chat/completions", {}, "messages"),
        ("http://h/v1/messages", {}, "messages"),
        ("http://h/anthropic/messages", {"model": "m", "max_tokens": 5}, "messages"),
        ("http://h/v1/responses", {"model": "m"}, "input"),
        ("http://h/v1/responses", "{ }", "input"),
        ("http://h/v1/responses", {"messages": [USER]}, "input"),
    ],
)
def test_where_a_model_is_asked_there_are_messages(url: str, request_: object, told: str) -> None:
    """Under the name that they have on that wire."""
    bare = BareExchange(request=request_, url=url)
    (finding,) = [one for one in judge_bare(bare)[1] if one.rule == "malformed-request"]
    assert (finding.summary, finding.severity) == (f"the request has no {told}", Severity.ERROR)


@pytest.mark.parametrize(
    ("url", "request_"),
    [
        ("http://h/v1/responses", {"model": "m", "previous_response_id": "resp_1"}),
        ("http://h/v1/responses", {"prompt": {"id": "p"}}),
        ("http://h/v1/threads/thread_1/messages", {"role": "user", "content": "u"}),
        ("http://h/survey/responses", {"answers": [1]}),
        ("http://h/v1/models", {}),
        ("http://h/v1/chat/completions", None),
        ("http://h/v1/chat/completions", []),
        ("http://h/v1/chat/completions", "{"),
    ],
)
def test_nothing_is_missing_elsewhere(url: str, request_: object) -> None:
    """Other services have such paths too, and of a body that nobody read nothing is known."""
    assert [one for one in judge_bare(BareExchange(request=request_, url=url))[1] if one.code == "NX003"] == []


def test_a_get_asks_nothing() -> None:
    """The same address lists stored answers."""
    for method, count in (("GET", 0), ("POST", 1)):
        sent = Request(method=method, url="http://h/v1/chat/completions", body=Body.of(b"{}"))
        cassette = Cassette(header=Header(), exchanges=(Exchange(id=0, started=0.0, request=sent),))
        assert len(judge(cassette, named("unknown"))) == count


@pytest.mark.parametrize(
    "words",
    [
        "Missing required parameter: 'messages'.",
        "messages: Field required",
        "'messages' is required",
        "you must provide a messages parameter",
    ],
)
def test_the_words_for_what_is_missing_confirm(words: str) -> None:
    """Of OpenAI, Anthropic and llama.cpp."""
    bare = BareExchange(request={"model": "m"}, url="/v1/chat/completions", status=400, response={"error": words})
    first = judge_bare(bare)[1][0]
    assert (first.rule, first.refused) == ("malformed-request", True)


def test_what_was_accepted_is_no_fault() -> None:
    """A server that reads it all the same is the judge."""
    for messages in (3, [None], [{"content": "x"}]):
        assert found(messages, status=200) == []


@pytest.mark.parametrize("server", [None, "OpenAI", "llama.cpp", "Mistral"])
@pytest.mark.parametrize(
    ("messages", "status", "words"),
    [
        (3, 400, "Expected 'messages' to be an array"),
        ([None], 400, "All non-assistant messages must contain 'content'"),
        ([{"content": "x"}], 500, 'Failed to parse messages: Missing \'role\' in message: {"content":"x"}'),
        ([{"role": 5, "content": "x"}], 500, "Failed to parse messages: type must be string, but is number"),
        (3, 422, "body.messages: Input should be a valid list"),
        ([{}], 400, "body.messages.0.role: Field required"),
        (
            [{"role": "user", "content": {"type": "text", "text": "x"}}],
            400,
            "Invalid type for 'messages.[0].content': expected one of a string or array of objects, but got an object.",
        ),
    ],
)
def test_the_recorded_refusal_confirms(server: str | None, messages: object, status: int, words: str) -> None:
    """In the words of llama.cpp, as measured, and of servers that check by schema; the fault is the cause."""
    bare = BareExchange(
        server=server, request={"messages": messages}, status=status, response={"error": {"message": words}}
    )
    first = judge_bare(bare)[1][0]
    assert (first.rule, first.refused, first.server_words) == ("malformed-request", True, words)


@pytest.mark.parametrize("split", [False, True])
def test_in_a_recording_it_is_found_once(*, split: bool) -> None:
    """However the body is kept; a later answer with 200 to the same entry withdraws it."""
    exchanges = []
    for number, status in enumerate((None, None, 200)):
        raw = json.dumps({"messages": [USER, None]}).encode()
        request = Request(
            method="POST",
            url="http://h/v1/chat/completions",
            body=Splitter().split(raw) if split else Body.of(raw),
        )
        response = None if status is None else Response(status=status)
        exchanges.append(Exchange(id=number, started=0.0, request=request, response=response, turn=number + 1))
    (finding,) = judge(Cassette(header=Header(), exchanges=tuple(exchanges[:2])), named("unknown"))
    assert (finding.rule, finding.location.exchange, finding.repeats) == ("malformed-request", 0, 1)
    assert judge(Cassette(header=Header(), exchanges=tuple(exchanges)), named("unknown")) == ()


def test_content_that_is_an_object() -> None:
    """Some servers take the output of a tool so: a warning until one refuses it."""
    (finding,) = found([{"role": "user", "content": {"type": "text", "text": "x"}}])
    assert (finding.severity, finding.location.pointer) == (Severity.WARNING, "/messages/0/content")
