"""stream-options-unsupported: the server does not take stream_options."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

OPTIONS = {"stream": True, "stream_options": {"include_usage": True}, "messages": []}
OLD_AZURE = "Azure OpenAI (2024-05 and before)"


def found(request: dict[str, object], server: str | None = None, **parts: object) -> list[Finding]:
    _, findings = judge_bare(BareExchange(server=server, request=request, **parts))
    return [finding for finding in findings if finding.rule == "stream-options-unsupported"]


def test_a_server_that_refuses_it() -> None:
    """The finding points at the field."""
    (finding,) = found(OPTIONS, OLD_AZURE)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/stream_options")


@pytest.mark.parametrize(
    ("server", "severities"),
    [
        ("Azure OpenAI on your data", [Severity.ERROR]),
        ("Azure OpenAI", [Severity.WARNING]),
        (None, [Severity.INFO]),
        ("OpenAI", []),
        ("vLLM", []),
        ("llama.cpp", []),
    ],
)
def test_the_profile_decides(server: str | None, severities: list[Severity]) -> None:
    """A risk on Azure of unknown age, a note on an unknown server, nothing where it is taken."""
    assert [finding.severity for finding in found(OPTIONS, server)] == severities


@pytest.mark.parametrize("server", ["Azure OpenAI", OLD_AZURE, None])
def test_a_server_that_took_it_does_not_mind(server: str | None) -> None:
    """The recorded answer says so."""
    assert found(OPTIONS, server, status=200, response={"choices": [{"message": {"content": "Hi."}}]}) == []


@pytest.mark.parametrize("request_body", [{}, {"stream": True}, {"stream_options": None}])
def test_look_alikes_are_let_pass(request_body: dict[str, object]) -> None:
    """Left out, or null, it is not sent."""
    assert found(request_body, OLD_AZURE) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"message": "Unrecognized request argument supplied: stream_options"}},
        {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}
            ]
        },
        "validation error for stream_options with data_sources",
    ],
)
def test_the_recorded_refusal_confirms(answer: object) -> None:
    """Each way to refuse the field confirms the fault on any server."""
    assert [finding.refused for finding in found(OPTIONS, "some gateway", status=400, response=answer)] == [True]


def test_another_fault_of_the_field_is_not_claimed() -> None:
    """That it needs `stream` is another fault."""
    said = {"error": {"message": "The 'stream_options' parameter is only allowed when 'stream' is enabled."}}
    findings = found({"stream_options": {"include_usage": True}}, "OpenAI", status=400, response=said)
    assert findings == []


@pytest.mark.parametrize(
    "words",
    [
        "Unrecognized request argument supplied: stream_options",
        "body.stream_options: Extra inputs are not permitted",
        "body.stream_options.include_usage: Extra inputs are not permitted",
        "extraneous key [include_usage] is not permitted",
        "Validation error at #/stream_options: Extra inputs are not permitted",
        "Unknown parameter: 'stream_options'.",
        "Unknown parameter: 'stream_options.include_usage'.",
        "property 'stream_options' is unsupported",
        "Additional properties are not allowed ('stream_options' was unexpected)",
        "validation error for stream_options with data_sources",
        "stream_options is not supported by this deployment",
    ],
)
def test_the_words_alone_tell(words: str) -> None:
    """Without a request; with one that has it null; and with one to which somebody added it on the way."""
    for request in (None, {"stream_options": None, "messages": []}, {"messages": [{"role": "user", "content": "u"}]}):
        _, findings = judge_bare(BareExchange(request=request, status=400, response={"error": {"message": words}}))
        assert [one.rule for one in findings if one.code.startswith("NX7")] == ["stream-options-unsupported"]
