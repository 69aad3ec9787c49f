"""orphan-tool-result: a tool message answers a call that nobody made."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}


def calls(*ids: object) -> dict[str, object]:
    entries = [{"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call_id in ids]
    return {"role": "assistant", "content": None, "tool_calls": entries}


def tool(call_id: object) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": call_id, "content": "r"}


def found(messages: list[object], server: str | None = None, **parts: object) -> list[Finding]:
    bare = BareExchange(server=server, request={"messages": messages}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "orphan-tool-result"]


@pytest.mark.parametrize(
    ("messages", "places"),
    [
        ([tool("x")], [0]),
        ([USER, tool("x")], [1]),
        ([USER, ASSISTANT, USER, tool("x")], [3]),
        ([USER, calls("a"), tool("a"), tool("b")], [3]),
        ([USER, tool("a"), calls("a"), tool("a")], [1]),
        ([USER, {"role": "tool", "content": "r"}], [1]),
        ([USER, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]}], [1]),
        ([USER, tool("a"), tool("b")], [1, 2]),
    ],
)
def test_the_tool_message_is_at_fault(messages: list[object], places: list[int]) -> None:
    """The message that has to change is the tool message."""
    assert [finding.location.message_index for finding in found(messages)] == places


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("a")],
        [USER, calls("a", "b"), tool("b"), tool("a"), USER],
        [USER, calls("a"), USER, tool("a")],  # not adjacent: another fault
        [USER, calls("a"), calls("b"), tool("a"), tool("b")],  # split parallel calls: another fault
        [USER, calls("a"), tool("a"), USER, tool("a")],  # answered twice: another fault
        [USER, calls("a"), tool("a"), calls("a"), tool("a")],  # an id used again: another fault
        [USER, calls("a"), {"role": "tool", "content": "r"}],  # without an id, but it can mean one call only
        [USER, calls("a"), tool("b")],  # the only answer, under a wrong id: another fault
        [USER, calls(7), tool(7)],
        [
            USER,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
        ],
        [USER, {"role": "assistant", "content": None, "tool_calls": {"id": "a"}}, tool("a")],
        [USER, {"role": "function", "name": "f", "content": "r"}],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """A call that was made is answered, wherever, however often and in whatever order: that is no orphan."""
    assert found(messages) == []


@pytest.mark.parametrize(
    ("server", "severity"),
    [
        ("OpenAI", Severity.ERROR),
        ("Azure OpenAI", Severity.ERROR),
        ("Mistral", Severity.ERROR),
        ("vLLM", Severity.WARNING),
        ("SGLang", Severity.WARNING),
        ("llama.cpp", Severity.WARNING),
        ("Ollama", Severity.WARNING),
        (None, Severity.WARNING),
    ],
)
def test_hosted_services_refuse_it(server: str | None, severity: Severity) -> None:
    """Hosted services check, local servers do not."""
    assert [finding.severity for finding in found([USER, tool("x")], server)] == [severity]


@pytest.mark.parametrize(
    "said",
    [
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        '<400> InternalError: messages with role "tool" must be a response to a preceeding message with "tool_calls".',
        "Unexpected role 'tool' after role 'user'",
        "Please ensure that function response turn comes immediately after a function call turn",
        "No tool call found for function call output with call_id x.",
        "Message has tool role, but there was no previous assistant message with a tool call!",
        "Invalid request: tool_call_id x is not found",
        "invalid params, tool result's tool id(x) not found (2013)",
    ],
)
def test_the_recorded_refusal_confirms(said: str) -> None:
    """Each server's words confirm the fault that the request shows."""
    (finding,) = found([USER, tool("x")], status=400, response={"error": {"message": said}})
    assert (finding.severity, finding.refused, finding.server_words) == (Severity.ERROR, True, said)


def test_the_words_tell_where_the_request_is_not_known() -> None:
    """Without a request the words name the rule, and the index that they give is taken."""
    said = "messages.8.content.0: unexpected tool_use_id found in tool_result blocks: toolu_1."
    _, findings = judge_bare(BareExchange(status=400, response={"error": {"message": said}}))
    assert [(finding.rule, finding.location.message_index) for finding in findings] == [("orphan-tool-result", 8)]


def test_the_answer_too_many_is_found_when_the_right_one_has_come() -> None:
    """A stranger among the answers is no wrong id once every call has its own answer."""
    (finding,) = found([USER, calls("a"), tool("x"), tool("a")])
    assert (finding.location.message_index, finding.facts["id"]) == (2, "x")


@pytest.mark.parametrize("more", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}])
def test_a_call_that_the_server_keeps_is_no_orphan(more: dict[str, object]) -> None:
    """On the Responses wire the call may be in the response that the request goes on from, or be referred to."""
    output = {"type": "function_call_output", "call_id": "call_1", "output": "r"}
    judged = judge_bare(BareExchange(request={"input": [USER, output]}))[1]
    assert [(one.rule, one.location.pointer) for one in judged] == [("orphan-tool-result", "/input/1/call_id")]
    assert judge_bare(BareExchange(request={"input": [USER, output], **more}))[1] == ()
    reference = {"type": "item_reference", "id": "fc_1"}
    assert judge_bare(BareExchange(request={"input": [USER, reference, output]}))[1] == ()


def test_the_words_do_not_tell_against_the_request() -> None:
    """A request that shows no orphan is not accused of one."""
    said = "Unexpected role 'tool' after role 'user'"
    assert found([USER, calls("a"), USER, tool("a")], status=400, response={"error": {"message": said}}) == []


def test_the_facts_fill_a_refusal() -> None:
    """Index, id and the role before it are there for the words of the stub."""
    (finding,) = found([USER, tool("x")])
    assert finding.facts == {"index": "1", "id": "x", "previous": "user"}


def test_the_words_of_mistral_common_without_a_place() -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": "Unexpected role RoleEnum.tool"}}
    assert found([USER, tool("a")], status=400, response=said)[0].refused
    assert judge_bare(BareExchange(status=400, response=said))[1][0].rule == "orphan-tool-result"
    assert found([USER, calls("a"), tool("a")], status=400, response=said) == []
