"""tool-choice-without-tools: a choice among none."""

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, found, judged, refusing

RULE = "tool-choice-without-tools"
OPENAI = {"error": {"message": "'tool_choice' is only allowed when 'tools' are specified.", "param": "tool_choice"}}
SGLANG = {"message": "Tools cannot be empty if tool choice is set to required."}


def chat(**fields: object) -> dict[str, object]:
    return {"messages": [USER], **fields}


@pytest.mark.parametrize(
    "body",
    [
        chat(tool_choice="required"),
        chat(tool_choice="any", tools=[]),
        chat(tool_choice={"type": "function", "function": {"name": "f"}}, tools=None),
    ],
)
def test_a_forced_choice(body: dict[str, object]) -> None:
    """An error where it is refused, a warning where nobody knows, a note elsewhere."""
    wanted = ((refusing(RULE), Severity.ERROR), (None, Severity.WARNING), (refusing(), Severity.INFO))
    for profile, severity in wanted:
        (finding,) = found(RULE, body, profile)
        assert (finding.severity, finding.location.pointer) == (severity, "/tool_choice")


@pytest.mark.parametrize(
    "body",
    [
        chat(tool_choice="none"),
        chat(tool_choice="auto", tools=[]),
        chat(tool_choice=None),
        chat(parallel_tool_calls=True),
        chat(tool_choice="required", tools=[{"type": "web_search"}]),
        chat(tool_choice="required", tools="<3 tools>"),
    ],
)
def test_what_forces_nothing_is_let_pass(body: dict[str, object]) -> None:
    """Where the server is not known to mind."""
    assert found(RULE, body) == []


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ({"tool_choice": "auto"}, OPENAI),
        ({"tool_choice": "required", "tools": []}, SGLANG),
        (
            {"tool_choice": "required"},
            {"message": "tool_choice='required' requires a non-empty 'tools' array; got tools=None or tools=[]."},
        ),
        (
            {"parallel_tool_calls": True},
            {"message": "'parallel_tool_calls' is only allowed when 'tools' are specified."},
        ),
    ],
)
def test_the_recorded_refusal_confirms(field: dict[str, object], answer: object) -> None:
    """Then also a choice that forces nothing is at fault."""
    assert [one.rule for one in judged(chat(**field), status=400, response=answer)] == [RULE]
    assert judged(None, status=400, response=answer)[0].rule == RULE


def test_a_server_that_refuses_any_choice() -> None:
    """OpenAI refuses `auto` as well; SGLang says in its words that it minds `required`."""
    (finding,) = found(RULE, chat(tool_choice="auto"), refusing(RULE))
    assert finding.severity is Severity.ERROR
    assert found(RULE, chat(tool_choice="auto"), server="SGLang") == []
    assert found(RULE, chat(tool_choice="required"), server="SGLang")[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("server", "fields", "errors"),
    [
        ("OpenAI", {"tool_choice": "auto"}, 1),
        ("OpenAI", {"tool_choice": "none"}, 1),
        ("Azure OpenAI", {"tool_choice": "auto", "parallel_tool_calls": False}, 2),
        ("vLLM", {"tool_choice": "auto"}, 1),
        ("vLLM", {"tool_choice": "required"}, 1),
        ("vLLM", {"tool_choice": "none"}, 0),
        ("vLLM", {"parallel_tool_calls": True}, 0),
    ],
)
def test_what_is_known_of_servers(server: str, fields: dict[str, object], errors: int) -> None:
    """OpenAI's checks mind each of the fields, vLLM's the choice alone, unless it is none."""
    assert [one.severity for one in found(RULE, chat(**fields), server=server)] == [Severity.ERROR] * errors
