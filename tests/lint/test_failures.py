"""Failures that people told of in public, built anew from their threads: lint names the cause, and the message.

`failures/*.jsonl` holds them, one a line: what is known of the exchange, with `class` (the rule that names the cause;
of one that begins with "valid" there is none) and `which_message_index`. The labels are never shown to lint.

Rules have been mended with all of these files: they show that nothing is lost, not how lint does on what it has not
seen. That was measured when each came (2026-11), labelled and frozen, and no rule knew it:

mined3   110 of 132 causes, 36 of 46 places, no error in 16 valid cases
mined4    51 of  65 causes, 14 of 19 places, no error in  1 valid case
mined5    40 of  46 causes, 13 of 15 places
mined6    16 of  20 causes,  3 of  3 places
mined7    12 of  16 causes,  1 of  1 place
mined8    19 of  26 causes, 10 of 11 places
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.rules import EXPLAINED
from nexdiag.lint.seen.bare import decode_bare

FILES = sorted((Path(__file__).parent / "failures").glob("*.jsonl"))
WANTED = 0.95
LABELS = {"class", "which_message_index", "index_in_request", "source", "symptom"}
PRIVATE = re.compile(
    r"\b(?:sk|gsk|hf|ghp|xai|AKIA|AIza|eyJ)[-_]?(?!x+\b)[A-Za-z0-9_-]{16,}|Bearer [A-Za-z0-9]"
    r"|/(?:home|Users|root|work)/"
    r"|\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d|\b(?:registry\.|pypi\.|files\.pythonhosted|proxy\.golang|crates\.io)"
)
"""Keys, folders of somebody, addresses of a house, hosts of packages."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, and what lint says of it."""

    case: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Nothing is wrong with it, though it may look so."""
        return str(self.case["class"]).startswith("valid")

    @property
    def placed(self) -> bool:
        """It is known which message of the request has to change."""
        known = self.case.get("which_message_index") is not None and self.case.get("index_in_request") is True
        return known and not self.valid and bool(self.case.get("request"))

    @property
    def named(self) -> bool:
        """The first finding is the cause."""
        return bool(self.findings) and self.findings[0].rule == self.case["class"]

    @property
    def found(self) -> bool:
        """The first finding is the cause, at the message that has to change."""
        return self.named and self.findings[0].location.message_index == self.case["which_message_index"]

    @property
    def miss(self) -> str:
        """What was wanted, and what was said."""
        said = [f"{one.rule}@{one.location.message_index} ({one.severity.value})" for one in self.findings[:1]]
        wanted = f"{self.case['class']}@{self.case.get('which_message_index')}"
        return f"{self.case['id']}: wanted {wanted}, got {', '.join(said) or 'nothing'}"


def exchange(case: dict[str, Any]) -> bytes:
    """What lint is told of a case: no label; the symptom where no answer is recorded."""
    shown = {key: value for key, value in case.items() if key not in LABELS}
    return json.dumps({"response": case.get("symptom")} | shown).encode()


@cache
def judged() -> tuple[Judged, ...]:
    """All failures, each judged once."""
    cases = [json.loads(line) for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(Judged(case=case, findings=judge_bare(decode_bare(exchange(case)))[1]) for case in cases)


def short(right: int, misses: list[Judged], what: str) -> str:
    """How many are right, and the misses: printed, and said again where they are too many."""
    told = "\n".join([f"{what}: {right} of {right + len(misses)}", *(one.miss for one in misses)])
    print(told)  # noqa: T201 - `pytest -s`, and the report of a failure, show it
    return told


def test_the_cause_is_named_first() -> None:
    """In at least 95 of 100."""
    failures = [one for one in judged() if not one.valid]
    right = sum(one.named for one in failures)
    told = short(right, [one for one in failures if not one.named], "cause")
    assert right >= WANTED * len(failures), told


def test_the_message_is_named() -> None:
    """In at least 95 of 100 of which it is known: the cause, and the index of the message that has to change."""
    failures = [one for one in judged() if one.placed]
    right = sum(one.found for one in failures)
    told = short(right, [one for one in failures if not one.found], "index")
    assert right >= WANTED * len(failures), told


def test_what_is_valid_gets_no_error() -> None:
    """Not one of those that only look wrong."""
    valid = [one for one in judged() if one.valid]
    alarms = [one for one in valid if any(found.severity is Severity.ERROR for found in one.findings)]
    assert not alarms, short(len(valid) - len(alarms), alarms, "valid")


def test_the_corpus_is_whole() -> None:
    """Hundreds of cases of many classes; each has an id of its own, a source, and a class that is a rule's name."""
    cases = [one.case for one in judged()]
    names = {rule.name for rule in EXPLAINED}
    assert len(cases) >= 550
    assert len({case["id"] for case in cases}) == len(cases)
    assert not [case["id"] for case in cases if not case.get("source")]
    unknown = {case["class"] for case in cases if not case["class"].startswith("valid")} - names
    assert not unknown


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_nothing_private_is_in_it(path: Path) -> None:
    """No key, no folder and no address of a person; no host that packages come from."""
    text = path.read_text(encoding="utf-8")
    assert not [text[max(0, hit.start() - 20) : hit.end() + 20] for hit in PRIVATE.finditer(text)]
