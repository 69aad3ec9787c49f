"""Exchanges → Findings."""

import json
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Severity
from nexdiag.lint import judging
from nexdiag.lint.engine import judge, judge_bare, judge_exchange
from nexdiag.lint.profiles import ALL, named
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.message import MessageSeen, read_message

USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}
CALLS = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
}
WORDS = "Conversation roles must alternate user/assistant/user/assistant/..."
OK = (200, {"choices": [{"message": ASSISTANT}]})
REFUSED = (400, {"error": {"message": WORDS}})


def recording(
    *rounds: tuple[list[object], tuple[int, object] | None], url: str = "http://h/v1/chat/completions"
) -> Cassette:
    splitter = Splitter()
    exchanges = []
    for number, (messages, answer) in enumerate(rounds):
        body = splitter.split(json.dumps({"model": "m", "messages": messages}).encode())
        response = None
        if answer is not None:
            response = Response(status=answer[0], chunks=(Chunk(at=0.1, bytes=json.dumps(answer[1]).encode()),))
        request = Request(method="POST", url=url, body=body)
        exchanges.append(Exchange(id=number, started=0.0, request=request, response=response, turn=number + 1))
    return Cassette(header=Header(), exchanges=tuple(exchanges))


def brief(cassette: Cassette, profile: str = "unknown") -> list[tuple[object, ...]]:
    return [
        (found.rule, found.location.turn, found.location.exchange, found.location.message_index, found.repeats)
        for found in judge(cassette, named(profile))
    ]


def test_a_fault_is_found_where_it_came_in() -> None:
    """A bad message in the history is reported at the first exchange that carries it, and counted in the later ones."""
    bad = [USER, USER]
    cassette = recording(
        ([USER], OK), (bad, OK), ([*bad, ASSISTANT, USER], OK), ([*bad, ASSISTANT, USER, ASSISTANT], OK)
    )
    assert brief(cassette) == [("role-alternation", 2, 1, 1, 2)]


def test_a_fault_is_known_again_after_the_history_was_cut() -> None:
    """A message is known by its text: that the client dropped earlier ones makes no new fault of it."""
    said = [{"role": "user", "content": "one"}, ASSISTANT, {"role": "user", "content": "two"}, USER]
    assert brief(recording((said, OK), (said[2:], OK))) == [("role-alternation", 1, 0, 3, 1)]


def test_equal_faults_in_one_request_are_several() -> None:
    """The same pair of texts twice is two faults."""
    messages = [USER, USER, ASSISTANT, USER, USER]
    assert brief(recording((messages, OK), (messages, OK))) == [
        ("role-alternation", 1, 0, 1, 1),
        ("role-alternation", 1, 0, 4, 1),
    ]


def test_a_call_that_is_answered_later_was_no_fault_of_the_later_request() -> None:
    """What only holds at the end of one request is not counted where a later one mends it."""
    answer = {"role": "tool", "tool_call_id": "c", "content": "r"}
    assert brief(recording(([USER, CALLS], OK), ([USER, CALLS, answer], OK))) == [("unanswered-tool-call", 1, 0, 1, 0)]


def test_a_later_refusal_confirms_the_earlier_message() -> None:
    """The cause stays where the message came in, also if only a retry was answered."""
    (finding,) = judge(recording(([USER, USER], None), ([USER, USER], REFUSED)), named("unknown"))
    assert (finding.severity, finding.refused, finding.server_words) == (Severity.ERROR, True, WORDS)
    assert (finding.location.exchange, finding.repeats) == (0, 1)


def test_what_was_accepted_before_is_not_the_cause() -> None:
    """Of two like faults the one that came in with the refused request is confirmed."""
    bad = [USER, USER, ASSISTANT]
    again = [*bad, {"role": "user", "content": "new"}, {"role": "user", "content": "newer"}]
    findings = judge(recording((bad, OK), (again, REFUSED)), named("unknown"))
    assert [(found.location.message_index, found.refused, found.severity) for found in findings] == [
        (4, True, Severity.ERROR),
        (1, False, Severity.WARNING),
    ]


