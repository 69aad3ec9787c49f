"""The one table of rules."""

import json
import re
from pathlib import Path

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.core.finding import Finding
from nexdiag.lint import profiles, rules
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import EXPLAINED, chosen, find
from nexdiag.lint.rules.refusal.no_answer import NO_ANSWER
from nexdiag.lint.seen.bare import decode_bare
from nexdiag.lint.seen.state import is_short, of_json
from nexdiag.lint.state import judge_state
from tests.linting import recording

HEADINGS = ["What it does", "Why it is bad", "Example", "Instead", "Who refuses it"]
EVERY = pytest.mark.parametrize("rule", EXPLAINED, ids=lambda rule: rule.name)


def test_every_module_is_in_the_table() -> None:
    """A rule that nobody listed would be a rule that never fires; the file is named for the fault."""
    files = {path.stem for path in Path(rules.__file__).parent.glob("*/*.py")} - {"__init__"}
    assert files == {rule.name.replace("-", "_") for rule in EXPLAINED}


def test_codes_and_names_are_unique_and_in_order() -> None:
    """The table is sorted by code."""
    assert len({rule.name for rule in EXPLAINED}) == len(EXPLAINED)
    assert [rule.code for rule in EXPLAINED] == sorted({rule.code for rule in EXPLAINED})


@EVERY
def test_a_page_has_its_headings(rule: Rule) -> None:
    """One line, and then always the same parts in the same order."""
    assert re.fullmatch(r"[A-Z].{10,100}\.", rule.summary)
    assert re.findall(r"^## (.+)$", rule.page, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("rule", [rule for rule in EXPLAINED if rule is not NO_ANSWER], ids=lambda rule: rule.name)
def test_the_example_is_bad_and_the_other_is_good(rule: Rule) -> None:
    """The documentation is run: the first exchange has the fault, the second has not, nor any other.

    The example of no-answer is a recorded exchange, and is run by its own test.
    """
    bad, good = re.findall(r"```json\n(.*?)```", rule.page, re.DOTALL)
    found = [finding.rule for finding in _findings(bad)]
    assert rule.name in (found if rule.following else found[:1])  # in a recording, it may follow from a refusal
    assert _findings(good) == ()
    assert json.loads(good).get("server") == json.loads(bad).get("server")


def _findings(example: str) -> tuple[Finding, ...]:
    """Of a bare exchange; of a recording (`exchanges`, bare ones); of the files of a state directory."""
    value = json.loads(example)
    if is_short(value):
        return judge_state(of_json(value))
    if "exchanges" not in value:
        return judge_bare(decode_bare(example))[1]
    rounds = ((one["request"], one["status"], one.get("response")) for one in value["exchanges"])
    return judge(recording(*rounds), profiles.resolve(value.get("server")))


def test_a_rule_is_found_by_name_and_by_code() -> None:
    """In any case."""
    assert find("role-alternation") is find("nx101") is find("NX101")


@pytest.mark.parametrize(("wrong", "meant"), [("role-alternaton", "role-alternation"), ("NX7011", "NX701")])
def test_an_unknown_rule_has_a_hint(wrong: str, meant: str) -> None:
    """The nearest match, and where all are listed."""
    with pytest.raises(UsageError, match=f"unknown rule '{wrong.lower()}'") as caught:
        find(wrong)
    assert caught.value.hint.startswith(f"did you mean {meant} or ")
    assert caught.value.hint.endswith("? nexdiag rule lists them")


def test_rules_are_chosen_by_name_code_and_family() -> None:
    """A code's beginning means all that begin so; what is ignored is ignored also if it was selected."""
    assert chosen() == EXPLAINED
    pairing = [rule.code for rule in EXPLAINED if rule.family == "pairing"]
    assert [rule.code for rule in chosen(("NX2", "role-alternation"))] == ["NX101", *pairing]
    assert [rule.code for rule in chosen(("pairing",), ("NX202",))] == [code for code in pairing if code != "NX202"]
    with pytest.raises(UsageError):
        chosen((), ("NX1000",))
