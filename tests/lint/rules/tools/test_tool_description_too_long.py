"""tool-description-too-long: a description over the server's limit."""

from tests.linting import USER, found, judged, refusing

RULE = "tool-description-too-long"
WORDS = "Invalid 'tools[1].function.description': string too long. Expected a string with maximum length 1024."


def chat(*descriptions: str) -> dict[str, object]:
    tools = [{"type": "function", "function": {"name": "f", "description": text}} for text in descriptions]
    return {"model": "m", "messages": [USER], "tools": tools}


def test_the_limit_is_the_profiles() -> None:
    """One character more is too many; without a limit nothing is said."""
    strict = refusing(RULE, tool_description=10)
    (finding,) = found(RULE, chat("x" * 10, "x" * 11), strict)
    assert (finding.severity, finding.location.pointer) == ("error", "/tools/1/function/description")
    assert finding.facts == {"tool": "1", "name": "f", "length": "11", "limit": "10"}
    assert found(RULE, chat("x" * 5000)) == found(RULE, chat("x" * 5000), refusing(RULE)) == []


def test_the_recorded_refusal_confirms() -> None:
    """The tool that the words name; without an index the one that is too long; without a request the words alone."""
    said = {"error": {"message": WORDS}}
    (finding,) = found(RULE, chat("x" * 3000, "x" * 2000), status=400, response=said)
    assert (finding.refused, finding.location.pointer) == (True, "/tools/1/function/description")
    other = {"error": {"message": "tool description exceeds maximum length 1500"}}
    (finding,) = found(RULE, chat("x" * 1200, "x" * 2000), status=400, response=other)
    assert finding.location.pointer == "/tools/1/function/description"
    assert judged(None, status=400, response=said)[0].rule == RULE


def test_another_text_that_is_too_long_is_not_claimed() -> None:
    """An id has a limit as well."""
    said = {"error": {"message": "Invalid 'messages[1].tool_calls[0].id': string too long."}}
    assert found(RULE, chat("x" * 2000), status=400, response=said) == []
