"""Promises of nexdiag.codec.textcalls.objects: a call is an object with a name and arguments, and nothing less."""

import pytest

from nexdiag.codec.textcalls.objects import arguments_of, calls_of


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"name": 1}', '{"name": null, "arguments": {}}', '{"name": "f", "arguments": 3}', "[]", "[1]", '["f"]',
     '{"function": {"name": {"name": "f"}}}', '{"name": {"name": "f"}}', '[{"name": "f"}, 3]', "{" * 5000, "[" * 5000,
     '{"name": "f", "arguments": "not JSON"}', '{"name": "f", "input": {}, "args": {}}'],
)  # fmt: skip
def test_other_json_is_no_call(text: str) -> None:
    """Wrong types, two sets of arguments and deep nesting give nothing, and raise nothing."""
    assert calls_of(text) is None


def test_strict_wants_arguments_and_no_other_key() -> None:
    """Where only its shape tells a call, an object that has more or less is data."""
    assert calls_of('{"name": "f", "arguments": {}, "x": 1}') is not None
    assert calls_of('{"name": "f", "arguments": {}, "x": 1}', strict=True) is None
    assert calls_of('{"name": "f"}', strict=True) is None


@pytest.mark.parametrize(("text", "wanted"), [(None, "{}"), ("null", "{}"), ('""', "{}"), ("[1]", None), ('"{"', None)])
def test_arguments(text: str | None, wanted: str | None) -> None:
    """Nothing stands for none; what is no object is no set of arguments."""
    assert arguments_of(text) == wanted
