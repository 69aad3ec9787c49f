"""The page of lint."""

import msgspec
from report.lint import sample

from nexdiag.core.judged import Judged
from nexdiag.report.lint import html


def test_a_page_may_load_and_run_nothing() -> None:
    """The policy allows its own style alone; all findings are there without a script."""
    page = html.whole(sample.several())
    assert "default-src &#x27;none&#x27;; style-src &#x27;sha256-" in page
    assert page.count("<article") == 4


def test_a_large_page_counts_what_it_leaves_out() -> None:
    """It must open."""
    many = [Judged(file="a", profile="x", findings=(sample.finding(),) * (html.MOST + 9))]
    assert "9 more findings are left out" in html.whole(many)


def test_what_was_found_comes_first() -> None:
    """Why it weighs and what follows stand beside a finding; files with nothing to tell are listed at the end."""
    told = msgspec.structs.replace(sample.finding(), because="its template says so", consequences=("a: b",))
    page = html.whole(
        [Judged(file="clean.json", profile="openai", findings=()), Judged(file="bad", profile="x", findings=(told,))]
    )
    places = [page.index(part) for part in (">bad<", "its template says so", ">a: b<", "No findings", ">clean.json<")]
    assert places == sorted(places)
