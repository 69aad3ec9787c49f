"""The check of arguments names every fault, and lets pass what models send by habit."""

from typing import Any

import pytest

from nexdiag.agent.tools.tool import check, nearest, shown
from nexdiag.core.errors import ToolError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1},
        "deep": {"type": "boolean"},
        "words": {"type": "array"},
        "where": {"type": "object"},
        "share": {"type": "number"},
    },
    "required": ["path"],
    "additionalProperties": False,
}


def refusal(arguments: dict[str, Any]) -> str:
    with pytest.raises(ToolError) as caught:
        check(arguments, SCHEMA)
    return f"{caught.value.what} | {caught.value.hint}"


def test_good_arguments_pass_unchanged() -> None:
    """Arguments that fit the schema come out as they went in."""
    arguments = {"path": "a", "limit": 3, "deep": True, "words": [1], "where": {}, "share": 0.5}
    assert check(arguments, SCHEMA) == arguments


def test_every_fault_is_named_at_once() -> None:
    """A model learns of all its mistakes from one answer, with the nearest name and the whole signature."""
    text = refusal({"pth": "a", "limit": "many", "deep": 1})
    assert "unknown argument 'pth': did you mean 'path'?" in text
    assert "missing argument 'path' (string)" in text
    assert "argument 'limit' must be of type integer, found string" in text
    assert "argument 'deep' must be of type boolean, found integer" in text
    assert "path (string, required), limit (integer)" in text


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("limit", True, "boolean"),
        ("limit", 2.5, "number"),
        ("limit", [], "array"),
        ("share", False, "boolean"),
        ("path", {}, "object"),
        ("path", None, "null"),
        ("path", 7, "integer"),
    ],
)
def test_wrong_types_are_refused(key: str, value: object, found: str) -> None:
    """Each JSON type is told from the others, truth values from numbers too."""
    assert f"argument {key!r} must be of type" in refusal({"path": "a", key: value})
    assert f"found {found}" in refusal({"path": "a", key: value})


def test_too_small_numbers_are_refused() -> None:
    """The schema's minimum holds."""
    assert "argument 'limit' must be at least 1, found 0" in refusal({"path": "a", "limit": 0})


def test_null_means_left_out_and_a_whole_float_is_an_integer() -> None:
    """Models send null for what they leave out, and 5.0 for 5."""
    assert check({"path": "a", "deep": None, "limit": 5.0}, SCHEMA) == {"path": "a", "limit": 5}


def test_hostile_words_stay_short_and_printable() -> None:
    """A model's own word is cut and escaped before it is repeated."""
    text = refusal({"path": "a", "\x1b[2J" + "x" * 100_000: 1})
    assert "\\x1b" in text
    assert len(text) < 1000
    assert shown("\ud800\n") == "'\\ud800\\n'"


def test_nearest_knows_when_nothing_is_near() -> None:
    """A likely name is offered, an unlike one is not."""
    assert nearest("read_fil", ["read_file", "glob"]) == "read_file"
    assert nearest("zzz", ["read_file", "glob"]) == ""


def test_a_choice_and_a_maximum_hold() -> None:
    """A word that is none of the schema's is told with the nearest, a number that is too large with the limit."""
    schema = {
        "type": "object",
        "properties": {
            "mode": {"type": "string", "enum": ["light", "full"]},
            "wait": {"type": "integer", "maximum": 60},
        },
    }
    assert check({"mode": "full", "wait": 60}, schema) == {"mode": "full", "wait": 60}
    with pytest.raises(ToolError) as caught:
        check({"mode": "ful", "wait": 61}, schema)
    assert "must be one of light, full, found 'ful': did you mean 'full'?" in caught.value.what
    assert "argument 'wait' must be at most 60, found 61" in caught.value.what
