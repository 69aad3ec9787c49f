"""reasoning-content-rejected: a message carries reasoning to a server that has no such field."""

import pytest
from linting import ASSISTANT, USER, found, judged, places, refusing

from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import named

NAME = "reasoning-content-rejected"
CARRIES = ASSISTANT | {"reasoning_content": "I greet."}
FORBIDDEN = {"type": "extra_forbidden", "loc": ["body", "messages", 3, "assistant", "reasoning_content"]}
MISTRAL = {"object": "error", "message": {"detail": [FORBIDDEN | {"msg": "Extra inputs are not permitted"}]}}
GROQ = (
    "'messages.3' : for 'role:assistant' the following must be satisfied[('messages.3' : property '{}' is unsupported"
)


@pytest.mark.parametrize(
    ("profile", "field", "fires"),
    [
        (refusing(NAME), "reasoning_content", True),
        (refusing(NAME), "reasoning", True),
        (refusing(NAME, message_fields_refused=("reasoning",)), "reasoning", True),
        (refusing(NAME, message_fields_refused=("reasoning",)), "reasoning_content", False),
        (refusing(NAME, message_fields=("role", "content", "reasoning")), "reasoning", False),
        (refusing(NAME, message_fields=("role", "content")), "reasoning_details", True),
        (refusing(), "reasoning_content", False),
        (None, "reasoning_content", False),
    ],
)
def test_the_profile_says_which(profile: Profile | None, field: str, fires: bool) -> None:
    """The field that the server refuses is found, on the message that carries it."""
    messages = [USER, ASSISTANT | {field: "I greet."}, USER]
    assert places(NAME, messages, profile) == ([1] if fires else [])
    if fires:
        (finding,) = found(NAME, {"model": "m", "messages": messages}, profile)
        assert finding.location.pointer == f"/messages/1/{field}"


@pytest.mark.parametrize(
    "response",
    [
        MISTRAL,
        {"error": {"message": GROQ.format("reasoning_content")}},
        {"error": {"message": GROQ.format("reasoning")}},
        {"error": {"message": "messages[3]: unknown field `reasoning_content`"}},
        "Error code: 422 - body.messages.3.assistant.reasoning_content: Extra inputs are not permitted",
    ],
)
def test_the_recorded_refusal_confirms(response: object) -> None:
    """Of several messages that carry it, the one that the words name comes first."""
    request = {"model": "m", "messages": [USER, CARRIES, USER, CARRIES, USER]}
    first = judged(request, status=422, response=response)[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, 3, True)
    assert judged(status=422, response=response)[0].rule == NAME


@pytest.mark.parametrize(
    "words",
    [
        "messages.1.assistant.metadata: Extra inputs are not permitted",
        "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        "Unrecognized request argument supplied: reasoning_effort",
        "Missing `reasoning_content` field in the assistant message at message index 1.",
    ],
)
def test_other_words_are_not_explained(words: str) -> None:
    """Another field, a parameter of the request, and the very opposite."""
    response = {"error": {"message": words}}
    request = {"model": "m", "messages": [USER, CARRIES, USER]}
    assert found(NAME, request, status=400, response=response) == found(NAME, status=400, response=response) == []


def test_other_roles_and_the_request_itself() -> None:
    """Only an assistant's message carries its reasoning."""
    assert places(NAME, [USER | {"reasoning": "x"}], refusing(NAME)) == []
    assert found(NAME, {"model": "m", "reasoning": {"effort": "low"}, "messages": [USER]}, refusing(NAME)) == []


@pytest.mark.parametrize(("profile", "refused"), [("mistral-v11", True), ("mistral-v7", True), ("vllm", False)])
def test_a_thought_that_is_sent_twice_is_refused(profile: str, refused: bool) -> None:
    """Who takes it as a part of the content, or as a field, does not take it as both."""
    thinks = {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}], "reasoning": "Hm."}
    several = judged({"model": "m", "messages": [USER, thinks, USER]}, named(profile))
    assert (NAME in {one.rule for one in several if one.severity is Severity.ERROR}) == refused
