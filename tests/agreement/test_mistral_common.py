"""Conversations of every kind, judged by us and by mistral-common's validator, in all its versions.

A few hundred of them; `cd tests; python -m agreement.mistral 10000` compares as many as one likes. Its numbers
stand in docs/reference/agreement.md. Where CI is set, mistral-common must be there.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conversations import requests
from hypothesis import given, settings

if find_spec("mistral_common") is None and not os.environ.get("CI"):
    pytest.skip("no mistral-common: pip install mistral-common", allow_module_level=True)

from agreement import mistral

from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.seen.bare import BareExchange

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "agreement.md"
QUESTION = {"role": "user", "content": "Question"}
FINDING = judge_bare(BareExchange(request={"model": "m", "messages": []}), named("mistral-v3"))[1][0]
BEGINNING = {"role": "assistant", "content": "An answer", "prefix": True}


@settings(max_examples=400, deadline=None)
@given(requests())
def test_both_say_the_same_of_a_request(request: dict[str, Any]) -> None:
    """Refused or not, and the first finding explains the validator's words; but for reasons that are known."""
    for one in mistral.everywhere(request):
        assert not one.differs or mistral.reason(one), f"{one.version}: {one.differs}: {one.theirs.words}"


@pytest.mark.parametrize(
    ("messages", "refusing"),
    [
        ([QUESTION], ""),
        ([], "v1 v2 v3 v7 v11 v13 v15"),
        ([QUESTION, BEGINNING], ""),
        ([QUESTION, BEGINNING, QUESTION], "v1 v2 v3 v7 v11 v13 v15"),
        ([QUESTION, {"role": "assistant", "content": ""}, QUESTION], "v1 v2 v3"),
        ([QUESTION, {"role": "assistant", "content": "A", "reasoning": "B"}, QUESTION], "v1 v2 v3 v7"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}], "v1 v2"),
    ],
)
def test_versions_differ(messages: list[Any], refusing: str) -> None:
    """Each profile is that of its own version: both sides refuse in these, and in no others."""
    several = mistral.everywhere({"model": "m", "messages": messages})
    assert [one.version for one in several if one.theirs.refused] == refusing.split()
    assert [one.version for one in several if one.errors] == refusing.split()


def test_a_disagreement_is_seen() -> None:
    """Findings that the validator does not bear out, and none where it refuses, are told."""
    one, *_ = mistral.everywhere({"model": "m", "messages": [QUESTION]})
    refused = mistral.Theirs(refused=True, words="Unexpected role", spoken=True)
    assert not one.differs
    assert mistral.compared(one.request, "v3", refused).differs == "they refuse, we do not"
    assert mistral.compared({"model": "m", "messages": []}, "v3", mistral.Theirs()).differs == "we refuse, they do not"
    assert mistral.compared({"model": "m", "messages": []}, "v3", refused).differs == "the cause is not named first"


def test_a_reason_excuses_nothing_else() -> None:
    """Of a request that fits one: other words, another direction, version or other rules stay unexplained."""
    calling = {"role": "assistant", "content": "", "tool_calls": [{"id": "abcdefghi", "type": "function"}]}
    request = {"model": "m", "messages": [calling]}
    refused = mistral.Theirs(refused=True, words="Not the same number of function calls and responses", spoken=True)

    def why(version: str, theirs: mistral.Theirs, *errors: str) -> str | None:
        findings = tuple(msgspec.structs.replace(FINDING, rule=rule) for rule in errors)
        return mistral.reason(mistral.Compared(version=version, request=request, theirs=theirs, errors=findings))

    assert why("v3", refused) == why("v11", mistral.Theirs(), "orphan-tool-result") is not None
    assert why("v11", refused) is None
    assert why("v3", msgspec.structs.replace(refused, words="Function name was  but must be a-z")) is None
    assert why("v3", mistral.Theirs(), "orphan-tool-result", "role-alternation") is None
    assert mistral.reason(mistral.compared({"model": "m", "messages": []}, "v3", mistral.Theirs())) is None


def test_every_reason_is_documented() -> None:
    """Whoever asks where the two disagree finds it."""
    page = PAGE.read_text(encoding="utf-8")
    assert not [name for name in mistral.REASONS if name not in page]
