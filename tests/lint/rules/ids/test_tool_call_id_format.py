"""tool-call-id-format: a tool call's id does not have the form that the server wants."""

import pytest
from linting import USER, calls, found, judged, places, refusing, tool

from nexdiag.core.finding import Severity

RULE = "tool-call-id-format"
NINE = refusing(RULE, tool_call_id="[a-zA-Z0-9]{9}")
FORTY = refusing(RULE, tool_call_id=r"[\s\S]{1,40}")
MISTRAL = "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."
LONG = "Invalid 'messages[68].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got 46."


def chat(*ids: str) -> list[object]:
    return [USER, calls(*ids), *map(tool, ids)]


@pytest.mark.parametrize(
    ("profile", "messages", "pointers"),
    [
        (NINE, chat("call_1"), ["/messages/1/tool_calls/0/id"]),
        (NINE, chat("abcdefghi", "abcdefgh-"), ["/messages/1/tool_calls/1/id"]),
        (NINE, chat("abcdefghi\n"), ["/messages/1/tool_calls/0/id"]),
        (NINE, [USER, tool("call_1")], ["/messages/1/tool_call_id"]),
        (FORTY, chat("x" * 41), ["/messages/1/tool_calls/0/id"]),
        (FORTY, chat("x" * 40, "a:b"), []),
        (NINE, chat("abcdefghi"), []),
        (NINE, chat(), []),
    ],
)
def test_the_call_is_at_fault(profile: object, messages: list[object], pointers: list[str]) -> None:
    """Once: its answer has the same id. The whole id must fit."""
    assert [one.location.pointer for one in found(RULE, {"messages": messages}, profile)] == pointers


def test_the_severity_is_the_profiles() -> None:
    """An error where the form is stated and refused; nothing on a known server that states none."""
    (finding,) = found(RULE, {"messages": chat("call_1")}, NINE)
    assert finding.severity is Severity.ERROR
    assert finding.facts == {"index": "1", "id": "call_1", "length": "6"}
    assert places(RULE, chat("a:b" * 40), refusing()) == []


@pytest.mark.parametrize(
    ("call_id", "noted"), [("x" * 64, False), ("x" * 65, True), ("f.x:0", True), ("call_1", False)]
)
def test_without_a_profile_only_odd_ids_are_noted(call_id: str, noted: bool) -> None:
    """As a remark; many servers take anything."""
    assert [one.severity for one in found(RULE, {"messages": chat(call_id)})] == [Severity.INFO] * noted


def test_the_call_id_of_an_item_may_have_64_characters() -> None:
    """On the Responses wire, where chat completions of the same server take 40."""
    items = [{"type": "function_call", "call_id": "x" * length, "name": "f", "arguments": "{}"} for length in (64, 65)]
    (finding,) = found(RULE, {"input": items}, FORTY)
    assert finding.location.pointer == "/input/1/call_id"


@pytest.mark.parametrize(
    ("said", "messages", "at"),
    [
        (MISTRAL, [*chat("abcdefghi"), *chat("call_1")], 4),
        (MISTRAL, [*chat("call_0"), *chat("call_1")], 4),  # the one that the words name
        (MISTRAL.replace("call_1", ""), chat("call_1740241912345"), 1),
        (LONG, [*chat("call_1"), *chat("x" * 46)], 4),
        (LONG, chat("x" * 70), 1),
        ("Jinja Exception: Tool call IDs should be alphanumeric strings with length 9!", chat("call_1"), 1),
        ("messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", chat("a:b"), 1),
    ],
)
def test_the_servers_words_tell_the_form(said: str, messages: list[object], at: int) -> None:
    """Where no profile states it, the words do; one finding, at the id that breaks it."""
    parts = {"status": 400, "response": {"error": {"message": said}}}
    finding, *rest = judged({"messages": messages}, **parts)
    assert (finding.rule, finding.location.message_index, finding.refused) == (RULE, at, True)
    assert finding.repeats == 0
    assert [one for one in rest if one.rule == RULE] == []
    assert judged(None, **parts)[0].rule == RULE


def test_an_item_whose_own_id_begins_wrong() -> None:
    """The id of an item is not that of its call."""
    item = {"type": "function_call", "id": "call_9", "call_id": "call_9", "name": "f", "arguments": "{}"}
    said = "Invalid 'input[0].id': 'call_9'. Expected an ID that begins with 'fc'."
    finding = judged({"input": [item]}, status=400, response={"error": {"message": said}})[0]
    assert (finding.rule, finding.location.pointer, finding.refused) == (RULE, "/input/0/id", True)


def test_words_that_the_request_does_not_bear_out() -> None:
    """Ids that fit are not accused."""
    findings = judged({"messages": chat("abcdefghi")}, status=400, response={"error": {"message": MISTRAL}})
    assert RULE not in {one.rule for one in findings}


@pytest.mark.parametrize(
    ("field", "pointer"), [("call", "/messages/1/tool_calls/0"), ("answer", "/messages/2"), ("item", None)]
)
def test_an_id_that_is_missing(field: str, pointer: str | None) -> None:
    """Where the profile states a form, no id has it; nobody else is told to give one."""
    messages: list[dict[str, object]] = [USER, calls("abcdefghi"), tool("abcdefghi")]
    if field == "call":
        del messages[1]["tool_calls"][0]["id"]  # type: ignore[attr-defined]
    elif field == "answer":
        del messages[2]["tool_call_id"]
    assert [one.location.pointer for one in found(RULE, {"messages": messages}, NINE)] == [pointer] * bool(pointer)
    assert places(RULE, messages) == places(RULE, messages, refusing()) == []


@pytest.mark.parametrize(
    "words",
    [
        "Tool call id has to be defined in serving mode.",
        "Tool call id must be a non-empty string other than 'null' for tokenizer version 13 or newer.",
    ],
)
def test_an_id_of_any_form_is_wanted(words: str) -> None:
    """The words are mistral-common's: `null` stands for none."""
    first = judged({"messages": [*chat("call_1"), *chat("null")]}, status=400, response=words)[0]
    assert (first.rule, first.location.message_index) == (RULE, 4)


def test_a_length_is_told_in_words() -> None:
    """A pattern of nothing but a length is no text for a reader."""
    (finding, *_) = found(RULE, {"messages": chat("i" * 50)}, FORTY)
    assert finding.summary.endswith("of 50 characters, not of at most 40 characters")
    assert finding.fix.endswith("to be of at most 40 characters")
    (finding, *_) = found(RULE, {"messages": chat("call_1")}, NINE)
    assert finding.summary.endswith("not of the form [a-zA-Z0-9]{9}")
