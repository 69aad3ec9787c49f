"""Promises of nexdiag.codec.textcalls.tags: parameters written as elements become one object."""

import json

import pytest

from nexdiag.codec.textcalls.scan import Text
from nexdiag.codec.textcalls.tags import FUNCTION, INVOKE, Grammar, glm, tagged


def arguments(text: str, grammar: Grammar) -> object:
    read = tagged(Text(text), 0, grammar, {})
    return None if read is None else [json.loads(call.arguments) for call in read[0]]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("<function=f></function>", [{}]),
        ("<function=f>\n<parameter=a>\n\nx\n\n</parameter>\n</function>", [{"a": "\nx\n"}]),
        ("<function='f'><parameter=a>x</b> </parameter> y</parameter></function>", [{"a": "x</b> </parameter> y"}]),
        ("<function=f><parameter=a>1</parameter><parameter=b>[2]</parameter></function>", [{"a": "1", "b": [2]}]),
        ("<function=f><parameter=a>x</parameter>", None),
        ("<function=f>x</function>", None),
        ("<function=f><parameter=a>x<parameter=b>y</parameter></function>", None),
    ],
)
def test_function(text: str, values: object) -> None:
    """One line break at each end of a value is layout, the rest is its own; closing tags inside a value are text."""
    assert arguments(text, FUNCTION) == values


def test_invoke_with_namespace_and_attributes() -> None:
    """Prefixes and attributes of the elements are passed over."""
    text = '<a:invoke name="f"><a:parameter name="x" string="true">1</a:parameter></a:invoke>'
    assert arguments(text, INVOKE) == [{"x": "1"}]


@pytest.mark.parametrize("text", ["", "f<arg_key>a</arg_key><arg_value>1", "<arg_key>"])
def test_half_a_glm_call_is_none(text: str) -> None:
    """A pair that is not closed gives nothing."""
    assert glm(Text(text), 0, {}) is None
