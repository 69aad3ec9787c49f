"""empty-tools-array: `tools: []`."""

import pytest

from tests.linting import USER, found, judged, refusing

RULE = "empty-tools-array"
EMPTY = {"messages": [USER], "tools": []}
EXTRA = {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}]}


def test_only_where_it_is_refused() -> None:
    """Most servers take it."""
    (finding,) = found(RULE, EMPTY, refusing(RULE))
    assert (finding.severity, finding.location.pointer) == ("error", "/tools")
    assert found(RULE, EMPTY) == found(RULE, EMPTY, refusing()) == []


@pytest.mark.parametrize("tools", [None, "[]", [{"type": "function", "function": {"name": "f"}}]])
def test_look_alikes(tools: object) -> None:
    """Null, a text, and a list that is not empty."""
    assert found(RULE, {"messages": [USER], "tools": tools}, refusing(RULE)) == []


@pytest.mark.parametrize(
    "answer",
    [
        EXTRA,
        {"error": {"message": "Invalid 'tools': empty array. Expected an array with minimum length 1"}},
        {
            "message": "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1"
        },
        {"error": {"message": "[] is too short - 'tools'"}},
        {"error": {"message": "tools: List should have at least 1 item after validation, not 0"}},
    ],
)
def test_the_recorded_refusal_confirms(answer: object) -> None:
    """On any server; and it is not an unknown parameter then, nor a model without tools."""
    assert [one.rule for one in judged(EMPTY, status=422, response=answer)] == [RULE]


def test_with_tools_the_same_words_mean_another_fault() -> None:
    """Then the server takes no tools at all."""
    body = {"messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}
    assert judged(body, status=422, response=EXTRA)[0].rule == "tools-unsupported"
