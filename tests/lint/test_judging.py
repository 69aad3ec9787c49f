"""One recording under judgement: what explains a refusal, where it came from, what follows from it."""

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import ASSISTANT, CHAT, USER, calls, found, judged, recording, refusing

from nexdiag.core.finding import Severity
from nexdiag.lint import judging, rules
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ANY, NOTED, MessageSeen, read_message
from nexdiag.lint.seen.view import REFUSED_HERE
from nexdiag.lint.template.chat_template import ChatTemplate
from nexdiag.lint.template.outcome import TemplateText, manner_of

ORPHAN = {"role": "tool", "tool_call_id": "x", "content": "r"}


def test_a_refusal_without_words_is_presumed_to_be_about_what_the_server_refuses() -> None:
    """The fault comes first, and is not said to be confirmed; nothing is left unexplained."""
    findings = judged({"messages": [USER, ORPHAN]}, refusing("orphan-tool-result"), status=400)
    assert (findings[0].rule, findings[0].refused) == ("orphan-tool-result", False)
    assert "unexplained-refusal" not in [one.rule for one in findings]


def test_without_words_what_only_others_refuse_is_presumed_too() -> None:
    """A known server may be another inside: a gateway, a template. In words that tell something it is not."""
    request = {"messages": [USER, ASSISTANT | {"tool_calls": []}, USER]}
    silent = judged(request, refusing(), status=500, response="Internal Server Error")
    assert [(one.rule, one.severity, one.refused) for one in silent] == [
        ("empty-tool-calls-array", Severity.WARNING, False)
    ]
    spoken = judged(request, refusing(), status=500, response="CUDA out of memory")
    assert [one.rule for one in spoken] == ["unexplained-refusal"]


@pytest.mark.parametrize(
    "words",
    [
        "500 from Mistral",
        "Bad Request",
        "Provider returned error",
        "Error code: 400",
    ],
)
def test_words_that_say_nothing_are_no_words(words: str) -> None:
    """They are quoted, and the structure decides."""
    response = {"error": {"message": words}}
    findings = judged({"messages": [USER, ORPHAN]}, refusing("orphan-tool-result"), status=400, response=response)
    assert findings[0].rule == "orphan-tool-result"
    assert words in findings[0].evidence[-1]


def test_strange_words_stay_unexplained_beside_what_is_presumed() -> None:
    """The fault that this server refuses with that status comes first, and the words are told as unexplained."""
    response = {"error": {"message": "the moon is in the wrong house"}}
    for status, first in ((400, "orphan-tool-result"), (418, "unexplained-refusal")):
        rules = [
            one.rule
            for one in judged(
                {"messages": [USER, ORPHAN]}, refusing("orphan-tool-result"), status=status, response=response
            )
        ]
        assert rules[0] == first
        assert "unexplained-refusal" in rules


def test_an_unknown_server_that_refuses_in_silence() -> None:
    """What may be wrong is told before that nothing explains it, and stays advice."""
    findings = judged({"messages": [USER, ORPHAN]}, status=400)
    assert (findings[0].rule, findings[0].severity) == ("orphan-tool-result", Severity.WARNING)


def test_a_fault_is_traced_to_the_answer_that_wrote_the_message() -> None:
    """The response of the earlier exchange, with its turn."""
    asked = {"model": "m", "messages": [USER]}
    call = calls("c")
    answer = {"choices": [{"message": call, "finish_reason": "tool_calls"}]}
    cassette = recording((asked, 200, answer), ({"model": "m", "messages": [USER, call, USER]}, 200, {"choices": []}))
    finding = next(one for one in judge(cassette, named("openai")) if one.rule == "unanswered-tool-call")
    assert str(finding.origin) == "the answer of turn 1, exchange 0"


def test_later_turns_are_consequences() -> None:
    """A poisoned history that is refused again and again is one finding, at the first request that carries it."""
    bad = [USER, ORPHAN]
    refusal = {"error": {"message": "messages with role 'tool' must be a response to a preceeding message"}}
    rounds = [({"messages": [*bad, *[ASSISTANT, USER] * n]}, 400, refusal) for n in range(4)]
    (finding,) = [one for one in judge(recording(*rounds), named("openai")) if one.severity is Severity.ERROR]
    assert (finding.rule, finding.location.exchange, finding.repeats, finding.refused) == (
        "orphan-tool-result",
        0,
        3,
        True,
    )


def test_a_text_under_input_is_a_message() -> None:
    """The Responses wire takes a text for a list of one."""
    assert judged({"model": "m", "input": "hello"}, url="http://h/v1/responses") == ()


