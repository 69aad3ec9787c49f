"""role-alternation: two messages of the same speaker in a row."""

import pytest
from linting import recording, refusing, told

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

SYSTEM = {"role": "system", "content": "s"}
USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}
CALLS = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
}
TOOL = {"role": "tool", "tool_call_id": "c", "content": "r"}
WORDS = "Conversation roles must alternate user/assistant/user/assistant/..."


def found(messages: list[object], server: str | None = None, **parts: object) -> list[Finding]:
    bare = BareExchange(server=server, request={"messages": messages}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "role-alternation"]


@pytest.mark.parametrize(
    ("messages", "places"),
    [
        ([USER, USER], [1]),
        ([SYSTEM, USER, USER], [2]),
        ([USER, ASSISTANT, ASSISTANT], [2]),
        ([USER, USER, USER], [1, 2]),
        ([USER, CALLS, TOOL, ASSISTANT, ASSISTANT, USER], [4]),
        ([USER, {"role": "user", "content": [{"type": "text", "text": "part"}]}], [1]),
    ],
)
def test_the_second_of_two_is_at_fault(messages: list[object], places: list[int]) -> None:
    """The message that has to change is the later one of the two."""
    findings = found(messages)
    assert [finding.location.message_index for finding in findings] == places
    assert [finding.location.pointer for finding in findings] == [f"/messages/{place}/role" for place in places]


def test_words_about_answers_mean_answers() -> None:
    """llama.cpp speaks of those at the end, before any template has looked at what else follows its like."""
    words = {"error": {"message": "Cannot have 2 or more assistant messages at the end of the list."}}
    first = found([USER, USER, ASSISTANT, ASSISTANT], status=400, response=words)[0]
    assert (first.location.message_index, first.refused) == (3, True)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [USER],
        [SYSTEM, USER, ASSISTANT, USER],
        [SYSTEM, SYSTEM, USER],
        [USER, SYSTEM, USER],
        [USER, CALLS, TOOL, USER],
        [USER, CALLS, TOOL, ASSISTANT],
        [USER, CALLS, TOOL, TOOL],
        [USER, ASSISTANT, CALLS, TOOL],
        [USER, CALLS, ASSISTANT],
        [
            USER,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
            USER,
        ],
        ["user", "user"],
        [{"role": 1}, {"role": 1}],
        [None, {}, []],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """Nothing is found where no two talking messages of one role follow each other."""
    assert found(messages) == []


@pytest.mark.parametrize(
    ("server", "severity"),
    [
        (None, Severity.WARNING),
        ("llama.cpp server (b5350)", Severity.WARNING),
        ("vLLM", Severity.WARNING),
        ("llama.cpp-strict", Severity.ERROR),
        ("OpenAI", Severity.INFO),
        ("Mistral", Severity.INFO),
    ],
)
def test_without_an_answer_the_profile_decides(server: str | None, severity: Severity) -> None:
    """A server whose template is not known cannot be said to refuse; a strict one can."""
    (finding,) = found([USER, USER], server)
    assert (finding.severity, finding.refused) == (severity, False)


def test_a_condition_is_told() -> None:
    """A warning says on what it depends."""
    (finding,) = found([USER, USER], "vLLM")
    assert "chat template" in finding.evidence[-1]


@pytest.mark.parametrize("server", [None, "vLLM", "OpenAI", "some gateway"])
def test_the_recorded_refusal_confirms(server: str | None) -> None:
    """Where the server refused in these words, it is an error on any server, and the words are kept."""
    (finding,) = found([USER, USER], server, status=400, response={"object": "error", "message": WORDS})
    assert (finding.severity, finding.refused, finding.server_words) == (Severity.ERROR, True, WORDS)


