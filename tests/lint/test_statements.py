"""Every statement of every profile: a server's words, put back to back with the fault that they are about."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from linting import USER, calls, judged, tool

from nexdiag.core.endpoint import Profile, Refusal
from nexdiag.endpoint.stub import filled
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import ALL, SERVERS, named
from nexdiag.lint.rules import EXPLAINED, find
from nexdiag.lint.seen.bare import decode_bare

NO_RULES = {"route-not-found"}
"""Statements that hold a server's words for what no rule is about."""
EXAMPLES = {"tool-call-id-format": {"request": {"messages": [USER, calls("x" * 70), tool("x" * 70)]}}}
"""Where the page shows one kind of several."""
_PLACE = re.compile(r"\{[a-z_]+\}")


def statements() -> Iterator[Any]:
    for server in SERVERS:
        several = [*server.profile.refuses, *(one.refusal for one in server.conditional)]
        for number, refusal in enumerate(several):
            yield pytest.param(server.profile, refusal, id=f"{server.profile.name}-{refusal.rule}-{number}")


def example(rule: str) -> dict[str, Any]:
    """The exchange of the rule's page that makes it fire."""
    block = find(rule).page.split("## Example")[1].split("```json")[1].split("```")[0]
    return dict(json.loads(block))


@pytest.mark.parametrize(("profile", "refusal"), [*statements()])
def test_a_statement_names_a_rule_and_its_source(profile: Profile, refusal: Refusal) -> None:
    """With the version on which it was seen, or the month."""
    assert refusal.rule in NO_RULES | {rule.name for rule in EXPLAINED}, profile.name
    assert refusal.source
    assert refusal.seen
    assert 400 <= refusal.status < 600 or refusal.status == 200


@pytest.mark.parametrize(("profile", "refusal"), [*statements()])
def test_its_words_are_explained_by_its_fault(profile: Profile, refusal: Refusal) -> None:
    """The request of the rule's page, refused in these words: the rule is confirmed."""
    if refusal.rule in NO_RULES:
        return
    told = EXAMPLES.get(refusal.rule) or example(refusal.rule)
    facts = next((one.facts for one in judge_bare(decode_bare(json.dumps(told)))[1] if one.rule == refusal.rule), {})
    parts = {"status": refusal.status, "response": filled(refusal.body, facts), "url": told.get("url")}
    findings = judged(told.get("request"), profile, **parts)
    if _PLACE.search(str(filled(refusal.body, facts))) is None:  # the example is of another kind than these words
        assert refusal.rule in {one.rule for one in findings if one.refused and one.severity == "error"}


def test_names_and_aliases_lead_to_one_profile() -> None:
    """A profile is found by its own name."""
    for profile in ALL:
        assert named(profile.name) is profile
