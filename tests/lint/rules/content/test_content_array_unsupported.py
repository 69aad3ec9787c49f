"""content-array-unsupported: a list where a text is wanted."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, calls, found, judged, refusing, tool

RULE = "content-array-unsupported"
PARTS = [{"type": "text", "text": "t"}]
SYSTEM = {"role": "system", "content": PARTS}
SAID = {"role": "user", "content": PARTS}
SHOWN = {"role": "user", "content": [*PARTS, {"type": "image_url", "image_url": {"url": "u"}}]}
WORDS = "messages[9]: invalid type: sequence, expected a string at line 1 column 13946"


def test_the_profile_says_of_which_role() -> None:
    """A tool's list, and not the user's."""
    strict = refusing(RULE, text_only=("tool", "system"))
    findings = found(RULE, {"messages": [SYSTEM, SAID, calls("c"), tool("c", PARTS)]}, strict)
    assert [(one.location.pointer, one.severity) for one in findings] == [
        ("/messages/0/content", Severity.ERROR),
        ("/messages/3/content", Severity.ERROR),
    ]


def test_most_servers_take_it() -> None:
    """An unknown one is believed to; and the Anthropic dialect is made of lists."""
    messages = [SYSTEM, SAID, calls("c"), tool("c", PARTS)]
    for server in (None, "OpenAI", "DashScope"):
        assert found(RULE, {"messages": messages}, server=server) == []
    strict = refusing(RULE, text_only=("user",))
    assert found(RULE, {"messages": [SAID]}, strict, url="http://h/v1/messages") == []
    assert found(RULE, {"messages": [USER]}, strict) == []


@pytest.mark.parametrize(
    ("messages", "words", "at"),
    [
        ([SYSTEM, SAID], WORDS, 0),
        ([USER, SAID], WORDS, 1),
        ([SAID, calls("c", content=""), tool("c", PARTS)], WORDS, 2),
        ([SYSTEM, SAID], "messages[1]: invalid type: sequence, expected a string", 1),
        ([SHOWN, SYSTEM], WORDS, 1),
        ([SHOWN], WORDS, 0),
        ([USER, calls("c", content=""), tool("c", PARTS)], "Input should be a valid string", 2),
        ([SYSTEM, USER], "'messages.0.content' must be a string", 0),
        ([SAID], "json: cannot unmarshal array into Go struct field Message.messages.content of type string", 0),
        ([SAID], 'can only concatenate str (not "list") to str', 0),
    ],
)
def test_the_list_that_is_meant(messages: list[object], words: str, at: int) -> None:
    """The one that is named; else a tool's, else the first."""
    first = judged({"messages": messages}, status=400, response={"error": {"message": words}})[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, at)


def test_a_role_that_is_known_to_be_refused_is_meant() -> None:
    """Then no other list is blamed."""
    strict = refusing(RULE, text_only=("system",))
    findings = found(RULE, {"messages": [SYSTEM, tool("c", PARTS)]}, strict, status=400, response=WORDS)
    assert [(one.location.message_index, one.refused) for one in findings] == [(0, True)]


def test_the_words_tell_without_the_request() -> None:
    """A list was there."""
    assert found(RULE, status=400, response=WORDS)[0].refused


@pytest.mark.parametrize(
    "words",
    [
        "messages: text content blocks must be non-empty",
        "content could not be moderated",
        "'content' field must be a string or an array of objects.",
    ],
)
def test_other_faults_of_content_are_not_this_one(words: str) -> None:
    """A list stands in the request, and the server minds something else."""
    assert found(RULE, {"messages": [SAID, calls("c"), tool("c")]}, status=400, response=words) == []


def test_an_image_cannot_be_sent_as_a_text() -> None:
    """Words that want a text mean the image, unless they name the list."""
    first = judged({"messages": [SHOWN]}, status=400, response="'messages.0.content' must be a string")[0]
    assert first.rule == "image-unsupported"


@pytest.mark.parametrize(
    "words",
    [
        "for 'role:user' the following must be satisfied[('messages.0.content' : value must be a string)]",
        "Unable to tokenize message: Invalid 'content' type. Expected one of: ['str'], got list.",
        "Message content as a list is only supported for user messages.",
        "The model expects a single `text` element per message.",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(
        RULE, {"messages": [{"role": "user", "content": [{"type": "text", "text": "t"}]}]}, status=400, response=said
    )[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
