"""null-content: null where a text is wanted."""

import pytest

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import UNKNOWN
from tests.linting import USER, calls, found, judged, places, recording, refusing, told, tool

RULE = "null-content"
NULL = {"role": "assistant", "content": None}
OPENAI = "Invalid value for 'content': expected a string, got null."


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([USER, NULL], [1]),
        ([USER, NULL | {"tool_calls": []}], [1]),
        ([USER, NULL | {"reasoning_content": "r"}], [1]),
        ([USER, calls("c"), tool("c", None)], [2]),
        ([{"role": "user", "content": None}], [0]),
        ([{"role": "system", "content": None}, USER], [0]),
        ([USER, calls("c")], []),
        ([USER, NULL | {"function_call": {"name": "f", "arguments": "{}"}}], []),
        ([USER, NULL | {"refusal": "no"}], []),
        ([USER, {"role": "assistant"}], []),
        ([USER, {"role": "assistant", "content": ""}], []),
        ([{"role": "assistant", "content": [None]}], []),
    ],
)
def test_null_is_a_fault_but_beside_calls(messages: list[object], at: list[int]) -> None:
    """There it is what OpenAI sends itself."""
    assert places(RULE, messages) == at


def test_items_have_no_content() -> None:
    """On the Responses wire only messages have."""
    items = [{"type": "reasoning", "summary": [], "content": None}, {"type": "function_call", "call_id": "c"}]
    assert found(RULE, {"input": [USER, *items]}) == []


@pytest.mark.parametrize(
    ("limits", "at"),
    [((), [1, 2]), (("calls", "tool"), [1, 2]), (("no-calls", "tool", "user"), [2]), (("user",), [])],
)
def test_the_profile_says_where(limits: tuple[str, ...], at: list[int]) -> None:
    """One that refuses null and makes no difference refuses it everywhere."""
    strict = refusing(RULE, null_content=limits)
    findings = found(RULE, {"messages": [USER, calls("c"), tool("c", None)]}, strict)
    assert [one.location.message_index for one in findings] == at
    assert {one.severity for one in findings} <= {Severity.ERROR}


@pytest.mark.parametrize(
    ("request_messages", "server", "response", "at"),
    [
        ([USER, calls("c"), tool("c")], "Ollama", "invalid message content type: <nil>", 1),
        ([USER, calls("c"), tool("c")], None, "'content' field must be a string or an array of objects.", 1),
        ([USER, calls("c"), tool("c")], None, "Expected 'content' to be a string or an array", 1),
        ([USER, calls("c"), tool("c"), calls("d"), tool("d")], None, OPENAI, 1),
        ([USER, calls("c"), tool("c", None)], "OpenAI", OPENAI, 2),
        ([USER, calls("c"), tool("c", None)], "some gateway", OPENAI, 2),
        ([USER, calls("c"), tool("c", None)], None, f"messages.[1].content: {OPENAI}", 1),
        ([USER, calls("c"), tool("c")], "OpenAI via one-api", {"message": OPENAI, "param": "messages.[1].content"}, 1),
        ([USER, calls("c"), tool("c")], None, "The content field in the Message object at messages.1 is empty.", 1),
        ([USER, calls("c"), tool("c")], None, 'can only concatenate str (not "NoneType") to str', 1),
    ],
)
def test_the_servers_words_confirm(
    request_messages: list[object], server: str | None, response: object, at: int
) -> None:
    """Null beside calls is meant where the server names it, or where nothing else is null."""
    answer = {"error": response if isinstance(response, dict) else {"message": response}}
    first = judged({"messages": request_messages}, server=server, status=400, response=answer)[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, at)
    assert first.location.pointer == f"/messages/{at}/content"


def test_other_words_do_not_claim() -> None:
    """A refusal for another reason makes nothing of null beside calls."""
    request = {"messages": [USER, calls("c"), tool("c")]}
    assert found(RULE, request, status=400, response="content filter: blocked") == []
    assert found(RULE, request, status=200, server="Ollama") == []


def test_the_words_tell_without_the_request() -> None:
    """Those that speak of null alone."""
    assert found(RULE, status=400, response=OPENAI)[0].refused


def test_a_poisoned_history_is_told_once() -> None:
    """The message stays in the chat, and each later request is refused for it."""
    history = [USER, calls("c"), tool("c")]
    refused = {"error": {"message": "invalid message content type: <nil>"}}
    longer = {"messages": [*history, USER]}
    (finding,) = told(RULE, recording(({"messages": history}, 400, refused), (longer, 400, refused)), UNKNOWN)
    assert (finding.location.exchange, finding.location.message_index, finding.refused) == (0, 1, True)
    assert finding.repeats == 1


def test_null_beside_calls_is_one_of_the_two() -> None:
    """A server that wants a text or calls does not speak of it."""
    words = "Assistant message must have either content or tool_calls, but not both."
    assert found(RULE, {"messages": [USER, calls("c"), tool("c")]}, status=400, response=words) == []
    assert found(RULE, {"messages": [USER, NULL, USER]}, status=400, response=words)[0].refused


@pytest.mark.parametrize(
    "words",
    [
        "Invalid request content: Each message must have at least one content element.",
        "The request failed because it is missing `messages.content` parameter.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [{"role": "user", "content": None}]}, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
