"""Workflow commands of GitHub Actions."""

from nexdiag.report.annotations import SHOWN, Annotation, commands, no_command


def test_the_worst_come_first_and_what_is_left_out_is_told() -> None:
    """Ten of a kind; the tenth says how many more there are."""
    told = [Annotation("notice", "f", "t", "m"), *[Annotation("error", "f", "t", "m")] * (SHOWN + 5)]
    rows = list(commands(told, "nexdiag lint"))
    assert [row.split(" ")[0] for row in rows] == ["::error"] * SHOWN + ["::notice"]
    assert "6 more errors" in rows[SHOWN - 1]


def test_no_text_ends_its_place() -> None:
    """Colons, commas, line ends and signs of commands are written so that a runner reads them back."""
    (row,) = commands([Annotation("error", "a,b:c", "t::x", "one\n::error::two%0A")], "nexdiag lint")
    assert row == "::error file=a%2Cb%3Ac,title=nexdiag lint%3A t%3A%3Ax::one%0A::error::two%250A"
    assert no_command("::error::##[group]x") == "error::# #[group]x"
