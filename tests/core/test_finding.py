"""Promises of `nexdiag.core.finding`."""

import msgspec

from nexdiag.core.finding import Finding, Location, Severity


def test_a_location_says_what_is_known() -> None:
    """The parts that are known, in words; also those that are 0."""
    assert str(Location()) == ""
    assert str(Location(turn=2, exchange=0, message_index=0, pointer="/messages/0/role")) == (
        "turn 2, exchange 0, messages[0], /messages/0/role"
    )
    assert str(Location(pointer="/model")) == "/model"


def test_severities_are_words() -> None:
    """They go into JSON, and come out of it, as the words of the contract."""
    assert [str(severity) for severity in Severity] == ["error", "warning", "info"]
    finding = Finding(rule="r", code="NX1", severity=Severity.ERROR, summary="s")
    assert msgspec.json.decode(msgspec.json.encode(finding), type=Finding) == finding


def test_facts_are_not_shared() -> None:
    """What fills one finding's words does not fill another's."""
    one, other = (Finding(rule="r", code="c", severity=Severity.INFO, summary="s") for _ in range(2))
    one.facts["a"] = "b"
    assert other.facts == {}
