"""unknown-param: a parameter that the server does not know."""

import pytest

from nexdiag.core.endpoint import Param
from tests.linting import USER, found, judged, refusing

RULE = "unknown-param"


def chat(**fields: object) -> dict[str, object]:
    return {"model": "m", "messages": [USER], **fields}


def extra(*place: object) -> dict[str, object]:
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", *place], "msg": "Extra inputs are not permitted"}]}


@pytest.mark.parametrize(
    "words",
    [
        "Model grok-4 does not support parameter reasoningEffort",
        "Argument not supported on this model: reasoning_effort",
    ],
)
def test_a_name_in_another_spelling(words: str) -> None:
    """XAI names a field as its code does."""
    first = judged(chat(reasoning_effort="low"), status=400, response={"error": words})[0]
    assert (first.rule, first.location.pointer) == (RULE, "/reasoning_effort")
    assert judged(None, status=400, response={"error": words})[0].rule == RULE


def test_a_field_of_a_tool_that_is_named_alone() -> None:
    """Cohere refuses OpenAI's `strict`; where no tool has it, somebody added it on the way."""
    said = {"message": "unknown field: parameter 'strict' is not a valid field."}
    tools = [{"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}]
    first = judged(chat(tools=tools), status=422, response=said)[0]
    assert (first.rule, first.location.pointer, first.refused) == (RULE, "/tools/0/function/strict", True)
    assert judged(chat(), status=422, response=said)[0].location.pointer is None
    assert judged(None, status=422, response=said)[0].rule == RULE


@pytest.mark.parametrize(
    ("limits", "pointers"),
    [
        ({"params_refused": (Param(name="seed", instead="random_seed"), Param(name="user"))}, ["/seed"]),
        ({"params": ("model", "messages", "n")}, ["/seed"]),
        ({"params_refused": (Param(name="seed", models="^other"),)}, []),
        ({"params_refused": (Param(name="stream_options"), Param(name="max_tokens"))}, []),
        ({}, []),
    ],
)
def test_the_profile_says_which(limits: dict[str, object], pointers: list[str]) -> None:
    """By name, or by all the names that it takes; what has a rule of its own is left to that."""
    body = chat(seed=None, n=1, max_tokens=5, stream_options={"include_usage": True})
    findings = found(RULE, body, refusing(RULE, **limits))
    assert [(one.location.pointer, one.severity) for one in findings] == [(pointer, "error") for pointer in pointers]
    assert found(RULE, body) == []


def test_a_secret_is_not_shown() -> None:
    """Clients put keys into the body too."""
    (finding,) = found(RULE, chat(api_key="sk-hush"), status=400, response=extra("api_key"))
    assert "sk-hush" not in repr(finding)


def test_the_better_name_is_told() -> None:
    """Where there is one."""
    (finding,) = found(RULE, chat(seed=1), refusing(RULE, params_refused=(Param(name="seed", instead="random_seed"),)))
    assert "random_seed" in finding.fix


@pytest.mark.parametrize(
    "answer",
    [
        extra("n"),
        {"error": {"message": "Unrecognized request argument supplied: n"}},
        {"error": {"message": "property 'n' is unsupported"}},
        {"error": {"message": "Unknown parameter: 'n'."}},
        {"error": {"message": 'json: unknown field "n"'}},
        "create() got an unexpected keyword argument 'n'",
        {"object": "error", "message": extra("n")},
        "400 {'message': \"[{'loc': ('body', 'n'), 'msg': 'Extra inputs are not permitted', 'input': 1}]\"}",
        {"error": {"message": "litellm.UnsupportedParamsError: x does not support parameters: ['n'], for model=m"}},
        {"error": {"message": "The model returned the following errors: n: Extra inputs are not permitted"}},
    ],
)
def test_the_recorded_refusal_names_it(answer: object) -> None:
    """The field that is named is the fault, not what else is unusual; without a request the words tell it."""
    findings = judged(chat(n=1, strange=2, max_completion_tokens=3), status=422, response=answer)
    assert [(one.rule, one.refused, one.location.pointer) for one in findings] == [(RULE, True, "/n")]
    assert [one.rule for one in judged(None, status=422, response=answer)] == [RULE]


def test_where_nothing_is_named() -> None:
    """What no service of this dialect takes is the suspect."""
    findings = judged(
        chat(n=1, chat_template_kwargs={}), status=422, response={"detail": "Extra inputs are not permitted"}
    )
    assert [(one.rule, one.location.pointer) for one in findings] == [(RULE, "/chat_template_kwargs")]


def test_a_deeper_field() -> None:
    """In a tool's definition, for one."""
    body = chat(tools=[{"name": "f", "strict": True, "input_schema": {"type": "object", "properties": {"a": {}}}}])
    said = {"error": {"message": "tools.0.custom.strict: Extra inputs are not permitted"}}
    assert [(one.rule, one.location.pointer) for one in judged(body, status=400, response=said)] == [
        (RULE, "/tools/0/strict")
    ]


def test_a_field_that_a_gateway_added() -> None:
    """The request has it not: then somebody on the way put it in."""
    (finding,) = judged(chat(), status=422, response=extra("reasoning_split"))
    assert (finding.rule, finding.location.pointer) == (RULE, None)
    assert "added on the way" in finding.summary


@pytest.mark.parametrize(
    ("field", "words", "rule"),
    [
        (
            {"max_completion_tokens": 1},
            "body.max_completion_tokens: Extra inputs are not permitted",
            "max-tokens-param",
        ),
        ({"stream_options": {}}, "Unknown parameter: 'stream_options'.", "stream-options-unsupported"),
        ({"tool_choice": "auto"}, "body.tool_choice: Extra inputs are not permitted", "tool-choice-unsupported"),
        ({"tools": []}, "body.tools: Extra inputs are not permitted", "empty-tools-array"),
        (
            {"temperature": 0},
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "sampling-param-unsupported",
        ),
    ],
)
def test_what_has_a_rule_of_its_own_is_left_to_it(field: dict[str, object], words: str, rule: str) -> None:
    """The same words, another field."""
    findings = judged(chat(**field), status=422, response={"error": {"message": words}})
    assert findings[0].rule == rule
    assert RULE not in {one.rule for one in findings}


def test_an_effort_that_the_model_does_not_take() -> None:
    """mistral-common names the parameter with its value; only the profile tells that it is not taken."""
    profile = refusing(RULE, params_refused=(Param(name="reasoning_effort", unless=(None,)),))
    words = "reasoning_effort='high' is not supported for this model"
    first = judged(chat(reasoning_effort="high"), profile, status=400, response=words)[0]
    assert (first.rule, first.refused, first.location.pointer) == (RULE, True, "/reasoning_effort")
    assert found(RULE, chat(reasoning_effort=None), profile) == []