def test_the_cause_comes_first() -> None:
    """Confirmed faults, then refusals without explanation, then errors, warnings and notes."""
    request = {"model": "local:m", "stream_options": {}, "messages": [USER, USER, CALLS]}
    _, findings = judge_bare(BareExchange(server="OpenAI", request=request, status=400, response={"error": WORDS}))
    assert [(found.rule, found.severity) for found in findings] == [
        ("role-alternation", Severity.ERROR),
        ("model-name-prefix", Severity.ERROR),
        ("unanswered-tool-call", Severity.ERROR),
    ]
    _, findings = judge_bare(BareExchange(server="vLLM", request=request, status=400, response={"error": "strange"}))
    assert [(found.rule, found.severity) for found in findings] == [
        ("unexplained-refusal", Severity.ERROR),
        ("model-name-prefix", Severity.ERROR),
        ("role-alternation", Severity.WARNING),
        ("unanswered-tool-call", Severity.WARNING),
    ]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, None])
def test_a_refusal_without_explanation_is_reported(status: int | None) -> None:
    """The server's words are not lost, whatever the status, if the answer says that it is an error."""
    _, findings = judge_bare(BareExchange(status=status, response={"error": {"message": "the model is asleep"}}))
    assert [(found.rule, found.code, found.severity, found.server_words) for found in findings] == [
        ("unexplained-refusal", "NX001", Severity.ERROR, "the model is asleep")
    ]


@pytest.mark.parametrize(
    "bare",
    [
        BareExchange(),
        BareExchange(status=200, response="data: {}\n\n"),
        BareExchange(status=202),
        BareExchange(status=200, response="no JSON at all"),
        BareExchange(response={"choices": []}, log="ERROR: something"),
    ],
)
def test_no_refusal_no_finding(bare: BareExchange) -> None:
    """Without an error object nothing below 400 is a refusal."""
    assert judge_bare(bare)[1] == ()


def test_equal_refusals_are_one() -> None:
    """A client that tries again five times has one problem."""
    unhappy = (503, {"error": {"message": "Loading model"}})
    assert brief(recording(*[([USER], unhappy)] * 5)) == [("unexplained-refusal", 1, 0, None, 4)]


def test_one_exchange_is_judged_without_an_answer() -> None:
    """The stub asks what the profile says to a request alone."""
    (exchange,) = recording(([USER, USER], None)).exchanges
    (finding,) = judge_exchange(exchange, named("llama.cpp-strict"))
    assert (finding.severity, finding.refused) == (Severity.ERROR, False)


def test_select_and_ignore() -> None:
    """Names, codes and families choose what is told, not what explains a refusal."""
    cassette = recording(([USER, USER, CALLS], REFUSED))
    profile = named("unknown")
    assert {found.code for found in judge(cassette, profile)} == {"NX101", "NX202"}
    assert {found.code for found in judge(cassette, profile, select=["pairing"])} == {"NX202"}
    assert {found.code for found in judge(cassette, profile, ignore=["NX1"])} == {"NX202"}
    with pytest.raises(UsageError, match="unknown rule"):
        judge(cassette, profile, select=["role-alternaton"])


def test_each_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work grows with the text of a recording, not with what was sent again."""
    read: list[bytes] = []

    def counting(raw: bytes) -> MessageSeen:
        read.append(raw)
        return read_message(raw)

    monkeypatch.setattr(judging, "read_message", counting)
    chat = [message for _ in range(50) for message in (USER, ASSISTANT)]
    judge(recording(*[(chat[: 2 * turn + 1], OK) for turn in range(50)]), named("unknown"))
    assert len(read) == 99


def test_two_chats_in_one_recording_go_on_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second conversation beside the first does not make the first be read again."""
    read: list[bytes] = []

    def counting(raw: bytes) -> MessageSeen:
        read.append(raw)
        return read_message(raw)

    monkeypatch.setattr(judging, "read_message", counting)
    rounds = [
        ([{"role": "system", "content": name}, *[USER, ASSISTANT, USER, ASSISTANT, USER][:length]], OK)
        for length, name in product((1, 3, 5), ("one", "two"))
    ]
    judge(recording(*rounds), named("unknown"))
    assert len(read) == 12


@given(st.lists(json_values, max_size=5), json_values, st.sampled_from(ALL))
def test_anything_can_be_judged(messages: list[object], response: object, profile: object) -> None:
    """No exchange is too malformed to be judged, bare or recorded."""
    request = {"model": response, "messages": messages, "stream_options": response}
    judge_bare(BareExchange(server=profile.name, request=request, response=response))
    judge_bare(BareExchange(server=profile.name, request=response, response=messages, status=404))
    raw = json.dumps(request).encode()
    answer = Response(status=400, chunks=(Chunk(at=0.0, bytes=json.dumps(response).encode()),))
    for body in (Body.of(raw), Splitter().split(raw)):
        exchange = Exchange(id=0, started=0.0, request=Request(method="POST", url="", body=body), response=answer)
        judge_exchange(exchange, profile)