@pytest.mark.parametrize("wire", ["messages", "responses"])
def test_the_other_wires_are_judged(wire: str) -> None:
    """An answer that nobody asked for is found, and pointed to in the list of that wire."""
    stray = {"type": "tool_result", "tool_use_id": "x", "content": "r"}
    request = {
        "messages": {"model": "m", "messages": [{"role": "user", "content": [stray]}]},
        "responses": {"model": "m", "input": [{"type": "function_call_output", "call_id": "x", "output": "r"}]},
    }[wire]
    (finding,) = found("orphan-tool-result", request, url=CHAT.replace("chat/completions", wire))
    assert finding.location.message_index == 0
    assert (finding.location.pointer or "").startswith("/messages/0" if wire == "messages" else "/input/0")


STRICT = """{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{% endif %}{{ m['content'] }}{% endfor %}"""
LENIENT = "{% for m in messages %}{{ m['content'] }}{% endfor %}"


@pytest.mark.parametrize(("text", "weights"), [(STRICT, [Severity.ERROR]), (LENIENT, [])])
@pytest.mark.parametrize("server", ["vllm", "unknown"])
def test_with_its_template_at_hand_nothing_is_left_open(server: str, text: str, weights: list[Severity]) -> None:
    """What a server may or may not refuse is an error with the template's words, or no finding."""
    template = ChatTemplate(TemplateText(text=text), manner_of(server))
    bare = BareExchange(request={"model": "m", "messages": [USER, USER]})
    findings = [one for one in judge_bare(bare, named(server), template=template)[1] if one.weighs]
    assert [(one.rule, one.severity) for one in findings] == [("role-alternation", weight) for weight in weights]
    assert all("the chat template says" in one.because for one in findings)


def test_each_message_of_a_growing_chat_is_read_and_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is sent: the work is counted, not the time."""
    read: Counter[bytes] = Counter()
    looked: Counter[int] = Counter()
    rule = next(one for one in rules.ALL if one.name == "secret-in-recording")

    def reading(raw: bytes) -> MessageSeen:
        read[raw] += 1
        return read_message(raw)

    def looking(case: Case) -> tuple[Fault, ...]:
        looked[case.history.at] += 1
        return ()

    monkeypatch.setattr(judging, "read_message", reading)
    monkeypatch.setattr(judging.rules, "ALL", (msgspec.structs.replace(rule, arriving=looking, check=None),))
    messages = [{"role": ("user", "assistant")[at % 2], "content": f"text {at}"} for at in range(40)]
    cassette = recording(*(({"model": "m", "messages": messages[:end]}, 200, {}) for end in range(1, 41)))
    forget()
    judge(cassette, named("vllm"))
    forget()
    assert set(read.values()) == set(looked.values()) == {1}
    assert len(read) == len(looked) == len(messages)


@pytest.mark.parametrize(
    ("parts", "asked"),
    [
        ({"request": {"messages": [USER]}}, set()),
        ({"request": {"messages": [USER], "tools": []}}, {"tools"}),
        ({"request": {"messages": [USER]}, "status": 400}, {"refused"}),
        ({"request": {"messages": [USER], "tools": []}, "status": 400}, {"refused", "tools"}),
    ],
)
def test_a_rule_is_called_only_where_one_of_its_needs_is(
    parts: dict[str, object], asked: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field of the request, or a fact of the exchange."""
    called: set[str] = set()

    def counting(name: str) -> Callable[[Case], tuple[Fault, ...]]:
        return lambda _: (called.add(name), ())[1]

    needs = {"tools": frozenset({"tools"}), "refused": frozenset({REFUSED_HERE}), "any": frozenset[str]()}
    made = [Rule(name=n, code=n, family=n, page=n, check=counting(n), needs=wanted) for n, wanted in needs.items()]
    monkeypatch.setattr(judging.rules, "ALL", tuple(made))
    forget()
    judge_bare(BareExchange(**parts), named("vllm"))  # type: ignore[arg-type]
    forget()
    assert called == asked | {"any"}


