"""unanswered-tool-call: nothing answers a tool call."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

USER = {"role": "user", "content": "u"}


def calls(*ids: object) -> dict[str, object]:
    entries = [{"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call_id in ids]
    return {"role": "assistant", "content": None, "tool_calls": entries}


def tool(call_id: object) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": call_id, "content": "r"}


def found(messages: list[object], server: str | None = None, **parts: object) -> list[Finding]:
    bare = BareExchange(server=server, request={"messages": messages}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "unanswered-tool-call"]


@pytest.mark.parametrize(
    ("messages", "places"),
    [
        ([USER, calls("a")], [1]),
        ([USER, calls("a"), USER], [1]),
        ([USER, calls("a", "b"), tool("a")], [1]),
        ([USER, calls("a", "b"), tool("a"), USER], [1]),
        ([USER, calls("a"), USER, calls("b"), tool("b")], [1]),
        ([USER, calls("a"), USER, calls("b"), USER], [1, 3]),
        ([USER, calls("a", "b"), tool("other")], [1]),
        ([USER, calls(None), USER], [1]),
    ],
)
def test_the_assistant_message_is_at_fault(messages: list[object], places: list[int]) -> None:
    """The message that has to change is the one that calls."""
    findings = found(messages)
    assert [finding.location.message_index for finding in findings] == places
    assert findings[0].location.pointer == f"/messages/{places[0]}/tool_calls"


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("a")],
        [USER, calls("a", "b"), tool("b"), tool("a")],
        [USER, calls("a"), USER, tool("a")],  # not adjacent: another fault
        [USER, calls("a"), calls("b"), tool("a"), tool("b")],  # split parallel calls: another fault
        [USER, calls("a"), tool("other")],  # answered under a wrong id: another fault
        [USER, calls("a"), {"role": "tool", "content": "r"}],
        [USER, {"role": "assistant", "content": "a", "tool_calls": []}, USER],
        [USER, {"role": "assistant", "content": "a", "tool_calls": None}, USER],
        [USER, {"role": "assistant", "content": "a", "tool_calls": "x"}, USER],
        [  # once as a block, once as a call: one call
            USER,
            calls("t") | {"content": [{"type": "tool_use", "id": "t", "name": "f"}]},
            tool("t"),
        ],
    ],
)
def test_look_alikes_are_let_pass(messages: list[object]) -> None:
    """A call that some later message answers is answered."""
    assert found(messages) == []


@pytest.mark.parametrize(
    ("server", "severity"),
    [
        ("OpenAI via LiteLLM", Severity.ERROR),
        ("Azure OpenAI", Severity.ERROR),
        ("Mistral via LiteLLM", Severity.ERROR),
        ("vLLM", Severity.WARNING),
        ("SGLang", Severity.WARNING),
        ("llama.cpp", Severity.WARNING),
        ("Ollama", Severity.WARNING),
        (None, Severity.WARNING),
    ],
)
def test_hosted_services_refuse_it(server: str | None, severity: Severity) -> None:
    """Hosted services check, local servers do not."""
    assert [finding.severity for finding in found([USER, calls("a"), USER], server)] == [severity]


@pytest.mark.parametrize(
    "said",
    [
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a.",
        "Not the same number of function calls and responses",
        "Please ensure that the number of function response parts is equal to the number of function call parts.",
        "Please ensure that the number of function response parts should be equal to number of function call parts",
        "invalid params, tool call and result not match (2013)",
        "Expected toolResult blocks at messages.2.content for the following Ids: a",
        "No tool output found for function call a.",
        "Tool result is missing for tool call a.",
    ],
)
def test_the_recorded_refusal_confirms(said: str) -> None:
    """Each server's words confirm the fault that the request shows."""
    (finding,) = found([USER, calls("a"), USER], status=400, response={"error": {"message": said}})
    assert (finding.severity, finding.refused, finding.server_words) == (Severity.ERROR, True, said)


def test_a_block_and_an_item_are_calls_too() -> None:
    """Of Messages and Responses the call is pointed at, for it has no list of its own."""
    block = {"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "tool_use", "id": "t"}]}
    (finding,) = found([USER, block, USER])
    assert finding.location.pointer == "/messages/1/content/1"
    items = [USER, {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}, USER]
    said = {"error": {"message": "No tool output found for function call c1."}}
    (finding, *_) = judge_bare(BareExchange(request={"input": items}, status=400, response=said))[1]
    assert (finding.rule, finding.location.pointer) == ("unanswered-tool-call", "/input/1")
    assert (finding.location.message_index, finding.refused) == (1, True)


def test_a_recording_of_n_turns_is_not_read_again_for_it() -> None:
    """Only what waits is looked at: an answered call costs nothing at the end of a request."""
    messages = [message for number in range(50) for message in (USER, calls(f"c{number}"), tool(f"c{number}"))]
    assert found([*messages, USER]) == []


def test_the_words_tell_where_the_request_is_not_known() -> None:
    """The most frequent cause of the words is named."""
    said = "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1."
    _, findings = judge_bare(BareExchange(status=400, response={"error": {"message": said}}))
    assert [(finding.rule, finding.location.message_index) for finding in findings] == [("unanswered-tool-call", 2)]


def test_the_call_that_the_words_name_comes_first() -> None:
    """Of two unanswered calls the one whose id the server names is the cause."""
    said = "...must be followed by tool messages... did not have response messages: second_one"
    messages = [USER, calls("first_one"), USER, calls("second_one"), USER]
    findings = found(messages, "OpenAI", status=400, response={"error": {"message": said}})
    assert [finding.location.message_index for finding in findings] == [3, 1]


def test_the_facts_fill_a_refusal() -> None:
    """The ids that wait, and the place after the call, are there for the words of the stub."""
    (finding,) = found([USER, calls("a", "b", "c"), tool("b"), USER])
    assert finding.facts == {"index": "1", "ids": "a, c", "next": "2"}


@pytest.mark.parametrize(("place", "at"), [(2, [1]), (1, []), (9, [])])
def test_converse_wants_all_answers_in_one_message(place: int, at: list[int]) -> None:
    """Where nothing else is missing, its words name the message behind the call."""
    used = [{"toolUse": {"toolUseId": one, "name": "f", "input": {}}} for one in ("a", "b")]
    given = [{"role": "user", "content": [{"toolResult": {"toolUseId": one, "content": []}}]} for one in ("a", "b")]
    messages = [USER, {"role": "assistant", "content": used}, *given]
    said = {"message": f"Expected toolResult blocks at messages.{place}.content for the following Ids: b"}
    assert [one.location.message_index for one in found(messages, status=400, response=said)] == at
    assert found(messages) == []


@pytest.mark.parametrize("kept", ["previous_response_id", "conversation"])
def test_a_call_that_only_the_server_keeps(kept: str) -> None:
    """Where the request leaves its beginning to the server, the words tell, as if it were not known."""
    request = {"input": [USER], kept: "resp_1"}
    said = {"error": {"message": "No tool output found for function call call_1."}}
    assert judge_bare(BareExchange(request=request, status=400, response=said))[1][0].rule == "unanswered-tool-call"
    assert found([USER], status=400, response=said) == []
