"""model-not-found: the server has no model of that name."""

from typing import Any

import pytest
from linting import found, judged, recording, refusing, told

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import UNKNOWN

NAME = "model-not-found"
MODELS = {"object": "list", "data": [{"id": "Qwen/Qwen3-8B"}, {"id": "llama3.2:latest"}]}


def chat(model: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "u"}]}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "The model `qwen3` does not exist."),
        (404, "The model `qwen3` does not exist or you do not have access to it."),
        (404, 'model "qwen3" not found, try pulling it first'),
        (400, "Model Not Exist"),
        (400, "Invalid model: qwen3"),
        (400, "qwen3 is not a valid model ID"),
        (404, "No endpoints found for qwen3."),
        (404, "model: qwen3"),
        (404, "models/qwen3 is not found for API version v1main, or is not supported for generateContent."),
        (400, "Malformed publisher model name: expected format '<publisher>/<model>'"),
        (400, "The provided model identifier is invalid."),
        (400, "Invalid model name passed in model=qwen3. Call `/v1/models` to view available models for your key."),
        (400, "The model `qwen3` has been decommissioned and is no longer supported."),
        (404, "The API deployment for this resource does not exist."),
        (404, "No models loaded. Please load a model in the developer page."),
        (400, "The requested model is not supported."),
        (400, "litellm.BadRequestError: OpenAIException - Error code: 400 - Unknown model: qwen3"),
    ],
)
def test_what_servers_say(status: int, words: str) -> None:
    """With the request it points at the model; the words tell alone too."""
    response = {"error": {"message": words}}
    first = judged(chat("qwen3"), status=status, response=response)[0]
    assert (first.rule, first.location.pointer, first.refused) == (NAME, "/model", True)
    assert judged(status=status, response=response)[0].rule == NAME


def test_a_provider_prefix_is_another_fault() -> None:
    """Its own rule names it, with the request and without."""
    response = {"error": {"message": "The model openai:gpt-4.1-mini does not exist or you do not have access to it."}}
    for request in (chat("openai:gpt-4.1-mini"), chat("openai/gpt-4.1-mini"), None):
        findings = judged(request, status=404, response=response)
        assert [finding.rule for finding in findings] == ["model-name-prefix"]


def test_a_prefix_that_the_request_has_not() -> None:
    """Then something on the way added it, and what is left is that the name is not known."""
    response = {"error": {"message": "openrouter/x-ai/grok-4 is not a valid model ID"}}
    assert judged(chat("x-ai/grok-4"), status=400, response=response)[0].rule == NAME
    assert judged(chat("openrouter/x-ai/grok-4"), status=400, response=response)[0].rule == "model-name-prefix"


def test_a_deployment_that_the_body_does_not_name() -> None:
    """Azure has it in the address."""
    response = {
        "error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}
    }
    (finding,) = found(NAME, {"messages": []}, status=404, response=response)
    assert (finding.location.pointer, finding.refused) == (None, True)


def listed(model: str, status: int | None = None, path: str = "http://h/v1", models: object = MODELS) -> Cassette:
    """A recording that lists the server's models, and then asks one."""
    asked = recording((chat(model), status, {"choices": []}), url=f"{path}/chat/completions").exchanges[0]
    first = recording((None, 200, models), url="http://h/v1/models").exchanges[0]
    get = first.request.__class__(method="GET", url="http://h/v1/models", body=first.request.body)
    first = first.__class__(id=0, started=0.0, request=get, response=first.response)
    second = asked.__class__(id=1, started=1.0, request=asked.request, response=asked.response)
    return Cassette(header=recording().header, exchanges=(first, second))


@pytest.mark.parametrize(
    ("model", "profile", "severity"),
    [
        ("qwen3-8b", UNKNOWN, Severity.WARNING),
        ("qwen3-8b", refusing(NAME), Severity.ERROR),
        ("qwen3-8b", refusing(), None),
        ("Qwen/Qwen3-8B", refusing(NAME), None),
        ("llama3.2", refusing(NAME), None),
        ("local:Qwen/Qwen3-8B", refusing(NAME), None),
    ],
)
def test_a_recorded_list_of_models(model: str, profile: Profile, severity: Severity | None) -> None:
    """What the server listed at this address is what it has; the nearest name is the repair."""
    findings = told(NAME, listed(model), profile)
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert all('"Qwen/Qwen3-8B"' in finding.fix and finding.location.exchange == 1 for finding in findings)


def test_what_a_list_does_not_show() -> None:
    """Another address, a list that is none, and a server that answered all the same."""
    assert told(NAME, listed("m", path="http://other/v1"), UNKNOWN) == []
    assert told(NAME, listed("m", models={"data": [None, 7, {"id": 7}]}), UNKNOWN) == []
    assert told(NAME, listed("m", status=200), UNKNOWN) == []


@pytest.mark.parametrize(
    "words",
    [
        "LoRA adapter 'x' was requested, but LoRA is not enabled.",
        "Tool 'g' not found in tools list.",
        "'temperature' is not supported with this model.",
        "No endpoints found for qwen3 that support tool use.",
        "404 page not found",
        "model output must contain either output text or tool calls, these cannot both be empty",
    ],
)
def test_other_words_are_not_explained(words: str) -> None:
    """An adapter, a tool, a parameter, an address."""
    response = {"error": {"message": words}}
    assert found(NAME, chat("qwen3"), status=404, response=response) == found(NAME, status=404, response=response) == []
