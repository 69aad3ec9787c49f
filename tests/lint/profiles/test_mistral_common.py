"""What mistral-common refuses, by the version of the tokenizer; tests/agreement holds it to the validator itself."""

import pytest
from linting import ASSISTANT, SYSTEM, USER, calls, judged, tool

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import ALL, named, resolve
from nexdiag.lint.profiles.mistral_common import VERSIONS
from nexdiag.lint.rules import find
from nexdiag.lint.seen.words import heard

EVERY = "v1 v2 v3 v7 v11 v13 v15"
ALL_BUT_15 = "v1 v2 v3 v7 v11 v13"
NAMES = [version.profile.name for version in VERSIONS]


def refusing(messages: list[object], **more: object) -> list[str]:
    """The versions whose profile has an error to tell."""
    request = {"model": "m", "messages": messages, **more}
    return [
        version.profile.name.removeprefix("mistral-")
        for version in VERSIONS
        if any(one.severity is Severity.ERROR for one in judged(request, version.profile))
    ]


@pytest.mark.parametrize(
    ("messages", "versions"),
    [
        ([USER, calls("abcdefghi"), tool("abcdefghi")], ""),
        ([USER, calls("abcdefghi", content="Look."), tool("abcdefghi")], "v1 v2 v3"),
        ([USER, calls("call_1"), tool("call_1")], "v3 v7 v11"),
        ([USER, calls("null"), tool("null")], "v3 v7 v11 v13 v15"),
        ([USER, calls("abcdefghi"), tool("ihgfedcba")], "v11 v13 v15"),
        ([USER, calls("abcdefghi"), tool("abcdefghi", [{"type": "image_url", "image_url": {"url": "u"}}])], ALL_BUT_15),
        ([USER, SYSTEM, USER], ""),
        ([USER, ASSISTANT, SYSTEM, USER], EVERY),
        ([SYSTEM], ""),
    ],
)
def test_versions_differ(messages: list[object], versions: str) -> None:
    """In what they check of ids, parts and texts beside calls; in the order of roles they do not."""
    assert refusing(messages) == versions.split()


def test_effort_is_for_the_latest() -> None:
    """Null means the default, and is taken by all."""
    assert refusing([USER], reasoning_effort="high") == ALL_BUT_15.split()
    assert refusing([USER], reasoning_effort=None) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_its_name_alone(name: str) -> None:
    """Nobody is judged by it who did not name it: a guess at a server ends with Mistral's own service."""
    profile = named(name)
    assert resolve(name) is profile
    assert profile not in ALL
    assert resolve("Mistral").name == "mistral"


@pytest.mark.parametrize("name", NAMES)
def test_its_words_are_explained_by_its_rules(name: str) -> None:
    """Each statement names a rule that knows these words."""
    for refusal in named(name).refuses:
        words = heard(refusal.body).words
        facts = {"{role}": "system", "{previous}": "assistant", "{type}": "ThinkChunk", "{value}": "high", "{id}": "x"}
        for key, fact in (facts | {"{name}": "a/b"}).items():
            words = words.replace(key, fact)
        assert find(refusal.rule).explains(words, refusal.status), (refusal.rule, words)
