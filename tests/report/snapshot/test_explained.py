"""Promises of nexdiag.report.snapshot.explained."""

from made import said, user

from nexdiag.core.difference import Difference, Piece
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.diff.compare import compare
from nexdiag.report.snapshot.explained import MOST, explained, found
from nexdiag.report.snapshot.layout import read, written
from nexdiag.report.snapshot.sent import requests_of


def told(was: object, now: object) -> list[str]:
    """As the plugin has it."""
    left, right = (read(made.text, made.tools) for made in (written(requests_of(one)) for one in (was, now)))
    return explained(compare(left, right), left, right)


def chat(*texts: str, **fields: object) -> dict[str, object]:
    return {"messages": [user(text) if place % 2 == 0 else said(text) for place, text in enumerate(texts)], **fields}


def test_a_place_is_named_as_the_request_has_it() -> None:
    """Its index counts what is sent again, which the text leaves out; what goes on is told once."""
    was = [chat("a", "b", t=1), chat("a", "b", "c", t=1), chat("a", "b", "c", "d", "e", t=1)]
    now = [chat("a", "b", t=2), chat("a", "b", "C", t=2), chat("a", "b", "C", "d", "e", t=2)]
    assert told(was, now) == [
        "request 1, /t: changed, and again in requests 2 to 3",
        "    was: 1",
        "    now: 2",
        "request 2, messages[2] (user), /messages/2/content: changed",
        '    was: "c"',
        '    now: "C"',
    ]


def test_what_was_put_in_and_left_out_is_one_difference_each() -> None:
    """A message, a parameter, a whole request."""
    was, now = [user("a"), said("b")], [user("a"), {"role": "system", "content": "x"}, said("b")]
    lines = told({"messages": was, "top": 1}, {"messages": now, "n": 1})
    assert [line for line in lines if not line.startswith(" ")] == [
        "messages[1] (system), /messages/1: new",
        "/top: only in the snapshot",
        "/n: new",
    ]
    lines = told([chat("a")], [chat("a"), chat("z")])
    assert lines[:2] == ["1 request in the snapshot, 2 sent", "request 2, all of it: new"]


def test_only_another_order_of_names_is_told_as_such() -> None:
    """It is another text all the same."""
    assert told({"a": 1, "b": 2}, {"b": 2, "a": 1}) == ["the same values, in another order of their names"]


def test_words_are_marked_and_nothing_hidden_is_shown_as_it_is() -> None:
    """In the signs of git's word diff, on one line; a long list of differences is cut, and counted."""
    pieces = (Piece(kind="same", text="in "), Piece(kind="removed", text="a\nb"), Piece(kind="added", text="\x1bc"))
    one = Difference(pointer="/0/body/x", left="", right="", words=(*pieces, Piece(kind="left out", text="long")))
    assert explained([one], [{}], [{}]) == ["/x: changed", "    in ⟦-a⏎b-⟧⟦+⟨ESC⟩c+⟧…"]
    lines = told({str(place): 1 for place in range(40)}, {str(place): 2 for place in range(40)})
    assert len(lines) == 3 * MOST + 1
    assert lines[-1] == f"and {40 - MOST} more differences"
    assert told({"x": "a\x1b⟨"}, {"x": "b"})[1] == '    was: "a\\u001b⟨"'


def test_a_finding_is_told_with_its_server_and_its_fix() -> None:
    """One line each."""
    finding = Finding(
        rule="r", code="c", severity=Severity.ERROR, summary="two\nlines", fix="mend", location=Location(pointer="/a")
    )
    assert list(found([finding], "vllm")) == ["lint, vllm: r (/a): two⏎lines", "    fix: mend"]
