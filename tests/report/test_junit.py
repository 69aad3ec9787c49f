"""JUnit XML as it is made."""

from xml.etree import ElementTree as ET

from report.lint import sample

from nexdiag.report import junit


def test_names_are_given_once_and_texts_are_valid() -> None:
    """GitLab keeps the first of equals; XML has no way to write some signs."""
    file = junit.File("t")
    suite = file.suite(sample.HOSTILE)
    assert suite is not None
    for _ in range(3):
        case = file.case(suite, "a/b.cassette.jsonl", sample.HOSTILE + "\x00\ufffe", path="a/b", line=0, took=1.0)
        assert case is not None
        junit.failure(case, sample.HOSTILE, sample.HOSTILE, "\ud800" + sample.HOSTILE + "x" * 100_000)
    root = ET.fromstring(file.text().encode())  # noqa: S314 - it is our own
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(set(names)) == 3
    first = next(root.iter("testcase"))
    assert (first.get("file"), first.get("line"), first.get("classname")) == ("a/b", "1", "a.b")
    assert (root.get("tests"), root.get("failures")) == ("3", "3")
    assert all(len(one.text or "") < 10_000 for one in root.iter("failure"))


def test_what_has_no_room_is_told_and_is_no_pass() -> None:
    """As an error: by number of cases, and by size."""
    for file in (junit.File("t", cases=2), junit.File("t", room=120_400)):
        suite = file.suite("s")
        assert suite is not None
        made = [file.case(suite, "f", str(number)) for number in range(9)]
        assert made[-1] is None
        root = ET.fromstring(file.text())  # noqa: S314 - it is our own
        (left,) = root.iter("error")
        assert "have no room in this file" in (left.get("message") or "")
        assert root.get("errors") == "1"


def test_a_fault_an_error_a_skip_and_words() -> None:
    """Each as its readers know it."""
    file = junit.File("t")
    suite = file.suite("s")
    assert suite is not None
    for name, tell in (
        ("error", lambda case: junit.error(case, "torn", "m")),
        ("skipped", lambda case: junit.skipped(case, "")),
        ("system-out", lambda case: junit.out(case, "fine")),
    ):
        case = file.case(suite, "f", name)
        assert case is not None
        tell(case)
        assert [part.tag for part in case] == [name]
    assert (suite.get("tests"), ET.fromstring(file.text()).get("skipped")) == (None, "1")  # noqa: S314 - it is our own


def test_a_file_stays_under_what_is_read() -> None:
    """Also where each sign is escaped."""
    file = junit.File("t", room=400_000)
    for number in range(40):
        suite = file.suite(f"s{number}")
        for place in range(5) if suite is not None else ():
            case = file.case(suite, "f", str(place)) if suite is not None else None
            if case is not None:
                junit.failure(case, "<" * 400, "<" * 400, "<\u4e2d" * 4000)
    assert 200_000 < len(file.text().encode()) <= 400_000
