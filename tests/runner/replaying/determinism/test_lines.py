"""A study for a terminal."""

import tomllib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.runner.replaying.determinism.lines import lines, toml
from nexdiag.runner.replaying.determinism.study import Study, Varying

DATE = Varying(
    pointer="/messages/*/content",
    kind="date",
    by=("clock",),
    examples=(("x" * 90 + "Today is 2026-11-22", "x" * 90 + "Today is 2026-11-24"),),
    covered=("date",),
)
ID = Varying(pointer="/run", kind="id", by=("nothing",), examples=(("1", "2"),), rules=("/run",))
SET = Varying(pointer="/stop", kind="order", by=("hash seed",), examples=(("a\x1b[31m", "b"),), advice="sort it")


def test_what_varies_is_told_with_why_and_what_is_covered_in_one_line() -> None:
    """The example begins shortly before the difference."""
    other = msgspec.structs.replace(DATE, pointer="/messages/*/name", covered=())
    told = lines(Study(requests=5, runs=12, varying=(DATE, other), unchecked=("clock: no",)))
    assert told.splitlines() == [
        "  5 requests, in 12 runs that differ in one thing each",
        "  covered  1 difference, by rule: date   in /messages/*/content",
        "  varies  /messages/*/name   date, by clock",
        "    - …xxxxxxToday is 2026-11-22",
        "    + …xxxxxxToday is 2026-11-24",
        "  not checked  clock: no",
        "  ✗ 1 field varies beyond the built-in rules, 1 of them beyond what a rule can set aside",
    ]
    assert lines(Study(requests=5, runs=12, varying=(DATE,))).endswith("✓ nothing varies beyond the built-in rules")


def test_rules_can_be_pasted() -> None:
    """What stands between is TOML, and holds just the rules."""
    rule = r"""/messages/*/content="it's" \d+"""
    found = Study(
        requests=1, runs=9, varying=(ID, Varying(pointer="/y", kind="id", by=("x",), examples=(), rules=(rule,)))
    )
    told = lines(found)
    pasted = told[told.index("    [replay]") : told.index("    ]") + 5]
    assert tomllib.loads(pasted) == {"replay": {"ignore": ["/run", rule]}}
    assert told.endswith("✗ 2 fields vary beyond the built-in rules")
    assert "the differences are gone" in told
    beside = lines(msgspec.structs.replace(found, varying=(*found.varying, SET)))
    assert "the differences are gone" not in beside


def test_what_no_rule_helps_is_told_with_what_to_do() -> None:
    """A terminal obeys nothing of what was recorded."""
    told = lines(Study(requests=1, runs=9, varying=(SET,)))
    assert "    sort it" in told
    assert "\x1b" not in told
    assert told.endswith("✗ 1 field varies beyond the built-in rules, 1 of them beyond what a rule can set aside")
    assert "[replay]" not in told


def test_nothing_varies() -> None:
    """Then that is all that is said."""
    assert lines(Study(requests=1, runs=9)).splitlines()[1:] == ["  ✓ nothing varies"]


@pytest.mark.parametrize(
    ("text", "wanted"), [("/run", '"/run"'), (r"/x=\d", r"'/x=\d'"), ("a'\"", '"a\'\\""'), ("a\nb", '"a\\U0000000Ab"')]
)
def test_a_rule_is_written_with_as_few_backslashes_as_can_be(text: str, wanted: str) -> None:
    """People read it."""
    assert toml(text) == wanted


@given(st.text())
def test_any_text_is_read_back(text: str) -> None:
    """Whatever stands in a key of a body."""
    text = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"x = {toml(text)}") == {"x": text}
