"""Every statement of every profile: a server's words, put back to back with the fault that they are about."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from linting import judged, refusing

from nexdiag.core.endpoint import Profile, Refusal
from nexdiag.endpoint.stub import filled
from nexdiag.lint.profiles import ALL, SERVERS, named
from nexdiag.lint.rules import EXPLAINED, find

NO_RULES = {"route-not-found"}
"""Statements that hold a server's words for what no rule is about."""
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
    """The request of the rule's page, refused in these words: the rule is the cause, and confirmed."""
    if refusal.rule in NO_RULES:
        return
    told = example(refusal.rule)
    request = told.get("request")
    facts = next((one.facts for one in judged(request, refusing(refusal.rule)) if one.rule == refusal.rule), {})
    body = filled(refusal.body, facts)
    findings = judged(request, profile, status=refusal.status, response=body, url=told.get("url"))
    assert findings
    assert (findings[0].rule, findings[0].severity) == (refusal.rule, "error"), findings[0].summary


def test_names_and_aliases_lead_to_one_profile() -> None:
    """A profile is found by its own name."""
    for profile in ALL:
        assert named(profile.name) is profile