def test_a_rule_that_does_not_listen_is_called_for_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once for an exchange, before its messages."""
    asked: list[int] = []
    looked: list[int] = []

    def listens(case: Case) -> bool:
        asked.append(len(case.history.messages))
        return case.view.exchange is not None

    def looking(case: Case) -> tuple[Fault, ...]:
        looked.append(case.history.at)
        return ()

    rule = Rule(name="r", code="r", family="r", page="r", arriving=looking, listens=listens)
    monkeypatch.setattr(judging.rules, "ALL", (rule,))
    forget()
    judge_bare(BareExchange(request={"messages": [USER, ASSISTANT, USER]}), named("vllm"))
    assert (asked, looked) == ([0], [])
    judge(recording(({"messages": [USER, ASSISTANT, USER]}, 200, {})), named("vllm"))
    forget()
    assert (asked, looked) == ([0, 0], [0, 1, 2])


def forget() -> None:
    """What is remembered of the rules: they are others now."""
    for known in (judging._arriving, judging._choosy, judging._wanted, judging._whole):
        known.cache_clear()


def test_each_message_is_judged_by_the_model_it_was_sent_to() -> None:
    """The same messages to another model, or on another wire, are another matter."""
    profile = refusing("developer-role", models="strict")
    messages = [{"role": "developer", "content": "d"}, USER]
    rounds = [({"model": model, "messages": messages}, None, None) for model in ("lenient", "strict")]
    for ordered in (rounds, rounds[::-1]):
        found = [one for one in judge(recording(*ordered), profile) if one.rule == "developer-role"]
        assert [one.severity for one in found] == [Severity.ERROR]


def test_a_refusal_is_told_in_its_own_session() -> None:
    """What another session got away with is not the cause, and not the place."""
    bad = {"model": "m", "messages": [USER, USER]}
    words = {"error": {"message": "Conversation roles must alternate"}}
    first, second = recording((bad, 200, {"choices": []}), (bad, 400, words)).exchanges
    exchanges = (first, msgspec.structs.replace(second, session="2"))
    cassette = msgspec.structs.replace(recording(), exchanges=exchanges)
    found = [one for one in judge(cassette, named("vllm")) if one.rule == "role-alternation"]
    assert [(one.location.session, one.refused) for one in found] == [("2", True), ("", False)]


def test_a_chat_whose_end_moves_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reminder that stands at the end of each request alone: what stands before it is read once, faults included."""
    read: list[bytes] = []
    monkeypatch.setattr(judging, "read_message", lambda raw: (read.append(raw), read_message(raw))[1])
    reminder, history, rounds = {"role": "user", "content": "careful"}, [USER, ORPHAN, ASSISTANT], []
    for turn in range(10):
        history = [*history, {"role": "user", "content": f"question {turn}"}, ASSISTANT]
        rounds.append(({"model": "m", "messages": [*history[:-1], reminder]}, 200, {"choices": []}))
    (finding,) = [one for one in judge(recording(*rounds), named("openai")) if one.rule == "orphan-tool-result"]
    assert (finding.location.exchange, finding.repeats) == (0, 9)
    assert len(read) == 3 + 2 * 10 - 1 + 10


ARGUMENTS = ["{}", "", " {}", "[1]", "{x", {}, [], None, 5]
RARELY = tuple(rule for rule in rules.ALL if rule.arriving and NOTED <= rule.on < ANY)
"""Rules that no ordinary message concerns."""

_ODD_CALL = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "", None, 5]),
        "type": st.sampled_from(["function", "custom"]),
        "function": st.fixed_dictionaries(
            {}, optional={"name": st.sampled_from(["f", "", " ", None]), "arguments": st.sampled_from(ARGUMENTS)}
        ),
    },
)
_ODD_PART = st.sampled_from(
    [
        {"type": "text", "text": ""},
        {"type": "text", "text": "x"},
        {"type": "tool_use", "id": "a", "name": "f", "input": []},
        {"type": "tool_use", "id": "b", "name": "", "input": {}},
        {"type": "tool_result", "tool_use_id": "a", "content": "r"},
        None,
    ]
)
_ODD_MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "tool", "function", "system", None]),
        "content": st.sampled_from(["", " ", "x", None, {}]) | st.lists(_ODD_PART, max_size=3),
        "tool_calls": st.sampled_from([None, {}]) | st.lists(_ODD_CALL, max_size=3),
        "tool_call_id": st.sampled_from(["a", "b", None]),
        "name": st.sampled_from(["", "f", "f g"]),
        "type": st.sampled_from(["function_call", "function_call_output"]),
        "call_id": st.sampled_from(["a", "b"]),
        "arguments": st.sampled_from(ARGUMENTS),
    },
)


@given(st.lists(_ODD_MESSAGE, max_size=6), st.sampled_from(["messages", "input"]))
def test_the_traits_of_a_message_hide_no_fault(messages: list[object], field: str) -> None:
    """Rules that are called for rare traits only find what they would find if they looked at every message."""
    bare = BareExchange(request={"model": "m", field: messages})

    def found() -> set[tuple[str, int | None, str | None]]:
        return {
            (one.rule, one.location.message_index, one.location.pointer)
            for one in judge_bare(bare, refusing(*(rule.name for rule in RARELY)))[1]
        }

    quick = found()
    looks = [(rule, rule.arriving) for rule in RARELY]
    with pytest.MonkeyPatch.context() as patch:
        every = judging._arriving
        patch.setattr(
            judging,
            "_arriving",
            lambda traits, wire, deaf: (
                *(one for one in every(traits, wire, deaf) if one[0] not in RARELY),
                *(one for one in looks if wire in one[0].wires and one[0].name not in deaf),
            ),
        )
        assert found() == quick
