"""What makes findings the same."""

import msgspec
from report.lint import sample

from nexdiag.core.finding import Location
from nexdiag.report.fingerprint import of_finding, template


def test_neither_words_nor_places_in_lists_change_it() -> None:
    """The same fault, one message later, in other words."""
    one = sample.finding()
    where = Location(turn=3, exchange=9, pointer="/messages/17/role")
    later = msgspec.structs.replace(one, summary="12 others", repeats=3, location=where)
    assert of_finding(one, "a") == of_finding(later, "a")
    assert of_finding(one, "a") != of_finding(one, "b")
    other = msgspec.structs.replace(one, location=Location(pointer="/messages/4/content"))
    assert of_finding(one, "a") != of_finding(other, "a")


def test_a_template_keeps_names_that_hold_numbers() -> None:
    """Only whole parts that are numbers are places."""
    assert template("/messages/4/tool_calls/0/x2") == "/messages/*/tool_calls/*/x2"
    assert template(None) == ""
