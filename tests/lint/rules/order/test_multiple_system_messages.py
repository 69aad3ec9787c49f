"""multiple-system-messages: more than one at the beginning."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import ASSISTANT, SYSTEM, USER, found, judged, places, refusing

RULE = "multiple-system-messages"
DEVELOPER = {"role": "developer", "content": "d"}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([SYSTEM, SYSTEM, USER], [1]),
        ([SYSTEM, DEVELOPER, USER], [1]),
        ([SYSTEM, SYSTEM, SYSTEM, USER], [1]),
        ([SYSTEM], []),
        ([SYSTEM, USER, SYSTEM], []),
        ([USER, SYSTEM, SYSTEM], []),
        ([SYSTEM, USER, ASSISTANT], []),
    ],
)
def test_the_second_is_at_fault(messages: list[object], at: list[int]) -> None:
    """Once, however many there are: all are merged into the first."""
    assert places(RULE, messages) == at


@pytest.mark.parametrize(
    "words", ["System message must be at the beginning.", "Unexpected role 'system' after role 'system'"]
)
def test_structure_decides_what_the_words_mean(words: str) -> None:
    """The words say that it is not first, and it nearly is."""
    (first,) = judged({"messages": [SYSTEM, SYSTEM, USER]}, status=400, response=words)
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/messages/1/role")


def test_instructions_count_where_a_template_renders_them() -> None:
    """A Responses request whose instructions become a system message, before a developer message of the list."""
    request = {"instructions": "i", "input": [DEVELOPER, USER]}
    assert found(RULE, request) == []
    (finding,) = found(RULE, request, status=400, response="System message must be at the beginning.")
    assert (finding.location.message_index, finding.refused) == (0, True)


def test_the_profile_decides() -> None:
    """Advice, an error, nothing."""
    request = {"messages": [SYSTEM, SYSTEM, USER]}
    assert found(RULE, request)[0].severity is Severity.WARNING
    assert found(RULE, request, refusing(RULE))[0].severity is Severity.ERROR
    assert found(RULE, request, server="OpenAI") == []


def test_on_the_responses_wire_only_words_count() -> None:
    """There developer messages may stand anywhere."""
    request = {"input": [SYSTEM, DEVELOPER, USER]}
    assert found(RULE, request) == []
    (finding,) = found(RULE, request, status=400, response="System message must be at the beginning.")
    assert finding.location.pointer == "/input/1/role"


@pytest.mark.parametrize(
    "words",
    [
        "invalid params, invalid chat setting (2013)",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(RULE, {"messages": [SYSTEM, SYSTEM, USER]}, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [SYSTEM, USER]}, status=400, response=said) == []
