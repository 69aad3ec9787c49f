"""id-drift: another model or build answers."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from tests.linting import USER, recording, told

RULE = "id-drift"
UNKNOWN = profiles.resolve(None)


def answer(text: str = "a", finish: str = "stop", model: str = "m", **more: object) -> dict[str, object]:
    return {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **more,
    }


def finds(*answers: object, models: tuple[str, str] = ("m", "m")) -> list[Finding]:
    said = {"role": "assistant", "content": "a"}
    first, second = ([USER], [USER, said, USER])
    requests = [{"model": model, "messages": one} for model, one in zip(models, (first, second), strict=True)]
    rounds = [(one, 200, made) for one, made in zip(requests, answers, strict=True)]
    return told(RULE, recording(*rounds), UNKNOWN)


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        ([answer(model="m-1"), answer(model="m-2")], "model"),
        ([answer(system_fingerprint="fp1"), answer(system_fingerprint="fp2")], "system_fingerprint"),
    ],
)
def test_the_field_is_named_with_both_values(answers: list[object], name: str) -> None:
    """It is a remark, at the exchange that differs."""
    (finding,) = finds(*answers)
    assert (finding.location.exchange, finding.severity) == (1, Severity.INFO)
    assert finding.facts["name"] == name


def test_it_is_seen_in_a_stream() -> None:
    """Its first chunk tells the build."""
    chunk = 'data: {"model":"m","system_fingerprint":"%s","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    assert len(finds(chunk % "fp1", chunk % "fp2")) == 1


@pytest.mark.parametrize(
    ("answers", "models"),
    [
        ([answer(), answer()], ("m", "m")),
        ([answer(model="m-1"), answer(model="n-1")], ("m", "n")),
        ([answer(system_fingerprint="fp1"), answer()], ("m", "m")),
    ],
)
def test_what_was_asked_for_is_none(answers: list[object], models: tuple[str, str]) -> None:
    """Another model by name; a server that does not say."""
    assert finds(*answers, models=models) == []
