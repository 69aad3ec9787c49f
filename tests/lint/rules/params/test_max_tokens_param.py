"""max-tokens-param: the limit goes by another name."""

import pytest

from nexdiag.core.endpoint import Param
from tests.linting import USER, found, judged, refusing

RULE = "max-tokens-param"
OLD = refusing(RULE, params_refused=(Param(name="max_tokens", models="^o1", instead="max_completion_tokens"),))
NEW = refusing(RULE, params_refused=(Param(name="max_completion_tokens", instead="max_tokens"),))
OPENAI = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


def chat(model: str = "o1", **fields: object) -> dict[str, object]:
    return {"model": model, "messages": [USER], **fields}


def test_both_directions() -> None:
    """The profile says which name is wanted, of which model."""
    (finding,) = found(RULE, chat(max_tokens=5), OLD)
    assert (finding.severity, finding.location.pointer) == ("error", "/max_tokens")
    assert "max_completion_tokens" in finding.fix
    (finding,) = found(RULE, chat(max_completion_tokens=5), NEW)
    assert finding.location.pointer == "/max_completion_tokens"
    assert "as max_tokens" in finding.fix


@pytest.mark.parametrize(
    ("body", "profile"),
    [
        (chat("gpt-4o", max_tokens=5), OLD),
        ({"messages": [USER], "max_tokens": 5}, OLD),
        (chat(max_completion_tokens=5), OLD),
        (chat(max_tokens=5), NEW),
        (chat(max_tokens=5), None),
        (chat(), OLD),
    ],
)
def test_look_alikes(body: object, profile: object) -> None:
    """Another model, the right name, an unknown server."""
    assert found(RULE, body, profile) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("max_tokens", {"error": {"message": OPENAI}}),
        (
            "max_completion_tokens",
            {"detail": [{"loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}]},
        ),
        (
            "max_completion_tokens",
            {"error": {"message": "Unrecognized request argument supplied: max_completion_tokens"}},
        ),
        ("max_completion_tokens", {"error": {"message": "property 'max_completion_tokens' is unsupported"}}),
        (
            "max_tokens",
            {
                "error": {
                    "message": "Unsupported parameter: 'max_tokens'. This parameter has moved to 'max_output_tokens'."
                }
            },
        ),
    ],
)
def test_the_recorded_refusal_confirms(field: str, answer: object) -> None:
    """It alone is the cause, not an unknown parameter; and the words alone tell it."""
    findings = judged(chat(temperature=1, **{field: 5}), status=400, response=answer)
    assert [(one.rule, one.refused, one.location.pointer) for one in findings] == [(RULE, True, f"/{field}")]
    assert RULE in {one.rule for one in judged(None, status=400, response=answer)}


def test_both_names_at_once() -> None:
    """One of them has to go."""
    words = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    body = chat(max_tokens=5, max_completion_tokens=5)
    (finding,) = judged(body, status=400, response={"error": {"message": words}})
    assert (finding.rule, finding.location.pointer) == (RULE, "/max_tokens")


def test_a_field_that_a_gateway_added() -> None:
    """The words tell of a name that the request has not."""
    (finding,) = judged(chat(), status=400, response={"error": {"message": OPENAI}})
    assert (finding.rule, finding.location.pointer) == (RULE, None)


@pytest.mark.parametrize(
    "words",
    [
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "max_tokens is too large: 100000. This model supports at most 4096 completion tokens",
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
    ],
)
def test_a_number_that_is_too_large_is_another_fault(words: str) -> None:
    """There the name is right."""
    assert found(RULE, chat(max_tokens=5), status=400, response={"error": {"message": words}}) == []
