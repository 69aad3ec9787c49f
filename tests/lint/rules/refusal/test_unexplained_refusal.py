"""Refusals that no rule explains."""

from nexdiag.lint.rules.refusal.unexplained_refusal import unexplained
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.view import of_bare


def test_the_summary_quotes_the_server() -> None:
    """Status and words, harmless and on one line."""
    fault = unexplained(of_bare(BareExchange(status=503, response={"error": {"message": "Loading\nmodel"}})))
    assert fault.summary == 'the server refused with 503, in words that no rule explains: "Loading model"'


def test_without_words_it_says_so() -> None:
    """A log's words are not the server's."""
    for bare in (BareExchange(status=500), BareExchange(status=500, log="Traceback")):
        assert unexplained(of_bare(bare)).summary == "the server refused with 500, and its words are not known"
