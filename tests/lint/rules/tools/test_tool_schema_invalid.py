"""tool-schema-invalid: parameters that are no schema which the server takes."""

import pytest

from tests.linting import USER, found, judged, refusing

RULE = "tool-schema-invalid"
BOUND = {"type": "object", "properties": {"s": {"type": "string", "maxLength": 100_000}}}
NAMES = {"type": "object", "properties": {"o": {"type": "object", "propertyNames": {"pattern": "^a$"}}}}


def chat(*schemas: object) -> dict[str, object]:
    tools = [{"type": "function", "function": {"name": f"f{at}", "parameters": one}} for at, one in enumerate(schemas)]
    return {"model": "m", "messages": [USER], "tools": tools}


@pytest.mark.parametrize(
    ("schema", "limits", "place"),
    [
        ({"type": "object"}, {"schema_wants": ("properties",)}, ""),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, {"schema_wants": ("items",)}, "/properties/a"),
        ({"type": "object", "properties": {}}, {"schema_wants": ("filled-properties",)}, "/properties"),
        ({"type": "object", "properties": []}, {"schema_wants": ("object",)}, "/properties"),
        ({"type": "object", "properties": {"a": {"type": "str"}}}, {"schema_wants": ("valid",)}, "/properties/a/type"),
        (NAMES, {"schema_keywords_denied": ("propertyNames",)}, "/properties/o/propertyNames"),
    ],
)
def test_what_the_profile_refuses(schema: object, limits: dict[str, object], place: str) -> None:
    """An error there; not on a server that does not mind, and not where nobody knows the server."""
    (finding,) = found(RULE, chat({"type": "object", "properties": {"x": {}}}, schema), refusing(RULE, **limits))
    assert (finding.severity, finding.location.pointer) == ("error", f"/tools/1/function/parameters{place}")
    assert found(RULE, chat(schema), refusing(RULE)) == found(RULE, chat(schema)) == []


def test_missing_parameters() -> None:
    """Most servers take a tool without any."""
    body = {"messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}
    assert len(found(RULE, body, refusing(RULE, schema_wants=("parameters",)))) == 1
    assert found(RULE, body, refusing(RULE, schema_wants=("properties", "valid"))) == []


def test_one_finding_for_what_one_converter_made() -> None:
    """A keyword in all tools is one fault; the first of them is pointed at."""
    many = [{"type": "object", "properties": {"x": {}}, "$schema": "s"}] * 30
    (finding,) = found(RULE, chat(*many), refusing(RULE, schema_keywords_denied=("$schema",)))
    assert finding.location.pointer == "/tools/0/function/parameters/$schema"
    assert "and 26 more" in finding.summary


@pytest.mark.parametrize(
    ("schema", "words", "place"),
    [
        ({"type": "object"}, "Invalid schema for function 'f1': In context=(), object schema missing properties.", ""),
        (
            NAMES,
            "Unknown name \"propertyNames\" at 'tools[0].function_declarations[1]...'",
            "/properties/o/propertyNames",
        ),
        (BOUND, "Failed to initialize samplers: failed to parse grammar", "/properties/s/maxLength"),
        (
            {"type": "object", "properties": []},
            "json: cannot unmarshal array into Go struct field .tools.function.parameters.properties of type map",
            "/properties",
        ),
        (
            {"type": "object", "properties": {}},
            "tools[0].function_declarations[1].parameters.properties: should be non-empty for OBJECT type",
            "/properties",
        ),
        ({"type": "obj"}, "Tool 1 function has invalid 'parameters' schema: 'obj' is not valid", "/type"),
        (
            {"type": "object", "properties": {"a": {"oneOf": []}}},
            "tools.1.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
            "/properties/a/oneOf",
        ),
        (
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}},
            "tools.1.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
            "",
        ),
    ],
)
def test_the_recorded_refusal_confirms(schema: object, words: str, place: str) -> None:
    """The words choose the flaw, and where none is seen the tool; without a request they tell it alone."""
    fine = {"type": "object", "properties": {"x": {"type": "string"}}}
    first = judged(chat(fine, schema), status=400, response={"error": {"message": words}})[0]
    assert (first.rule, first.refused) == (RULE, True)
    assert first.location.pointer == f"/tools/1/function/parameters{place}"
    assert judged(None, status=400, response={"error": {"message": words}})[0].rule == RULE


def test_a_grammar_of_the_requests_own_is_another_fault() -> None:
    """Without tools the words cannot be about them."""
    said = {"error": {"message": "failed to parse grammar"}}
    assert found(RULE, {"messages": [USER], "grammar": "root ::="}, status=400, response=said) == []


def test_a_schema_of_another_type() -> None:
    """LM Studio wants an object."""
    said = {"error": {"message": "[1].function.parameters.type: Invalid discriminator value. Expected 'object'"}}
    assert found(RULE, chat({"type": "object"}, {"type": "string"}), status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused


def test_parameters_that_are_missing_where_the_server_wants_them() -> None:
    """MiniMax wants a schema of each tool."""
    said = {"error": {"message": "invalid params, function parameters is empty (2013)"}}
    body = {"messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}
    assert found(RULE, body, status=400, response=said)[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
