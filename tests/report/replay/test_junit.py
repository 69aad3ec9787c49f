"""Replays as JUnit XML, read back by a real parser."""

from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.run import Replayed
from nexdiag.report.replay import junit


def parsed(*done: Replayed) -> ET.Element:
    """As a CI server reads it: bytes, with the declaration."""
    return ET.fromstring(junit.whole(done).encode())  # noqa: S314 - our own text


def test_the_golden_document(snapshot: SnapshotAssertion) -> None:
    """One of each."""
    assert junit.whole(sample.several()) == snapshot


def test_a_suite_for_a_recording_and_a_case_for_a_turn() -> None:
    """Counts add up; the first divergence is in its case, later ones refer to it."""
    root = parsed(sample.changed(), sample.exact())
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures"), second.get("failures")) == ("5", "3", "0")
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("8", "3", "0", "0")
    failure = first.findall("testcase")[2].find("failure")
    assert failure is not None
    assert "⟦quick⟧" in (failure.text or "")
    assert failure.get("message") == "changed at /messages/6/content"
    assert "⟦quick⟧" not in (first.findall("testcase")[3].findtext("failure") or "")
    assert first.findall("testcase")[2].get("classname") == "cassettes.changed"


@pytest.mark.parametrize(
    ("one", "tag", "message"),
    [
        (sample.broken(), "error", "is no cassette"),
        (sample.nothing(), "skipped", "no turn"),
        (sample.skipped(), "skipped", "failed before it"),
        (sample.expired(), "failure", "at most 30 days old"),
        (sample.torn(), "skipped", "line 36 is torn"),
        (sample.mended(), "skipped", "goes on from turn 2"),
        (sample.one("x", [], sample.pairing(1, misses=(1,))), "failure", "had no recording"),
    ],
)
def test_what_is_no_verdict_of_a_turn_has_a_case_too(one: Replayed, tag: str, message: str) -> None:
    """Errors are errors, what was not checked is skipped with its reason; neither passes."""
    (found,) = parsed(one).iter(tag)
    assert message in (found.get("message") or "")


def test_what_only_was_answered_is_one_case_that_passes() -> None:
    """A suite without a case would look as if nothing had been run."""
    (suite,) = parsed(sample.served())
    assert suite.get("tests") == "1"
    assert not list(suite.iter("failure"))


def test_each_name_is_given_once() -> None:
    """GitLab keeps the first of equals and drops the others."""
    twice = sample.one("x", [sample.verdict(1), sample.verdict(1), sample.verdict(1, session="b")])
    names = [case.get("name") for case in parsed(twice).iter("testcase")]
    assert names == ["turn 1", "turn 1 (again, 2)", "session b, turn 1"]


def test_more_turns_than_a_reader_takes_are_one_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails if one of them does: nothing that failed passes for want of room."""
    monkeypatch.setattr(junit, "CASES", 100)
    root = parsed(sample.long(1000), sample.exact())
    cases = list(root.iter("testcase"))
    assert len(cases) == 102
    assert [case.get("name") for case in cases[100:]] == ["and 900 more turns", "and 3 more turns"]
    assert cases[100].find("failure") is not None


def test_hostile_text_makes_valid_xml() -> None:
    """Attributes stay short."""
    root = parsed(sample.hostile(), sample.unread())
    assert all(len(value) <= 410 for element in root.iter() for value in element.attrib.values())


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_character_makes_valid_xml(text: str) -> None:
    """Lone surrogates, controls, what XML has no way to write."""
    found = msgspec.structs.replace(sample.DIVERGENCE, why=text, first=None, advice=text)
    turn = sample.verdict(1, "changed", said=text, session=text, divergence=found)
    first, *_ = parsed(sample.one(text, [turn], what=text, hint=text, code=1)).iter("failure")
    assert first.text
