"""tool-name-format: a name that servers do not take."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import CHAT, USER, calls, found, judged, recording, refusing, told, tool

RULE = "tool-name-format"
STRICT = refusing(RULE, tool_name="[a-zA-Z0-9_-]{1,64}")
DOTS = refusing(RULE, tool_name="[a-zA-Z_][a-zA-Z0-9_.-]{0,63}")
OPENAI = "Invalid 'tools[1].function.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'."


def chat(*names: str) -> dict[str, object]:
    return {"model": "m", "messages": [USER], "tools": [{"type": "function", "function": {"name": n}} for n in names]}


@pytest.mark.parametrize("name", ["time/now", "a b", "ns.tool", "größe", "x" * 65, "a:b"])
def test_a_bad_name_is_found(name: str) -> None:
    """On a strict server it is an error, on one that nobody knows a warning; the fix is a name that fits."""
    (strict,), (unknown,) = found(RULE, chat("ok", name), STRICT), found(RULE, chat("ok", name))
    assert (strict.severity, strict.location.pointer) == (Severity.ERROR, "/tools/1/function/name")
    assert (unknown.severity, unknown.location.message_index) == (Severity.WARNING, None)
    fixed = strict.fix.split('"')[1]
    assert found(RULE, chat(fixed), STRICT) == []


@pytest.mark.parametrize("name", ["now", "a-b_C9", "x" * 64])
def test_a_good_name_is_let_pass(name: str) -> None:
    """Up to 64 letters, digits, `_` and `-`."""
    assert found(RULE, chat(name), STRICT) == found(RULE, chat(name)) == []


def test_the_profile_has_the_pattern() -> None:
    """Gemini takes a dot, but no digit at the beginning; a server that checks nothing takes all."""
    assert found(RULE, chat("a.b"), DOTS) == []
    assert len(found(RULE, chat("1a"), DOTS)) == 1
    assert found(RULE, chat("a b"), refusing()) == []


@pytest.mark.parametrize(
    "request_body",
    [
        {"messages": [USER], "tools": [{"name": "a/b", "input_schema": {}}], "system": "s"},
        {"input": "hi", "tools": [{"type": "function", "name": "a/b"}]},
        {"contents": [], "tools": [{"function_declarations": [{"name": "a/b"}]}]},
    ],
)
def test_every_wire(request_body: object) -> None:
    """The name is found wherever the dialect puts it."""
    (finding,) = found(RULE, request_body, STRICT)
    assert (finding.location.pointer or "").endswith("/name")


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        (calls("c1", name="a/b"), "/messages/1/tool_calls/0/function/name"),
        (
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "a/b"}]},
            "/messages/1/content/0/name",
        ),
    ],
)
def test_a_name_in_the_history_is_found(message: object, pointer: str) -> None:
    """There the message has to change."""
    (finding,) = found(RULE, {"messages": [USER, message, tool("c1")]}, STRICT)
    assert (finding.location.message_index, finding.location.pointer) == (1, pointer)


@pytest.mark.parametrize(
    "words",
    [
        OPENAI,
        "tools.1.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        "Function name was a/b but must be a-z, A-Z, 0-9, or contain underscores and dashes, up to 64.",
        "GenerateContentRequest.tools[1].function_declarations[0].name: Invalid function name. Must start",
        "Tool name too long, please check: a/b",
        "tools.1.FrontendRemoteMcpToolDefinition.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        "Invalid 'tools[1].function.name': string too long. Expected a string with maximum length 64",
    ],
)
def test_the_recorded_refusal_confirms(words: str) -> None:
    """In whatever words; and where the request is not known they tell it alone."""
    first = judged(chat("ok", "a/b"), status=400, response={"error": {"message": words}})[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/tools/1/function/name")
    assert judged(None, status=400, response={"error": {"message": words}})[0].rule == RULE


def test_the_words_choose_between_tools_and_history() -> None:
    """The one that they name comes first."""
    body = {**chat("ok", "a/b"), "messages": [USER, calls("c1", name="a/b"), tool("c1")]}
    in_history = OPENAI.replace("tools[1].function", "messages[1].tool_calls[0].function")
    for words, index in ((OPENAI, None), (in_history, 1)):
        first = found(RULE, body, status=400, response={"error": {"message": words}})[0]
        assert first.location.message_index == index


def test_a_name_that_seems_to_fit_but_was_refused() -> None:
    """A server may be stricter than anybody knew: the tool that its words name is at fault."""
    words = {"error": {"message": OPENAI}}
    assert found(RULE, chat("ok", "1a"), status=400, response=words)[0].location.pointer == "/tools/1/function/name"


def test_a_chat_has_one_finding() -> None:
    """The same tools in every request are one fault."""
    (finding,) = told(RULE, recording((chat("a/b"), 200, "{}"), (chat("a/b"), 200, "{}"), url=CHAT), STRICT)
    assert (finding.repeats, finding.severity) == (1, Severity.WARNING)


def test_the_name_in_a_result() -> None:
    """Looked at where the profile states a form for it."""
    looks = refusing(RULE, tool_name="[a-z]+", tool_result_name="[a-z]+")
    request = {"messages": [USER, calls("c1", name="ls"), {**tool("c1"), "name": "mcp/ls"}]}
    (finding,) = found(RULE, request, looks)
    assert (finding.location.pointer, finding.severity) == ("/messages/2/name", Severity.ERROR)
    assert found(RULE, request, STRICT) == found(RULE, request) == []