@pytest.mark.parametrize(
    ("messages", "cause", "at"),
    [
        ([USER, USER, ASSISTANT], "role-alternation", 1),
        ([SYSTEM, ASSISTANT, USER], "first-message-not-user", 1),
        ([SYSTEM, USER], "system-role-unsupported", 0),
        ([SYSTEM, USER, ASSISTANT, USER], "system-role-unsupported", 0),
        ([USER, SYSTEM, USER], "system-not-first", 1),
        ([SYSTEM, SYSTEM, USER], "multiple-system-messages", 1),
        ([USER, CALLS, TOOL, USER], "user-after-tool", 3),
        ([SYSTEM, ASSISTANT, USER, USER], "first-message-not-user", 1),
        ([SYSTEM, SYSTEM, USER, USER], "multiple-system-messages", 1),
        ([SYSTEM, USER, USER, ASSISTANT, SYSTEM], "role-alternation", 2),
        ([USER, CALLS, ASSISTANT], "role-alternation", 2),
    ],
)
@pytest.mark.parametrize("server", [None, "vLLM", "llama.cpp"])
def test_structure_decides_what_the_words_mean(messages: list[object], cause: str, at: int, server: str | None) -> None:
    """Templates say the same words of many faults: the one at the first message is the cause, as for a template."""
    bare = BareExchange(
        server=server, request={"messages": messages}, status=400, response={"error": {"message": WORDS}}
    )
    first = judge_bare(bare)[1][0]
    assert (first.rule, first.location.message_index, first.refused) == (cause, at, True)


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        "After the optional system message, conversation roles must alternate user and assistant roles",
        "After the (optional) system message(s), user and assistant roles should be alternating.",
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates",
        'messages: roles must alternate between "user" and "assistant", but found multiple "user" roles in a row',
        "Unexpected role 'user' after role 'user'",
        "deepseek-reasoner does not support successive user or assistant messages (messages[1] and messages[2])",
        "messages 中 user（tool） 和 assistant 角色需交替出现 (一问一答)，以 user 提问开始， user（tool）提问结束",
        "the length of messages must be an odd number",
        "the role of message with even index in the messages must be user or function",
    ],
)
def test_the_words_of_many_servers_tell_of_it(words: str) -> None:
    """Also where the request is not known: it is the most frequent cause."""
    for parts in ({}, {"request": {"messages": [SYSTEM, USER, USER]}}):
        first = judge_bare(BareExchange(status=400, response={"error": {"message": words}}, **parts))[1][0]
        assert (first.rule, first.refused) == ("role-alternation", True)


def test_the_items_of_a_turn_are_no_turns() -> None:
    """On the Responses wire an answer is several items, and two messages of the user are as they should be."""
    items = [
        {"role": "user", "content": "u"},
        {"role": "user", "content": "u"},
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": "a"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    assert [one for one in judge_bare(BareExchange(request={"input": items}))[1] if one.code < "NX200"] == []
    words = {"error": {"message": WORDS}}
    (first, *_) = judge_bare(BareExchange(request={"input": items}, status=400, response=words))[1]
    assert (first.rule, first.location.pointer) == ("role-alternation", "/input/1/role")


def test_a_server_that_accepted_it_gives_no_error() -> None:
    """What a strict profile would refuse, but the server answered, is a risk and no error."""
    (finding,) = found([USER, USER], "llama.cpp-strict", status=200)
    assert finding.severity is Severity.WARNING


def test_the_evidence_quotes_both() -> None:
    """Both messages are quoted, shortened, and without anything that a terminal would obey."""
    (finding,) = found([{"role": "user", "content": "\x1b[2Jfirst"}, {"role": "user", "content": "second" * 1000}])
    first, second, *_ = finding.evidence
    assert first == r'messages[0] user "\x1b[2Jfirst"'
    assert second.startswith('messages[1] user "second')
    assert len(second) < 120
    assert finding.fix == "merge messages[1] into messages[0], with a blank line between their texts"


DENIAL = [USER, CALLS, {"role": "user", "content": "denied"}, {"role": "user", "content": "go on"}]


def test_a_denial_has_to_change_its_role() -> None:
    """The first of the two is the call's answer: it is the place, its fix names role and id, both are quoted."""
    (finding,) = found(DENIAL, "llama.cpp-strict")
    assert (finding.location.message_index, finding.location.pointer) == (2, "/messages/2/role")
    assert finding.fix == 'messages[2] role: user -> tool + tool_call_id: "c"'
    assert finding.evidence[:2] == ('messages[2] user "denied"', 'messages[3] user "go on"')


def test_a_chat_that_goes_on_before_the_second_has_no_such_fault() -> None:
    """Where a later request takes the denial, but not what followed, nothing is left of it."""
    answered = [*DENIAL[:3], {"role": "assistant", "content": "a"}, {"role": "user", "content": "u"}]
    rounds = recording(
        ({"model": "m", "messages": DENIAL}, 400, {"error": {"message": WORDS}}),
        ({"model": "m", "messages": answered}, 400, {"error": {"message": "no"}}),
    )
    (finding,) = told("role-alternation", rounds, refusing("role-alternation"))
    assert (finding.location.exchange, finding.repeats) == (0, 0)
