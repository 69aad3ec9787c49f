"""too-many-tools: more than the server takes."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, found, judged, refusing

RULE = "too-many-tools"
WORDS = (
    "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 142 "
    "instead."
)


def chat(count: int) -> dict[str, object]:
    return {"messages": [USER], "tools": [{"type": "function", "function": {"name": f"f{n}"}} for n in range(count)]}


@pytest.mark.parametrize(("count", "severities"), [(128, []), (129, [Severity.WARNING])])
def test_the_usual_limit_is_advice(count: int, severities: list[Severity]) -> None:
    """Where nobody knows the server."""
    assert [one.severity for one in found(RULE, chat(count))] == severities


def test_the_profiles_limit() -> None:
    """A server that states one refuses one more; one that states none takes any number."""
    strict = refusing(RULE, tools=2)
    assert [one.severity for one in found(RULE, chat(3), strict)] == [Severity.ERROR]
    assert found(RULE, chat(2), strict) == found(RULE, chat(200), refusing()) == []


@pytest.mark.parametrize("tools", ["<142 tool definitions>", [{"type": "function", "function": {"name": "f"}}] * 142])
def test_the_recorded_refusal_confirms(tools: object) -> None:
    """Also where somebody shortened the request."""
    first = judged({"messages": [USER], "tools": tools}, status=400, response={"error": {"message": WORDS}})[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/tools")
    assert first.facts == {"count": "142", "limit": "128"}


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        "You may not include more than 128 tools in your request.",
        "'tools' : maximum number of items is 128",
        "Too many tools: 200",
        "The maximum number of tools allowed is 64",
        "tools: List should have at most 128 items",
    ],
)
def test_the_words_alone_tell(words: str) -> None:
    """Where the request is not known."""
    assert judged(None, status=400, response={"error": {"message": words}})[0].rule == RULE
