"""Refusals that no rule explains."""

import msgspec
import pytest
from linting import CHAT, USER, judged, recording

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from nexdiag.lint.engine import judge
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


ASKED = {"model": "m", "messages": [USER]}
LIMIT = (ASKED, 429, {"error": {"message": "Slow down, friend"}})
PASSED = (ASKED, 200, {"choices": [{"message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]})


def in_one_turn(*rounds: tuple[object, int | None, object]) -> list[Finding]:
    cassette = recording(*rounds, url=CHAT)
    same = tuple(msgspec.structs.replace(one, turn=1) for one in cassette.exchanges)
    findings = judge(msgspec.structs.replace(cassette, exchanges=same), profiles.resolve(None))
    return [one for one in findings if one.rule == "unexplained-refusal"]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_what_passed_when_it_was_sent_again_is_a_note(status: int) -> None:
    """The server was busy, and the client did right."""
    (finding,) = in_one_turn((ASKED, status, LIMIT[2]), (ASKED, status, LIMIT[2]), PASSED)
    assert (finding.severity, finding.repeats, finding.server_words) == (Severity.INFO, 1, "Slow down, friend")
    assert finding.summary.endswith("it passed when it was sent again")


@pytest.mark.parametrize(
    "rounds",
    [
        [LIMIT],
        [PASSED, LIMIT],
        [LIMIT, ({**ASKED, "messages": [USER, USER]}, 200, PASSED[2])],
        [LIMIT, PASSED, LIMIT],
        [(ASKED, 400, LIMIT[2]), PASSED],
        [(ASKED, 401, LIMIT[2]), PASSED],
    ],
)
def test_what_did_not_pass_stays_an_error(rounds: list[tuple[object, int | None, object]]) -> None:
    """So does one of several alike, and such a status as speaks of the request."""
    (finding,) = in_one_turn(*rounds)
    assert finding.severity is Severity.ERROR
    assert "sent again" not in finding.summary
