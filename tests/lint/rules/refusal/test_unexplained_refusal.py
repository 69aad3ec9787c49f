"""Refusals that no rule explains."""

from linting import judged

from nexdiag.lint.rules.refusal.unexplained_refusal import unexplained
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.view import of_bare


def test_the_summary_quotes_the_server() -> None:
    """Status and words, harmless and on one line."""
    fault = unexplained(of_bare(BareExchange(status=503, response={"error": {"message": "Loading\nmodel"}})))
    assert fault.summary == 'the server refused with 503, in words that no rule explains: "Loading model"'


def test_an_error_of_json_rpc_is_an_answer() -> None:
    """It is no refusal that has to be explained, unless HTTP's status says so, too."""
    answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "prompts/list"}
    assert judged(asked, response=answer) == judged(asked, status=200, response=answer) == ()
    assert [one.rule for one in judged(asked, status=400, response=answer)] == ["unexplained-refusal"]


def test_without_words_it_says_so() -> None:
    """A log's words are not the server's."""
    for bare in (BareExchange(status=500), BareExchange(status=500, log="Traceback")):
        assert unexplained(of_bare(bare)).summary == "the server refused with 500, and its words are not known"
