"""sampling-param-unsupported: a model whose sampling is fixed."""

import pytest

from nexdiag.core.endpoint import Param
from tests.linting import USER, found, judged, refusing

RULE = "sampling-param-unsupported"
FIXED = refusing(
    RULE, params_refused=(Param(name="temperature", models="^gpt-5", unless=(1,)), Param(name="top_p", models="^gpt-5"))
)


def chat(model: str = "gpt-5-mini", **fields: object) -> dict[str, object]:
    return {"model": model, "messages": [USER], **fields}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (chat(temperature=0), ["/temperature"]),
        (chat(temperature=0.7, top_p=0.9), ["/temperature", "/top_p"]),
        (chat(temperature=1), []),
        (chat(temperature=1.0), []),
        (chat(temperature=None), []),
        (chat("gpt-4o", temperature=0), []),
        (chat(seed=1), []),
        ({"messages": [USER], "temperature": 0}, []),
    ],
)
def test_the_profile_says_which(body: object, pointers: list[str]) -> None:
    """Of which model, and with which values it is let pass; without a profile nothing is said."""
    assert [one.location.pointer for one in found(RULE, body, FIXED)] == pointers
    assert all(one.severity == "error" for one in found(RULE, body, FIXED))
    assert found(RULE, body) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "temperature",
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value.",
        ),
        ("temperature", "Unsupported parameter: 'temperature' is not supported with this model."),
        ("stop", "Unsupported parameter: 'stop' is not supported with this model."),
        ("temperature", "`temperature` may only be set to 1 when thinking is enabled."),
        ("temperature", "gpt-5 models don't support temperature=0. Only temperature=1 is supported."),
        ("temperature", "invalid temperature: only 1 is allowed for this model"),
        ("presence_penalty", "Argument not supported on this model: presencePenalty"),
        ("frequency_penalty", "Model grok-4.6 does not support parameter frequencyPenalty."),
        ("top_p", "`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
    ],
)
def test_the_recorded_refusal_confirms(name: str, words: str) -> None:
    """On any server; it alone is the cause; and the words alone tell it."""
    said = {"error": {"message": words}}
    findings = judged(chat(max_completion_tokens=9, **{name: 0}), status=400, response=said)
    assert [(one.rule, one.refused, one.location.pointer) for one in findings] == [(RULE, True, f"/{name}")]
    assert [one.rule for one in judged(None, status=400, response=said)] == [RULE]


def test_a_parameter_that_the_server_does_not_know_is_another_fault() -> None:
    """Strict servers refuse the name, whatever the model."""
    said = {"detail": [{"loc": ["body", "frequency_penalty"], "msg": "Extra inputs are not permitted"}]}
    assert [one.rule for one in judged(chat(frequency_penalty=0.0), status=422, response=said)] == ["unknown-param"]
